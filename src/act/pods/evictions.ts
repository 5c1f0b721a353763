import { fitsAny } from '../../domain/patterns.ts';
import type { OwnerReference, Pod } from '../../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type PlannedWrite } from '../../domain/remedy.ts';
import { objectPath } from '../objects.ts';

/**
 * The eviction of one pod: never a delete, so that a disruption budget that says no is an answer and not an obstacle. A pod
 * that is done is let go by the same way, and no budget is asked for it.
 *
 * An eviction that `waits` for its budget holds for the pod and not for one version of it: while it waits the pod's status
 * changes all the time.
 */
export function evictionOf(
  { metadata }: Pod,
  { actionId, waits }: { readonly actionId: string; readonly waits: boolean },
): PlannedWrite {
  const { name, namespace = '', uid } = metadata;
  const target = { kind: 'Pod', namespace, name };
  const resourceVersion = waits ? '' : metadata.resourceVersion;
  return {
    target,
    uid,
    resourceVersion,
    write: {
      method: 'POST',
      path: `${objectPath(target)}/eviction`,
      contentType: 'application/json',
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        // Kept nowhere in the cluster, but in the audit log of the API server, as with every other write.
        metadata: { name, namespace, annotations: { [ACTION_ID_ANNOTATION]: actionId } },
        // The last defence only: a precondition that fails is booked against the disruption budget, so the object is
        // compared by reading before this is sent.
        deleteOptions: { preconditions: waits ? { uid } : { uid, resourceVersion } },
      },
    },
  };
}

/** Why a pod is left where it is when its node is emptied, or that it would be lost for good. */
export type Stay = 'protected' | 'daemon' | 'static' | 'ended' | 'terminating' | 'bare';

/** What decides on whether a pod may be moved. */
export interface Movable {
  readonly namespace: string;
  /** Kind of the controller; empty for a bare pod, undefined where it is not known. */
  readonly ownerKind: string | undefined;
  readonly phase: string;
  readonly terminating: boolean;
}

/**
 * Why a pod stays on its node when others are moved away; undefined where it may be moved. The order matters: a protected pod
 * is nobody's business, however it is owned. What has no controller would not come back.
 *
 * Source: the filters of kubectl drain.
 */
export function stayOf(pod: Movable, protectedNamespaces: readonly string[]): Stay | undefined {
  if (isProtected(pod.namespace, protectedNamespaces)) return 'protected';
  if (pod.ownerKind === 'Node') return 'static';
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return 'ended';
  if (pod.terminating) return 'terminating';
  if (pod.ownerKind === 'DaemonSet') return 'daemon';
  return pod.ownerKind === '' ? 'bare' : undefined;
}

/** Whether nothing in a namespace is ever evicted: what the policy protects, and always the control plane. */
export function isProtected(namespace: string, protectedNamespaces: readonly string[]): boolean {
  return fitsAny([...ALWAYS_PROTECTED, ...protectedNamespaces], namespace);
}

const ALWAYS_PROTECTED = ['kube-system', 'kube-public', 'kube-node-lease'] as const;

/** A pod as it was read, by what decides on whether it may be moved. */
export function movable(pod: Pod): Movable {
  return {
    namespace: pod.metadata.namespace ?? '',
    ownerKind: isStatic(pod) ? 'Node' : (controllerOf(pod)?.kind ?? ''),
    phase: pod.status?.phase ?? '',
    terminating: pod.metadata.deletionTimestamp !== undefined,
  };
}

/** The owner that controls a pod and would replace it. */
export function controllerOf({ metadata }: Pod): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** Whether a pod belongs to the files of its node: to evict what the API shows of it changes nothing there. */
export function isStatic(pod: Pod): boolean {
  return pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined || controllerOf(pod)?.kind === 'Node';
}
