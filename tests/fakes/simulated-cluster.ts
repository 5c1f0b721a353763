import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import type { ApiDeps, WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer } from '../../src/simulator/api/server.ts';
import {
  makeObjectStore,
  type NewObject,
  type ObjectStore,
  type Resource,
  type StoredObject,
} from '../../src/simulator/objects.ts';

export interface SimulatedCluster {
  readonly url: string;
  readonly objects: ObjectStore;
  /** The real adapter, over a loopback socket. */
  readonly cluster: Cluster;
  /** The writes that really changed something, oldest first. */
  writes(): readonly WriteRecord[];
  /** Changes an object as somebody else would. */
  touch(resource: Resource, name: string, change: (object: StoredObject) => StoredObject): void;
  close(): Promise<void>;
}

/** An API server with nothing behind it: no controller answers what is written. Holds the given objects, by plural. */
export async function simulatedCluster(
  given: Readonly<Record<Resource, readonly NewObject[]>>,
  options: Pick<ApiDeps, 'customResources' | 'access'> & { readonly now?: number; readonly token?: string } = {},
): Promise<SimulatedCluster> {
  const { now = Date.UTC(2026, 10, 21, 3), token, ...deps } = options;
  const objects = makeObjectStore({ now: () => now });
  const written: WriteRecord[] = [];
  const api = await startApiServer({ ...deps, store: objects, onWrite: (record) => written.push(record) });
  for (const [resource, list] of Object.entries(given)) {
    for (const object of list) objects.create(resource, object);
  }
  const connection = { server: api.url, ...(token === undefined ? {} : { token }) };
  return {
    url: api.url,
    objects,
    cluster: makeKubernetesCluster({ connection, timeoutMs: 5000, retryMs: 1 }),
    writes: () => written.filter(({ dryRun, status }) => !dryRun && status < 300),
    touch(resource, name, change) {
      const object = objects.list(resource).find(({ metadata }) => metadata.name === name);
      if (object === undefined) throw new Error(`no ${resource} ${name}`);
      objects.update(resource, change(object));
    },
    close: () => api.close(),
  };
}
