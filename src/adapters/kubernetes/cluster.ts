import type { KubernetesObject, KnownKind, ObjectsByKind } from '../../domain/kubernetes.ts';
import type { Cluster, ListQuery } from '../../ports/cluster.ts';
import type { Log } from '../../ports/log.ts';
import { errorOf } from './answers.ts';
import { loadKubeConfig, type KubernetesConnection } from './connection.ts';
import { makeDiscovery, splitApiVersion } from './discovery.ts';
import { eventObject } from './event-object.ts';
import { collectionPath, objectPath, RESOURCES, type Resource } from './paths.ts';
import { makeReads, MAX_BODY_BYTES } from './reads.ts';
import { makeTransport, type Transport } from './transport.ts';
import { sendWrite } from './writes.ts';

export interface KubernetesClusterOptions {
  readonly connection: KubernetesConnection;
  /** For each request. A read that fails is tried at most twice more. */
  readonly timeoutMs: number;
  readonly log?: Pick<Log, 'debug'>;
  /** The wait before the first retry of a read, in milliseconds. */
  readonly retryMs?: number;
  /** Milliseconds that only go forward; for the expiry of what discovery found. */
  readonly elapsed?: () => number;
}

const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true };
const RETRY_MS = 200;

/**
 * The cluster port on a Kubernetes API server. Objects are handed on as the server sent them: nothing is added, renamed or
 * turned into a Date.
 *
 * @throws AutoHealError `CONFIG_INVALID` when the connection names no cluster. The server itself is not asked yet.
 */
export function makeKubernetesCluster(options: KubernetesClusterOptions): Cluster {
  const { connection, timeoutMs } = options;
  return makeClusterOver(makeTransport({ config: loadKubeConfig(connection), timeoutMs }), options);
}

/** The same on any transport, e.g. one that reaches a simulated API without a socket. */
export function makeClusterOver(
  transport: Transport,
  options: Omit<KubernetesClusterOptions, 'connection' | 'timeoutMs'> = {},
): Cluster {
  const { log, retryMs = RETRY_MS, elapsed = () => performance.now() } = options;
  const reads = makeReads({ transport, retryMs, ...(log === undefined ? {} : { log }) });
  const discover = makeDiscovery({ read: (path) => reads.object(path), now: elapsed });

  async function resourceOf(ref: {
    readonly apiVersion: string;
    readonly kind: string;
  }): Promise<Resource | undefined> {
    const known = Object.entries(RESOURCES).find(([kind]) => kind === ref.kind)?.[1];
    const [group, version] = splitApiVersion(ref.apiVersion);
    return known?.group === group && known.version === version ? known : discover(ref);
  }

  return {
    async get<K extends KnownKind>(kind: K, ref: { readonly namespace?: string; readonly name: string }) {
      const object = await reads.object(objectPath(RESOURCES[kind], ref));
      return object as ObjectsByKind[K] | undefined; // The path serves nothing but this kind.
    },

    async getAny(ref) {
      const resource = await resourceOf(ref);
      if (resource === undefined) return undefined;
      const object = await reads.object(objectPath(resource, ref));
      return object as KubernetesObject | undefined; // Every object of the API has metadata.
    },

    async pathOf(ref) {
      const resource = await resourceOf(ref);
      return resource === undefined ? undefined : objectPath(resource, ref);
    },

    async listAny({ namespace, ...kind }) {
      const resource = await resourceOf(kind);
      if (resource === undefined) return [];
      const items = await reads.items(collectionPath(resource, namespace), {});
      return items as readonly KubernetesObject[]; // Every object of the API has metadata.
    },

    async list<K extends KnownKind>(kind: K, query: ListQuery) {
      const items = await reads.items(collectionPath(RESOURCES[kind], query.namespace), selectorsOf(query));
      return items as readonly ObjectsByKind[K][]; // The path lists nothing but this kind.
    },

    previousLogs({ namespace, pod, container, tailLines }) {
      const path = `${objectPath(RESOURCES.Pod, { namespace, name: pod })}/log`;
      return reads.log(path, { container, previous: 'true', tailLines: String(tailLines) });
    },

    send: (write, how) => sendWrite(transport, write, how),

    async recordEvent(event) {
      const { namespace, object } = eventObject(event);
      const path = collectionPath(EVENTS, namespace);
      // Not tried again: a second Event with another name would tell the same thing twice.
      const answer = await transport({
        method: 'POST',
        path,
        contentType: 'application/json',
        body: object,
        maxBytes: MAX_BODY_BYTES,
      });
      if (answer.status >= 300) throw errorOf(answer, { verb: 'create', path });
    },
  };
}

function selectorsOf({ labelSelector, fieldSelector }: ListQuery): Readonly<Record<string, string>> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
