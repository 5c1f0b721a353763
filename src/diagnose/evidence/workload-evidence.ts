import type { WorkloadEvidence } from '../../domain/diagnosis.ts';
import type { DaemonSet, Deployment, ObjectMeta, ReplicaSet, StatefulSet } from '../../domain/kubernetes.ts';

type Counts = Pick<
  WorkloadEvidence,
  'observedGeneration' | 'desired' | 'updated' | 'ready' | 'available' | 'total' | 'paused' | 'conditions'
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
    conditions: [],
  });
}

/** How a DaemonSet stands; one replica for each node that wants one. */
export function daemonSetEvidence({ metadata, status = {} }: DaemonSet): WorkloadEvidence {
  return workloadEvidence(metadata, {
    observedGeneration: status.observedGeneration ?? 0,
    desired: status.desiredNumberScheduled ?? 0,
    updated: status.updatedNumberScheduled ?? 0,
    ready: status.numberReady ?? 0,
    available: status.numberAvailable ?? 0,
    total: status.currentNumberScheduled ?? 0,
    paused: false,
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

function workloadEvidence(metadata: ObjectMeta, counts: Counts): WorkloadEvidence {
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
