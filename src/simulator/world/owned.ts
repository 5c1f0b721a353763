import type { ObjectStore, Resource, StoredObject } from '../objects.ts';
import type { Keeper } from './memory.ts';

/** Which objects have which controller, kept up to date by the store's changes. */
export interface OwnedIndex {
  /** The objects of a resource whose controller has this uid, oldest first. */
  of(resource: Resource, ownerUid: string): readonly StoredObject[];
  /** The objects of a resource without a controller, oldest first. */
  orphans(resource: Resource): readonly StoredObject[];
}

const NO_OWNER = '';
const NONE: readonly StoredObject[] = [];

/** The uid of an object's controller; undefined for an object without one. */
export function controllerUid(object: StoredObject): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
}

interface Bucket {
  readonly objects: Map<string, StoredObject>;
  /** The objects as a list, frozen, until one of them changes. */
  list: readonly StoredObject[] | undefined;
}

/** Nobody asks for the owner of an event, and there are more of them than of everything else. */
const NOT_INDEXED: Resource = 'events';

/** An index over the present and all later objects of a store. */
export function makeOwnedIndex(store: ObjectStore, memory: Keeper): OwnedIndex {
  const state = memory.keep('owned', () => ({
    byResource: new Map<Resource, Map<string, Bucket>>(),
    ownerOf: new Map<string, string>(),
    filled: false,
  }));
  const { byResource, ownerOf } = state;

  function ownersOf(resource: Resource): Map<string, Bucket> {
    const owners = byResource.get(resource) ?? new Map<string, Bucket>();
    byResource.set(resource, owners);
    return owners;
  }

  function drop(resource: Resource, uid: string): void {
    const owner = ownerOf.get(uid);
    const owners = ownersOf(resource);
    const bucket = owner === undefined ? undefined : owners.get(owner);
    ownerOf.delete(uid);
    if (bucket !== undefined && owner !== undefined) {
      bucket.objects.delete(uid);
      bucket.list = undefined;
      if (bucket.objects.size === 0) {
        owners.delete(owner);
      }
    }
  }

  function put(resource: Resource, object: StoredObject): void {
    const { uid } = object.metadata;
    const owner = controllerUid(object) ?? NO_OWNER;
    const before = ownerOf.get(uid);
    if (before !== undefined && before !== owner) {
      drop(resource, uid);
    }
    ownerOf.set(uid, owner);
    const owners = ownersOf(resource);
    const bucket = owners.get(owner) ?? { objects: new Map<string, StoredObject>(), list: undefined };
    owners.set(owner, bucket);
    bucket.objects.set(uid, object);
    bucket.list = undefined;
  }

  for (const resource of state.filled ? [] : store.resources()) {
    for (const object of resource === NOT_INDEXED ? [] : store.list(resource)) {
      put(resource, object);
    }
  }
  state.filled = true;
  store.subscribe((change) => {
    if (change.resource === NOT_INDEXED) {
      return;
    }
    if (change.type === 'DELETED') {
      drop(change.resource, change.object.metadata.uid);
    } else {
      put(change.resource, change.object);
    }
  });

  function listOf(resource: Resource, owner: string): readonly StoredObject[] {
    const bucket = byResource.get(resource)?.get(owner);
    if (bucket === undefined) {
      return NONE;
    }
    bucket.list ??= Object.freeze([...bucket.objects.values()]);
    return bucket.list;
  }

  return {
    of: listOf,
    orphans: (resource) => listOf(resource, NO_OWNER),
  };
}
