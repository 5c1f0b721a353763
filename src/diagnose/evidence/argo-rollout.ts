import type { RevisionEvidence, WorkloadEvidence } from '../../domain/diagnosis.ts';
import type { Condition, KubernetesObject, LabelSelector, ReplicaSet } from '../../domain/kubernetes.ts';
import { epochOf } from './time.ts';
import { workloadEvidence } from './workload-evidence.ts';

/** How Argo Rollouts are served. */
export const ARGO_ROLLOUT = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' } as const;

const REVISION_ANNOTATION = 'rollout.argoproj.io/revision';
/** On the pods and ReplicaSets of a Rollout, in place of `pod-template-hash`. */
export const ARGO_HASH_LABEL = 'rollouts-pod-template-hash';

/** How an Argo Rollout stands. Source: Argo Rollouts, `RolloutSpec` and `RolloutStatus` of v1alpha1. */
export function argoRolloutEvidence(rollout: KubernetesObject): WorkloadEvidence {
  const status = (name: string): number => count(field(field(rollout, 'status'), name)) ?? 0;
  const conditions = field(field(rollout, 'status'), 'conditions');
  return workloadEvidence(rollout.metadata, {
    observedGeneration: status('observedGeneration'),
    desired: count(field(field(rollout, 'spec'), 'replicas')) ?? 1,
    updated: status('updatedReplicas'),
    ready: status('readyReplicas'),
    available: status('availableReplicas'),
    total: status('replicas'),
    paused: field(field(rollout, 'spec'), 'paused') === true,
    conditions: Array.isArray(conditions) ? conditions.filter(isCondition) : [],
  });
}

/** The selector of a Rollout's pods; an empty one where its template is that of a Deployment it refers to. */
export function argoSelector(rollout: KubernetesObject): LabelSelector {
  const selector = field(field(rollout, 'spec'), 'selector');
  return typeof selector === 'object' && selector !== null ? selector : {}; // The schema of a Rollout is that of a LabelSelector.
}

/** The revisions of an Argo Rollout, newest first, one for each ReplicaSet; its status says which one it asks for now. */
export function argoRevisions(
  rollout: KubernetesObject,
  replicaSets: readonly ReplicaSet[],
): readonly RevisionEvidence[] {
  const current = field(field(rollout, 'status'), 'currentPodHash');
  return replicaSets
    .map((replicaSet) => {
      const hash = replicaSet.metadata.labels?.[ARGO_HASH_LABEL] ?? '';
      return {
        revision: Number(replicaSet.metadata.annotations?.[REVISION_ANNOTATION] ?? 0) || 0,
        name: replicaSet.metadata.name,
        hash,
        createdAt: epochOf(replicaSet.metadata.creationTimestamp) ?? 0,
        images: replicaSet.spec.template.spec.containers.flatMap(({ image }) => image ?? []),
        readyReplicas: replicaSet.status?.readyReplicas ?? 0,
        current: hash !== '' && hash === current,
      };
    })
    .sort((a, b) => b.revision - a.revision);
}

/** A count, as number or as text: `observedGeneration` is text here. Undefined for a hash, as old versions kept there. */
function count(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function isCondition(value: unknown): value is Condition {
  return typeof field(value, 'type') === 'string' && typeof field(value, 'status') === 'string';
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
