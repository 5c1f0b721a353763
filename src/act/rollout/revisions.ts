import type { ControllerRevision, KubernetesObject, Pod, PodTemplate, ReplicaSet } from '../../domain/kubernetes.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { valueAt, type Rollout } from '../objects.ts';
import type { RevisionAge } from './tenure.ts';

/** One revision of a workload, read from the cluster, with the template that a rollback to it would set. */
export interface Revision extends RevisionAge {
  readonly template: PodTemplate;
}

const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
/** The numbers that a ReplicaSet had before it was taken up again, e.g. `1,3`. Kept by the Deployment controller. */
const HISTORY_ANNOTATION = 'deployment.kubernetes.io/revision-history';
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
      ? (await cluster.list('ReplicaSet', { namespace })).filter((set) => isOwnedBy(set, uid)).flatMap(ofDeployment)
      : await ofControllerRevisions(cluster, uid, namespace);
  return [...revisions].sort((a, b) => b.revision - a.revision);
}

function ofDeployment(set: ReplicaSet): readonly Revision[] {
  return ofReplicaSet(set, REVISION_ANNOTATION).map((revision) => ({ ...revision, former: formerNumbers(set) }));
}

/** The revision that a ReplicaSet stands for, by the number in this annotation; none where there is no number. */
export function ofReplicaSet(set: ReplicaSet, annotation: string): readonly Revision[] {
  const revision = Number(set.metadata.annotations?.[annotation]);
  if (!Number.isSafeInteger(revision) || revision < 1) return [];
  const { name } = set.metadata;
  const readyPods = set.status?.readyReplicas ?? 0;
  return [{ revision, name, createdAt: creation(set), readyPods, template: sendable(set.spec.template) }];
}

function formerNumbers(set: ReplicaSet): readonly number[] {
  const written = set.metadata.annotations?.[HISTORY_ANNOTATION] ?? '';
  return written
    .split(',')
    .map(Number)
    .filter((number) => Number.isSafeInteger(number) && number > 0);
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

/** Whether an object is controlled by the one with this uid. */
export function isOwnedBy(object: KubernetesObject, uid: string): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid);
}

function creation(object: KubernetesObject): number {
  const at = Date.parse(object.metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}
