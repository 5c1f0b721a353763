import { randomUUID } from 'node:crypto';
import { makeHistory, type History } from './api/history.ts';
import { sameJson, sealJson } from './api/json.ts';
import { StoreError } from './api/stored.ts';
import { firstVersion, nextVersion, withVersion } from './api/versions.ts';
import type {
  NewObject,
  ObjectQuery,
  ObjectStore,
  Resource,
  StoredObject,
  UidSource,
  UpdateOptions,
} from './api/stored.ts';

export { FOREGROUND, StoreError } from './api/stored.ts';
export { timestamp } from './api/versions.ts';
export type {
  NewObject,
  ObjectChange,
  ObjectQuery,
  ObjectStore,
  OwnerReference,
  Resource,
  StoredMetadata,
  StoredObject,
  UidSource,
  UpdateOptions,
} from './api/stored.ts';

export interface ObjectStoreDeps {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Seeded in simulations that must repeat; random otherwise. */
  readonly uid?: UidSource;
  /** How many changes are kept for watches; 5,000 when left out. */
  readonly history?: number;
}

interface Shelf {
  readonly byKey: Map<string, StoredObject>;
  /** Sorted keys by namespace (`*` for all), dropped when an object comes or goes. */
  readonly keys: Map<string, readonly string[]>;
  /** The objects of those keys, dropped with each change. */
  readonly sorted: Map<string, readonly StoredObject[]>;
}

/** An empty store. Its first change has resourceVersion 1. */
export function makeObjectStore(deps: ObjectStoreDeps): ObjectStore {
  const nothing = { shelves: new Map<Resource, Shelf>(), history: makeHistory(deps.history ?? 5_000), version: 0 };
  return storeWith(nothing, { now: deps.now, nextUid: deps.uid ?? randomUUID });
}

interface Contents {
  readonly shelves: Map<Resource, Shelf>;
  readonly history: History;
  readonly version: number;
}

function storeWith(contents: Contents, deps: { readonly now: () => number; readonly nextUid: UidSource }): ObjectStore {
  const { shelves, history } = contents;
  const { nextUid } = deps;
  let { version } = contents;

  function shelfOf(resource: Resource): Shelf {
    let shelf = shelves.get(resource);
    if (shelf === undefined) {
      shelf = { byKey: new Map(), keys: new Map(), sorted: new Map() };
      shelves.set(resource, shelf);
    }
    return shelf;
  }

  function put(type: 'ADDED' | 'MODIFIED', resource: Resource, object: StoredObject): StoredObject {
    // Sealing copies an object without changing its shape.
    const sealed = sealJson(object) as StoredObject;
    const shelf = shelfOf(resource);
    const key = keyOf(sealed.metadata.namespace, sealed.metadata.name);
    const previous = shelf.byKey.get(key);
    shelf.byKey.set(key, sealed);
    forgetLists(shelf, sealed.metadata.namespace, previous === undefined);
    history.add({ type, resource, object: sealed, ...(previous === undefined ? {} : { previous }) });
    return sealed;
  }

  function create(resource: Resource, object: NewObject): StoredObject {
    const first = firstVersion(object, { uid: nextUid(), now: deps.now() });
    const { namespace, name } = first.metadata;
    if (shelfOf(resource).byKey.has(keyOf(namespace, name))) {
      throw new StoreError('EXISTS', `${resource} "${name}" already exists`);
    }
    version += 1;
    return put('ADDED', resource, withVersion(first, version));
  }

  function update(resource: Resource, object: StoredObject, options?: UpdateOptions): StoredObject {
    const { namespace, name, uid } = object.metadata;
    const stored = shelves.get(resource)?.byKey.get(keyOf(namespace, name));
    if (stored === undefined || stored.metadata.uid !== uid) {
      throw new StoreError('NOT_FOUND', `${resource} "${name}" not found`);
    }
    const next = nextVersion(stored, object, options);
    if (sameJson(stored, next)) {
      return stored;
    }
    version += 1;
    return put('MODIFIED', resource, withVersion(next, version));
  }

  function remove(resource: Resource, namespace: string | undefined, name: string): void {
    const shelf = shelves.get(resource);
    const stored = shelf?.byKey.get(keyOf(namespace, name));
    if (shelf === undefined || stored === undefined) {
      return;
    }
    version += 1;
    shelf.byKey.delete(keyOf(namespace, name));
    forgetLists(shelf, namespace, true);
    // Sealing copies an object without changing its shape.
    const last = sealJson(withVersion(stored, version)) as StoredObject;
    history.add({ type: 'DELETED', resource, object: last });
  }

  function restore(resource: Resource, object: StoredObject): StoredObject {
    const known = shelfOf(resource).byKey.has(keyOf(object.metadata.namespace, object.metadata.name));
    version = Math.max(version, Number(object.metadata.resourceVersion));
    const restored = put(known ? 'MODIFIED' : 'ADDED', resource, object);
    history.restart(version);
    return restored;
  }

  return {
    now: deps.now,
    get: (resource, namespace, name) => shelves.get(resource)?.byKey.get(keyOf(namespace, name)),
    list: (resource, query) => listOf(shelves.get(resource), query ?? {}),
    create,
    update,
    remove,
    subscribe: (listener) => history.subscribe(listener),
    changesSince: (since) => history.since(since),
    resourceVersion: () => version,
    restore,
    resources: () => [...shelves.keys()],
    fork({ now, reseed }) {
      const copies = new Map([...shelves].map(([resource, shelf]) => [resource, copyOf(shelf)]));
      const uids = nextUid.fork?.(reseed) ?? nextUid;
      return storeWith({ shelves: copies, history: history.fork(), version }, { now, nextUid: uids });
    },
  };
}

/** Objects and lists of them are frozen and can be shared. */
function copyOf({ byKey, keys, sorted }: Shelf): Shelf {
  return { byKey: new Map(byKey), keys: new Map(keys), sorted: new Map(sorted) };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function listOf(shelf: Shelf | undefined, query: ObjectQuery): readonly StoredObject[] {
  if (shelf === undefined) {
    return NO_OBJECTS;
  }
  const all = sortedOf(shelf, query.namespace);
  const { labels, fields } = query;
  if (labels === undefined && fields === undefined) {
    return all;
  }
  return all.filter((object) => (labels?.(object.metadata.labels ?? NO_LABELS) ?? true) && (fields?.(object) ?? true));
}

/** The same list each time, as for every resource whose objects did not change. */
const NO_OBJECTS: readonly StoredObject[] = Object.freeze([]);
const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});

/** What a change of one object makes untrue: the lists it is in and, when it came or went, their keys. */
function forgetLists(shelf: Shelf, namespace: string | undefined, membership: boolean): void {
  for (const list of ['*', namespace ?? '']) {
    shelf.sorted.delete(list);
    if (membership) {
      shelf.keys.delete(list);
    }
  }
}

function sortedOf(shelf: Shelf, namespace: string | undefined): readonly StoredObject[] {
  const list = namespace ?? '*';
  const cached = shelf.sorted.get(list);
  if (cached !== undefined) {
    return cached;
  }
  const objects: StoredObject[] = [];
  for (const key of keysOf(shelf, namespace)) {
    const object = shelf.byKey.get(key);
    if (object !== undefined) {
      objects.push(object);
    }
  }
  const sorted = Object.freeze(objects);
  shelf.sorted.set(list, sorted);
  return sorted;
}

function keysOf(shelf: Shelf, namespace: string | undefined): readonly string[] {
  const list = namespace ?? '*';
  const cached = shelf.keys.get(list);
  if (cached !== undefined) {
    return cached;
  }
  const keys = [...shelf.byKey.keys()]
    .filter((key) => namespace === undefined || key.startsWith(`${namespace}/`))
    .sort();
  shelf.keys.set(list, keys);
  return keys;
}
