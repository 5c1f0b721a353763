import type { WorkloadEvidence } from '../../domain/diagnosis.ts';
import type { DaemonSet, Deployment, ObjectMeta, ReplicaSet, StatefulSet } from '../../domain/kubernetes.ts';

type Counts = Pick<
  WorkloadEvidence,
  | 'observedGeneration'
  | 'desired'
  | 'updated'
  | 'ready'
  | 'available'
  | 'total'
  | 'paused'
  | 'maxUnavailable'
  | 'conditions'
>;

/**
 * How a Deployment stands. Counts that the status leaves out are 0, as the API means it; an `observedGeneration` that it
 * leaves out is 0 too, which reads as "not seen yet".
 */
export function deploymentEvidence({ metadata, spec, status = {} }: Deployment): WorkloadEvidence {
  return workloadEvidence(metadata, {
    observedGeneration: status.observedGeneration ?? 0,
    desired: spec.replicas ?? 1,
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    total: status.replicas ?? 0,
    paused: spec.paused ?? false,
    maxUnavailable: unavailableOfDeployment(spec),
    conditions: status.conditions ?? [],
  });
}

/** How a StatefulSet stands. */
export function statefulSetEvidence({ metadata, spec, status = {} }: StatefulSet): WorkloadEvidence {
  const ready = status.readyReplicas ?? 0;
  return workloadEvidence(metadata, {
    observedGeneration: status.observedGeneration ?? 0,
    desired: spec.replicas ?? 1,
    updated: status.updatedReplicas ?? 0,
    ready,
    available: status.availableReplicas ?? ready,
    total: status.replicas ?? 0,
    paused: false,
    ...unavailableOfSet(spec, spec.replicas ?? 1),
    conditions: [],
  });
}

/** How a DaemonSet stands; one replica for each node that wants one. */
export function daemonSetEvidence({ metadata, spec, status = {} }: DaemonSet): WorkloadEvidence {
  return workloadEvidence(metadata, {
    observedGeneration: status.observedGeneration ?? 0,
    desired: status.desiredNumberScheduled ?? 0,
    updated: status.updatedNumberScheduled ?? 0,
    ready: status.numberReady ?? 0,
    available: status.numberAvailable ?? 0,
    total: status.currentNumberScheduled ?? 0,
    paused: false,
    ...unavailableOfSet(spec, status.desiredNumberScheduled ?? 0),
    conditions: [],
  });
}

/** How a ReplicaSet without a Deployment stands; it never updates pods, so all that exist count as updated. */
export function replicaSetEvidence({ metadata, spec, status = {} }: ReplicaSet): WorkloadEvidence {
  return workloadEvidence(metadata, {
    observedGeneration: status.observedGeneration ?? 0,
    desired: spec.replicas ?? 1,
    updated: status.replicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    total: status.replicas ?? 0,
    paused: false,
    conditions: [],
  });
}

/** What every kind of workload shows of itself beside its counts. */
export function workloadEvidence(metadata: ObjectMeta, counts: Counts): WorkloadEvidence {
  const managers = (metadata.managedFields ?? []).flatMap(({ manager }) => (manager === undefined ? [] : [manager]));
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    managers: [...new Set(managers)],
    ownerKinds: (metadata.ownerReferences ?? []).map(({ kind }) => kind),
    generation: metadata.generation ?? 0,
    ...counts,
  };
}

/**
 * How many pods of a Deployment may be missing in a rollout. Neither bound may make it stand still: where both come to zero,
 * one may be missing. Source: kubernetes `pkg/controller/deployment/util`, `MaxUnavailable` and `ResolveFenceposts`.
 */
function unavailableOfDeployment({ replicas = 1, strategy }: Deployment['spec']): number {
  if (strategy?.type === 'Recreate') return replicas;
  const { maxUnavailable = '25%', maxSurge = '25%' } = strategy?.rollingUpdate ?? {};
  const missing = share(maxUnavailable, replicas, Math.floor);
  const extra = share(maxSurge, replicas, Math.ceil);
  return missing === 0 && extra === 0 ? 1 : Math.min(missing, replicas);
}

/**
 * The same of a StatefulSet or DaemonSet: one where nothing is said, and a percentage is rounded up. With `OnDelete` nothing is
 * replaced until somebody deletes it. Source: kubernetes `pkg/controller/daemon/util`, `UnavailableCount`.
 */
function unavailableOfSet(
  { updateStrategy }: Pick<StatefulSet['spec'] & DaemonSet['spec'], 'updateStrategy'>,
  desired: number,
): Pick<Counts, 'maxUnavailable'> {
  if (updateStrategy?.type === 'OnDelete') return {};
  return { maxUnavailable: share(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, desired, Math.ceil) };
}

/** A number, or a percentage of all, as strategies say it. What is neither counts as none. */
function share(value: number | string, all: number, round: (fraction: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d{1,9})%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((Number(percent) * all) / 100);
}
