import type { ControllerRevision, KubernetesObject, Pod, PodTemplate, ReplicaSet } from '../domain/kubernetes.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { valueAt, type Rollout } from './objects.ts';

/** One revision of a workload, read from the cluster, with the template that a rollback to it would set. */
export interface Revision {
  readonly revision: number;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly readyPods: number;
  readonly template: PodTemplate;
}

const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
/** Labels that the controllers add to a template of their own; a template that is sent must not carry them. */
const CONTROLLER_LABELS: ReadonlySet<string> = new Set(['pod-template-hash', 'controller-revision-hash']);

/**
 * All revisions of a workload that can be read, newest first. The first one is the current one.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function revisionsOf(
  cluster: ClusterReader,
  rollout: Rollout,
  workload: WorkloadRef,
): Promise<readonly Revision[]> {
  const { namespace } = workload;
  const { uid } = rollout.object.metadata;
  const revisions =
    rollout.kind === 'Deployment'
      ? (await cluster.list('ReplicaSet', { namespace })).filter((set) => isOwnedBy(set, uid)).flatMap(ofReplicaSet)
      : await ofControllerRevisions(cluster, uid, namespace);
  return [...revisions].sort((a, b) => b.revision - a.revision);
}

function ofReplicaSet(set: ReplicaSet): readonly Revision[] {
  const revision = Number(set.metadata.annotations?.[REVISION_ANNOTATION]);
  if (!Number.isSafeInteger(revision) || revision < 1) return [];
  const { name } = set.metadata;
  const readyPods = set.status?.readyReplicas ?? 0;
  return [{ revision, name, createdAt: creation(set), readyPods, template: sendable(set.spec.template) }];
}

async function ofControllerRevisions(
  cluster: ClusterReader,
  uid: string,
  namespace: string,
): Promise<readonly Revision[]> {
  const own = (await cluster.list('ControllerRevision', { namespace })).filter((each) => isOwnedBy(each, uid));
  const pods = (await cluster.list('Pod', { namespace })).filter((pod) => isOwnedBy(pod, uid));
  return own.flatMap((each) => {
    const template = templateOf(each);
    if (template === undefined) return [];
    const readyPods = pods.filter((pod) => isReady(pod) && runs(pod, each)).length;
    return [{ revision: each.revision, name: each.metadata.name, createdAt: creation(each), readyPods, template }];
  });
}

/** A StatefulSet's pods are labelled with the revision's name, a DaemonSet's with the hash that the revision carries. */
function runs(pod: Pod, revision: ControllerRevision): boolean {
  const hash = pod.metadata.labels?.['controller-revision-hash'];
  if (hash === undefined) return false;
  return hash === revision.metadata.name || hash === revision.metadata.labels?.['controller-revision-hash'];
}

function isReady(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return (pod.status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
}

/** The template in a ControllerRevision's patch; undefined where it holds none. */
function templateOf(revision: ControllerRevision): PodTemplate | undefined {
  const stored = valueAt(revision.data, '/spec/template');
  if (typeof stored !== 'object' || stored === null) return undefined;
  if (!Array.isArray(valueAt(stored, '/spec/containers'))) return undefined;
  const { $patch: _, ...template } = stored as PodTemplate & { readonly $patch?: unknown }; // It has spec.containers.
  return sendable(template);
}

/** The stored template as it was, without what controllers added to it: no default is filled in on the way. */
function sendable(template: PodTemplate): PodTemplate {
  const { creationTimestamp: _, labels = {}, ...metadata } = template.metadata ?? {};
  const kept = Object.fromEntries(Object.entries(labels).filter(([key]) => !CONTROLLER_LABELS.has(key)));
  return { ...template, metadata: { ...metadata, labels: kept } };
}

function isOwnedBy(object: KubernetesObject, uid: string): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid);
}

function creation(object: KubernetesObject): number {
  const at = Date.parse(object.metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}

/** Having been the current revision for so long counts as having worked. Kubernetes gives up on a rollout after 10 minutes. */
const PROVEN_AFTER_MS = 10 * 60 * 1000;

/** The parts of a revision that choosing one looks at; evidence and objects both have them. */
export interface RevisionAge {
  readonly revision: number;
  readonly createdAt: number;
  readonly readyPods: number;
}

/**
 * The revision to go back to: the newest older one that has ready pods now, or else the newest older one that was current
 * for at least 10 minutes before the next came. Undefined where none is known to have worked.
 *
 * @param revisions newest first, the current one first.
 */
export function healthyRevision<T extends RevisionAge>(revisions: readonly T[]): T | undefined {
  const older = revisions.slice(1);
  const serving = older.find((each) => each.readyPods > 0);
  if (serving !== undefined) return serving;
  return older.find((each, index) => {
    const next = revisions[index]; // One newer than `each`: `older` starts at the second.
    return next !== undefined && each.createdAt > 0 && next.createdAt - each.createdAt >= PROVEN_AFTER_MS;
  });
}
