import { AutoHealError } from '../domain/errors.ts';
import { makeResourceTypes, type ResourceTypes } from './api/resource-types.ts';
import { startApiServer, type ApiServer } from './api/server.ts';
import { makeObjectStore, type StoredObject } from './objects.ts';

/**
 * A Kubernetes API on loopback that serves the objects of a `List` document (`kubectl get ... -o json`) as they are. No
 * controller works on them: what is there stays as it was when the list was taken.
 *
 * @throws AutoHealError `CONFIG_INVALID` naming the item that is no object.
 */
export async function startSnapshot(items: readonly unknown[], now: () => number): Promise<ApiServer> {
  const types = makeResourceTypes();
  const store = makeObjectStore({ now });
  for (const [index, item] of items.entries()) {
    const object = asObject(item, index);
    store.restore(storedAs(types, object), object);
  }
  return startApiServer({ store, types });
}

function asObject(item: unknown, index: number): StoredObject {
  const object = (item ?? {}) as Partial<StoredObject>; // Every field is checked below before it is relied on.
  const { apiVersion, kind, metadata } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
    throw new AutoHealError(
      'CONFIG_INVALID',
      `item ${index} is no Kubernetes object: apiVersion, kind and metadata.name are needed`,
    );
  }
  // Lists that people trim by hand lose these first.
  const uid = metadata.uid ?? `uid-of-item-${index}`;
  const resourceVersion = metadata.resourceVersion ?? String(index + 1);
  const creationTimestamp = metadata.creationTimestamp ?? '2000-01-01T00:00:00Z';
  return { ...object, apiVersion, kind, metadata: { ...metadata, uid, resourceVersion, creationTimestamp } };
}

/** Where objects of a kind are kept; a custom kind is served from now on. */
function storedAs(types: ResourceTypes, { apiVersion, kind, metadata }: StoredObject): string {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const known = types.all().find((type) => type.kind === kind && type.group === group);
  if (known !== undefined) return known.storedAs;
  return types.register({
    group,
    version,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced: metadata.namespace !== undefined,
  });
}
