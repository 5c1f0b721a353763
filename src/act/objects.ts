import type { ClusterWrite } from '../domain/cluster-write.ts';
import type { DaemonSet, Deployment, KubernetesObject, StatefulSet } from '../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION } from '../domain/remedy.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';

/** A rollout workload as it stands now, with its kind: objects read on their own may leave it out. */
export type Rollout =
  | { readonly kind: 'Deployment'; readonly object: Deployment }
  | { readonly kind: 'StatefulSet'; readonly object: StatefulSet }
  | { readonly kind: 'DaemonSet'; readonly object: DaemonSet };

export const ROLLOUT_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Reads a workload that can be rolled out. Undefined when it is gone or of another kind. */
export async function readRollout(cluster: ClusterReader, workload: WorkloadRef): Promise<Rollout | undefined> {
  const kind = ROLLOUT_KINDS.find((each) => each === workload.kind);
  switch (kind) {
    case 'Deployment':
      return found(kind, await cluster.get(kind, workload));
    case 'StatefulSet':
      return found(kind, await cluster.get(kind, workload));
    case 'DaemonSet':
      return found(kind, await cluster.get(kind, workload));
    case undefined:
      return undefined;
  }
}

function found<K extends string, T>(
  kind: K,
  object: T | undefined,
): { readonly kind: K; readonly object: T } | undefined {
  return object === undefined ? undefined : { kind, object };
}

export interface RolloutCounts {
  readonly paused: boolean;
  readonly generation: number | undefined;
  readonly observedGeneration: number | undefined;
  readonly desired: number;
  readonly updated: number;
  readonly total: number;
}

/** The replicas and revisions of a workload as counts, for `rolloutHindrance`. */
export function countsOf(rollout: Rollout): RolloutCounts {
  return rollout.kind === 'DaemonSet' ? countsOfDaemonSet(rollout.object) : countsOfReplicas(rollout);
}

function countsOfDaemonSet({ metadata, status = {} }: DaemonSet): RolloutCounts {
  const updated = status.updatedNumberScheduled ?? 0;
  return {
    paused: false,
    generation: metadata.generation,
    observedGeneration: status.observedGeneration,
    desired: status.desiredNumberScheduled ?? 0,
    updated,
    // A node holds one pod of a DaemonSet, old or new: what is not updated is old, and no pod is left over.
    total: updated,
  };
}

function countsOfReplicas(rollout: Exclude<Rollout, { readonly kind: 'DaemonSet' }>): RolloutCounts {
  const { metadata, spec, status = {} } = rollout.object;
  return {
    paused: rollout.kind === 'Deployment' && rollout.object.spec.paused === true,
    generation: metadata.generation,
    observedGeneration: status.observedGeneration,
    desired: spec.replicas ?? 1,
    updated: status.updatedReplicas ?? 0,
    total: status.replicas ?? 0,
  };
}

/** Where the kinds that remedies write to are served. Custom kinds are looked up with `ClusterReader.pathOf`. */
const COLLECTIONS: Readonly<Record<string, { readonly prefix: string; readonly plural: string }>> = {
  Deployment: { prefix: '/apis/apps/v1', plural: 'deployments' },
  StatefulSet: { prefix: '/apis/apps/v1', plural: 'statefulsets' },
  DaemonSet: { prefix: '/apis/apps/v1', plural: 'daemonsets' },
  HorizontalPodAutoscaler: { prefix: '/apis/autoscaling/v2', plural: 'horizontalpodautoscalers' },
  Job: { prefix: '/apis/batch/v1', plural: 'jobs' },
  Pod: { prefix: '/api/v1', plural: 'pods' },
  Service: { prefix: '/api/v1', plural: 'services' },
  Node: { prefix: '/api/v1', plural: 'nodes' },
};

/** The path of the collection that an object is created in. */
export function collectionPath(target: Pick<WorkloadRef, 'kind' | 'namespace'>): string {
  const collection = COLLECTIONS[target.kind];
  if (collection === undefined) throw new TypeError(`no remedy writes to a ${target.kind}`);
  const within = target.namespace === '' ? '' : `/namespaces/${encodeURIComponent(target.namespace)}`;
  return `${collection.prefix}${within}/${collection.plural}`;
}

/** The path of an object below the API server's address. Names are escaped: they come from labels at first. */
export function objectPath(target: WorkloadRef): string {
  return `${collectionPath(target)}/${encodeURIComponent(target.name)}`;
}

/** The access rule that a write needs, as people grant it: `patch deployments.apps in namespace shop`. */
export function neededAccess(write: ClusterWrite): string {
  const parts = write.path.split('/').filter((part) => part !== '');
  const grouped = parts[0] === 'apis';
  const rest = parts.slice(grouped ? 3 : 2);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', , sub] = namespaced ? rest.slice(2) : rest;
  const resource = sub === undefined ? plural : `${plural}/${sub}`;
  const where = namespaced ? `in namespace ${decodeURIComponent(rest[1] ?? '')}` : 'in the whole cluster';
  return `${VERBS[write.method]} ${resource}${grouped ? `.${parts[1] ?? ''}` : ''} ${where}`;
}

const VERBS = { PATCH: 'patch', POST: 'create', DELETE: 'delete' } as const satisfies Record<
  ClusterWrite['method'],
  string
>;

/** What a merge patch carries so that it applies to this version of this object only, and is recognised afterwards. */
export function markedMetadata(
  object: KubernetesObject,
  actionId: string,
): { readonly uid: string; readonly resourceVersion: string; readonly annotations: Readonly<Record<string, string>> } {
  const { uid, resourceVersion } = object.metadata;
  return { uid, resourceVersion, annotations: { [ACTION_ID_ANNOTATION]: actionId } };
}

/** The value at a JSON pointer, or undefined where there is none. Source: RFC 6901. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value: unknown = document;
  for (const token of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined; // An object, checked above.
  }
  return value;
}

/** The JSON patch operation that sets the action-id annotation, whether or not the object has annotations. */
export function annotationOperation(object: KubernetesObject, actionId: string): Readonly<Record<string, unknown>> {
  return object.metadata.annotations === undefined
    ? { op: 'add', path: '/metadata/annotations', value: { [ACTION_ID_ANNOTATION]: actionId } }
    : { op: 'add', path: `/metadata/annotations/${escapePointer(ACTION_ID_ANNOTATION)}`, value: actionId };
}

function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
