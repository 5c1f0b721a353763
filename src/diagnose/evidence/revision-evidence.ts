import type { PodEvidence, RevisionEvidence } from '../../domain/diagnosis.ts';
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../domain/kubernetes.ts';
import { isSameProgram } from './same-program.ts';
import { epochOf } from './time.ts';

const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
const HASH_LABEL = 'controller-revision-hash';

/**
 * The revisions of a Deployment, newest first, one for each ReplicaSet it owns. The newest is the current one: the
 * controller gives the ReplicaSet of the present template the highest number, also when a rollback re-uses an old one.
 * While the controller has not seen the newest spec, that holds only if the images agree.
 */
export function deploymentRevisions(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
): readonly RevisionEvidence[] {
  const revisions = replicaSets
    .map((replicaSet) => ({
      template: replicaSet.spec.template as unknown,
      revision: Number(replicaSet.metadata.annotations?.[REVISION_ANNOTATION] ?? 0) || 0,
      name: replicaSet.metadata.name,
      hash: replicaSet.metadata.labels?.['pod-template-hash'] ?? '',
      createdAt: epochOf(replicaSet.metadata.creationTimestamp) ?? 0,
      images: imagesOf(replicaSet.spec.template.spec),
      readyReplicas: replicaSet.status?.readyReplicas ?? 0,
    }))
    .sort(newestFirst);
  const seen = (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
  const wanted = imagesOf(deployment.spec.template.spec).join('\n');
  return withoutTemplates(revisions).map((revision, index) => ({
    ...revision,
    current: index === 0 && (seen || revision.images.join('\n') === wanted),
  }));
}

/** The revisions of a StatefulSet, newest first. Its pods carry the whole name of the revision as their hash. */
export function statefulSetRevisions(
  set: StatefulSet,
  owned: readonly ControllerRevision[],
  pods: readonly PodEvidence[],
): readonly RevisionEvidence[] {
  const current = set.status?.updateRevision;
  return controllerRevisions(owned, pods, (revision) => revision.metadata.name).map((revision) => ({
    ...revision,
    current: revision.name === current,
  }));
}

/** The revisions of a DaemonSet, newest first; the newest is what its template asks for. */
export function daemonSetRevisions(
  set: DaemonSet,
  owned: readonly ControllerRevision[],
  pods: readonly PodEvidence[],
): readonly RevisionEvidence[] {
  const hashOf = (revision: ControllerRevision): string =>
    revision.metadata.labels?.[HASH_LABEL] ?? revision.metadata.name.slice(set.metadata.name.length + 1);
  return controllerRevisions(owned, pods, hashOf).map((revision, index) => ({ ...revision, current: index === 0 }));
}

function controllerRevisions(
  owned: readonly ControllerRevision[],
  pods: readonly PodEvidence[],
  hashOf: (revision: ControllerRevision) => string,
): readonly Omit<RevisionEvidence, 'current'>[] {
  const revisions = owned
    .map((revision) => {
      const hash = hashOf(revision);
      return {
        template: field(field(revision.data, 'spec'), 'template'),
        revision: revision.revision,
        name: revision.metadata.name,
        hash,
        createdAt: epochOf(revision.metadata.creationTimestamp) ?? 0,
        images: imagesOf(field(field(field(revision.data, 'spec'), 'template'), 'spec')),
        readyReplicas: pods.filter((pod) => pod.ready && pod.revisionHash === hash).length,
      };
    })
    .sort(newestFirst);
  return withoutTemplates(revisions);
}

/** Each held against the next older one. */
function withoutTemplates<R extends { readonly template: unknown }>(
  newestToOldest: readonly R[],
): readonly (Omit<R, 'template'> & { readonly sameAsBefore?: true })[] {
  return newestToOldest.map(({ template, ...revision }, index) => {
    const before = newestToOldest[index + 1];
    return before !== undefined && isSameProgram(template, before.template)
      ? { ...revision, sameAsBefore: true }
      : revision;
  });
}

function newestFirst(a: { revision: number; createdAt: number }, b: { revision: number; createdAt: number }): number {
  return b.revision - a.revision || b.createdAt - a.createdAt;
}

/** The images of a pod spec of any origin: a ControllerRevision's data has no schema. */
function imagesOf(podSpec: unknown): readonly string[] {
  const containers = field(podSpec, 'containers');
  if (!Array.isArray(containers)) return [];
  return containers.map((container) => field(container, 'image')).filter((image) => typeof image === 'string');
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
