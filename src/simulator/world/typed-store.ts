import type { NewObject, ObjectStore, StoredObject } from '../objects.ts';
import { StoreError, timestamp } from '../objects.ts';
import type { Kinds, ResourceName } from './kinds.ts';

/** The object store with the shape that each resource has. */
export interface TypedStore {
  get<K extends ResourceName>(resource: K, namespace: string | undefined, name: string): Kinds[K] | undefined;
  list<K extends ResourceName>(resource: K, namespace?: string): readonly Kinds[K][];
  /** Creates the object with the world's time as its creation time. A generated name that is taken is drawn again. */
  create<K extends ResourceName>(resource: K, object: NewObject): Kinds[K];
  /** Replaces the object; undefined when it is gone. */
  update<K extends ResourceName>(resource: K, object: Kinds[K]): Kinds[K] | undefined;
  /** Replaces the status alone; undefined when the object is gone. */
  updateStatus<K extends ResourceName>(resource: K, object: Kinds[K], status: object): Kinds[K] | undefined;
  remove(resource: ResourceName, namespace: string | undefined, name: string): void;
}

const NAME_DRAWS = 20;

/**
 * The casts of this file: what lies under a resource has that resource's shape, because the API half validates what comes
 * in from outside and the controllers write the rest; the shapes themselves leave every field optional that may be absent.
 */
export function makeTypedStore(store: ObjectStore, now: () => number): TypedStore {
  function createOnce(resource: ResourceName, object: NewObject): StoredObject {
    for (let draw = 1; ; draw += 1) {
      try {
        return store.create(resource, object);
      } catch (error) {
        const again = error instanceof StoreError && error.code === 'EXISTS' && object.metadata.name === undefined;
        if (!again || draw >= NAME_DRAWS) {
          throw error;
        }
      }
    }
  }

  function create<K extends ResourceName>(resource: K, object: NewObject): Kinds[K] {
    const created = createOnce(resource, object);
    const creationTimestamp = timestamp(now());
    const dated =
      created.metadata.creationTimestamp === creationTimestamp
        ? created
        : // The world lives through its past in one go, while the store's clock shows the present.
          store.restore(resource, { ...created, metadata: { ...created.metadata, creationTimestamp } });
    return dated as Kinds[K]; // See above.
  }

  function change<K extends ResourceName>(
    resource: K,
    object: StoredObject,
    statusOnly: boolean,
  ): Kinds[K] | undefined {
    try {
      return store.update(resource, object, { statusOnly }) as Kinds[K]; // See above.
    } catch (error) {
      if (error instanceof StoreError && error.code === 'NOT_FOUND') {
        return undefined;
      }
      throw error;
    }
  }

  return {
    get<K extends ResourceName>(resource: K, namespace: string | undefined, name: string) {
      return store.get(resource, namespace, name) as Kinds[K] | undefined; // See above.
    },
    list<K extends ResourceName>(resource: K, namespace?: string) {
      return store.list(resource, { namespace }) as readonly Kinds[K][]; // See above.
    },
    create,
    update: (resource, object) => change(resource, object, false),
    updateStatus: (resource, object, status) => change(resource, { ...object, status: { ...status } }, true),
    remove: (resource, namespace, name) => store.remove(resource, namespace, name),
  };
}
