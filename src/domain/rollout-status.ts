import type { DaemonSet, Deployment, RolloutWorkload, StatefulSet } from './kubernetes.ts';

/**
 * How far a rollout is. `paused`: held back on purpose (a paused Deployment, a StatefulSet's partition). `unknown`: the
 * status does not say; never to be read as complete.
 */
export interface RolloutStatus {
  readonly kind: 'complete' | 'progressing' | 'stuck' | 'paused' | 'unknown';
  /** One sentence for people. */
  readonly why: string;
}

interface Counts {
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly total: number;
}

/**
 * How far the rollout of a workload is. `complete` only when every wanted replica is updated, ready and available, none is
 * left over, and the controller has seen the newest spec. Never throws, whatever the status leaves out.
 *
 * `kind` may be given for objects out of a list, which carry none of their own.
 *
 * Source: kubectl rollout status (order of the checks, deadline, partition, OnDelete); Flagger's readiness of a canary.
 */
export function rolloutStatus(workload: RolloutWorkload, kind: string = workload.kind ?? ''): RolloutStatus {
  const observed = workload.status?.observedGeneration;
  const wanted = workload.metadata.generation;
  if (observed === undefined || wanted === undefined) {
    return { kind: 'unknown', why: 'The status does not say which generation the controller has seen.' };
  }
  const status = statusOf(workload, kind);
  return observed < wanted && status.kind !== 'unknown' ? UNSEEN : status;
}

function statusOf(workload: RolloutWorkload, kind: string): RolloutStatus {
  switch (kind) {
    case 'Deployment':
      return deploymentStatus(workload);
    case 'StatefulSet':
      return statefulSetStatus(workload);
    case 'DaemonSet':
      return daemonSetStatus(workload);
    default:
      return { kind: 'unknown', why: `A ${kind === '' ? 'workload without a kind' : kind} has no rollout.` };
  }
}

const UNSEEN: RolloutStatus = { kind: 'progressing', why: 'The controller has not seen the newest spec yet.' };

function deploymentStatus(deployment: Deployment): RolloutStatus {
  const status = deployment.status ?? {};
  if (deployment.spec.paused === true) return { kind: 'paused', why: 'The Deployment is paused.' };
  const progressing = status.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return { kind: 'stuck', why: 'The rollout exceeded its progress deadline.' };
  }
  return countsStatus({
    // The API server fills in 1 where nothing was asked for, and leaves counts of 0 out of the status.
    desired: deployment.spec.replicas ?? 1,
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    total: status.replicas ?? 0,
  });
}

function statefulSetStatus(set: StatefulSet): RolloutStatus {
  const counts = statefulSetCounts(set);
  const strategy = set.spec.updateStrategy;
  if (strategy?.type === 'OnDelete') return onDeleteStatus(counts);
  const partition = Math.min(strategy?.rollingUpdate?.partition ?? 0, counts.desired);
  if (partition > 0 && counts.updated < counts.desired) return partitionStatus(counts, partition);
  const plain = countsStatus(counts);
  if (plain.kind === 'complete' && set.status?.updateRevision !== set.status?.currentRevision) {
    return { kind: 'progressing', why: 'The update revision is not the current revision yet.' };
  }
  return plain;
}

function statefulSetCounts({ spec, status = {} }: StatefulSet): Counts {
  const ready = status.readyReplicas ?? 0;
  return {
    desired: spec.replicas ?? 1,
    updated: status.updatedReplicas ?? 0,
    ready,
    // Left out by servers before 1.22, where ready meant available.
    available: status.availableReplicas ?? ready,
    total: status.replicas ?? 0,
  };
}

/** A partition keeps the pods below it on the old revision until someone lowers it: held, not complete. */
function partitionStatus(counts: Counts, partition: number): RolloutStatus {
  if (counts.updated < counts.desired - partition || counts.ready < counts.desired) {
    return progress(
      `${counts.updated} of ${counts.desired - partition} replicas above the partition are updated, ${counts.ready} of ${counts.desired} are ready.`,
    );
  }
  return { kind: 'paused', why: `The partition holds the first ${partition} replicas on the old revision.` };
}

function daemonSetStatus(set: DaemonSet): RolloutStatus {
  const status = set.status ?? {};
  const desired = status.desiredNumberScheduled;
  if (desired === undefined) return { kind: 'unknown', why: 'The status does not say how many nodes want a pod.' };
  const counts = {
    desired,
    updated: status.updatedNumberScheduled ?? 0,
    ready: status.numberReady ?? 0,
    available: status.numberAvailable ?? 0,
    total: status.currentNumberScheduled ?? desired,
  };
  if (set.spec.updateStrategy?.type === 'OnDelete') return onDeleteStatus(counts);
  return countsStatus(counts);
}

/** With OnDelete nobody replaces pods, so old pods that are all ready may stay for ever: neither complete nor progressing. */
function onDeleteStatus(counts: Counts): RolloutStatus {
  if (counts.ready >= counts.desired && counts.updated < counts.desired) {
    return {
      kind: 'unknown',
      why: `${counts.updated} of ${counts.desired} replicas are updated; the others change only when they are deleted.`,
    };
  }
  return countsStatus(counts);
}

function countsStatus({ desired, updated, ready, available, total }: Counts): RolloutStatus {
  if (updated < desired) return progress(`${updated} of ${desired} replicas are updated.`);
  if (total > updated) return progress(`${total - updated} old replicas are yet to end.`);
  if (updated > desired || total > desired || ready > desired) {
    return progress(`${Math.max(updated, total, ready) - desired} replicas too many are yet to end.`);
  }
  if (ready < desired) return progress(`${ready} of ${desired} replicas are ready.`);
  if (available < updated) return progress(`${available} of ${updated} updated replicas are available.`);
  return { kind: 'complete', why: `All ${desired} replicas are updated and ready.` };
}

function progress(why: string): RolloutStatus {
  return { kind: 'progressing', why };
}
