import type { AutoHealError } from '../../src/domain/errors.ts';
import type { ClusterWrite } from '../../src/domain/cluster-write.ts';
import type { KnownKind, KubernetesObject, ObjectsByKind } from '../../src/domain/kubernetes.ts';
import type { Cluster, ListQuery, WriteAnswer } from '../../src/ports/cluster.ts';
import { applyJsonPatch, mergePatch, PatchFailed } from './patches.ts';

type Stored = KubernetesObject & Record<string, unknown>;

const KIND_BY_PLURAL: Readonly<Record<string, KnownKind>> = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
  pods: 'Pod',
};

export interface RecordingCluster extends Cluster {
  /** Every write that was really sent, dry runs left out. */
  readonly writes: ClusterWrite[];
  readonly dryRuns: ClusterWrite[];
  put<K extends KnownKind>(kind: K, object: ObjectsByKind[K]): void;
  remove(kind: KnownKind, name: string): void;
  /** Changes an object as somebody else would: it gets a new resourceVersion. */
  touch(kind: KnownKind, name: string, change?: (object: Stored) => void): void;
  read(kind: KnownKind, name: string): Stored;
  /** Called before a real write is looked at; may answer in its place. */
  beforeWrite?: (write: ClusterWrite) => WriteAnswer | undefined;
  /** Called after a write was applied; its answer replaces the real one (an answer that was lost). */
  afterWrite?: (write: ClusterWrite) => WriteAnswer | undefined;
  beforeDryRun?: (write: ClusterWrite) => WriteAnswer | undefined;
  /** Reads fail with this while it is set. */
  readError?: AutoHealError;
}

/** An API server in miniature: keeps objects, checks the preconditions of writes as the real one does, and counts them. */
export function recordingCluster(): RecordingCluster {
  const objects = new Map<string, Stored>();
  let version = 1000;
  const key = (kind: KnownKind, name: string): string => `${kind}/${name}`;
  const failing = (): void => {
    if (cluster.readError !== undefined) throw cluster.readError;
  };

  function apply(write: ClusterWrite, dryRun: boolean): WriteAnswer {
    const target = targetOf(write.path);
    const found = target === undefined ? undefined : objects.get(key(target.kind, target.name));
    if (target === undefined || found === undefined) return refuse('NOT_FOUND', 404, 'not found');
    if (target.sub === 'eviction') return evict(found, write, dryRun);
    try {
      const changed = patched(found, write);
      if (changed.metadata.uid !== found.metadata.uid)
        return refuse('INVALID', 422, 'metadata.uid: field is immutable');
      if (changed.metadata.resourceVersion !== found.metadata.resourceVersion) {
        return refuse('CONFLICT', 409, 'the object has been modified');
      }
      if (!dryRun) {
        version += 1;
        const metadata = {
          ...changed.metadata,
          resourceVersion: String(version),
          generation: (changed.metadata.generation ?? 0) + 1,
        };
        objects.set(key(target.kind, target.name), { ...changed, metadata });
      }
      return { kind: 'ok', object: structuredClone(changed) };
    } catch (error) {
      if (error instanceof PatchFailed) return refuse('INVALID', 422, error.message);
      throw error;
    }
  }

  function evict(pod: Stored, write: ClusterWrite, dryRun: boolean): WriteAnswer {
    const body = write.body as {
      readonly deleteOptions?: {
        readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
      };
    };
    const { uid = pod.metadata.uid, resourceVersion = pod.metadata.resourceVersion } =
      body.deleteOptions?.preconditions ?? {};
    if (uid !== pod.metadata.uid || resourceVersion !== pod.metadata.resourceVersion) {
      return refuse('CONFLICT', 409, 'the precondition does not match');
    }
    if (!dryRun) {
      const metadata = { ...pod.metadata, deletionTimestamp: '2026-11-21T03:00:00Z' };
      objects.set(key('Pod', pod.metadata.name), { ...pod, metadata });
    }
    return { kind: 'ok', object: { kind: 'Status', status: 'Success' } };
  }

  const cluster: RecordingCluster = {
    writes: [],
    dryRuns: [],
    put(kind, object) {
      objects.set(key(kind, object.metadata.name), structuredClone(object) as unknown as Stored);
    },
    remove(kind, name) {
      objects.delete(key(kind, name));
    },
    touch(kind, name, change = () => {}) {
      const object = structuredClone(cluster.read(kind, name));
      change(object);
      version += 1;
      objects.set(key(kind, name), { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    },
    read(kind, name) {
      const object = objects.get(key(kind, name));
      if (object === undefined) throw new Error(`no ${kind} ${name}`);
      return structuredClone(object);
    },
    get(kind, { name, namespace }) {
      failing();
      const object = objects.get(key(kind, name));
      const here = object !== undefined && (namespace === undefined || object.metadata.namespace === namespace);
      return Promise.resolve(here ? (structuredClone(object) as never) : undefined);
    },
    getAny() {
      failing();
      return Promise.resolve(undefined);
    },
    pathOf: () => Promise.resolve(undefined),
    listAny: () => Promise.resolve([]),
    list(kind, query: ListQuery) {
      failing();
      const all = [...objects].filter(([each]) => each.startsWith(`${kind}/`)).map(([, object]) => object);
      const here = all.filter(
        ({ metadata }) => query.namespace === undefined || metadata.namespace === query.namespace,
      );
      return Promise.resolve(
        here.filter((object) => selected(object, query.labelSelector)).map((each) => structuredClone(each) as never),
      );
    },
    previousLogs: () => Promise.resolve(''),
    send(write, { dryRun }) {
      (dryRun ? cluster.dryRuns : cluster.writes).push(write);
      const before = dryRun ? cluster.beforeDryRun?.(write) : cluster.beforeWrite?.(write);
      if (before !== undefined) return Promise.resolve(before);
      const answer = apply(write, dryRun);
      return Promise.resolve((dryRun ? undefined : cluster.afterWrite?.(write)) ?? answer);
    },
    recordEvent: () => Promise.resolve(),
  };
  return cluster;
}

type Target = { readonly kind: KnownKind; readonly name: string; readonly sub: string | undefined };

function targetOf(path: string): Target | undefined {
  const match = /\/namespaces\/[^/]+\/(?<plural>[^/]+)\/(?<name>[^/]+)(?:\/(?<sub>[^/]+))?$/.exec(path);
  const kind = KIND_BY_PLURAL[match?.groups?.['plural'] ?? ''];
  const name = match?.groups?.['name'];
  return kind === undefined || name === undefined ? undefined : { kind, name, sub: match?.groups?.['sub'] };
}

function patched(object: Stored, write: ClusterWrite): Stored {
  switch (write.contentType) {
    case 'application/json-patch+json':
      return applyJsonPatch(object, write.body) as Stored;
    case 'application/merge-patch+json':
    // The strategic patches that AutoHeal sends touch maps only, where both kinds of merging are the same.
    case 'application/strategic-merge-patch+json':
      return mergePatch(object, write.body) as Stored;
    case 'application/json':
      throw new PatchFailed(`415: ${write.contentType}`);
  }
}

function selected({ metadata }: Stored, selector: string | undefined): boolean {
  if (selector === undefined || selector === '') return true;
  return selector.split(',').every((part) => {
    const [name = '', value] = part.split('=');
    return metadata.labels?.[name] === value;
  });
}

function refuse(code: Extract<WriteAnswer, { kind: 'refused' }>['code'], status: number, message: string): WriteAnswer {
  return { kind: 'refused', code, status, message };
}
