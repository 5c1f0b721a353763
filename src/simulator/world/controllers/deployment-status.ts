import type { Condition } from '../../../domain/kubernetes.ts';
import type { DeploymentObject, DeploymentStatus, ReplicaSetObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { failureOf } from './replicaset.ts';
import type { RolloutBounds } from './rollout-bounds.ts';

interface Rollout {
  readonly deployment: DeploymentObject;
  readonly sets: readonly ReplicaSetObject[];
  readonly newSet: ReplicaSetObject | undefined;
  readonly bounds: RolloutBounds;
}

/** Writes a Deployment's status: counts, Available and Progressing. Source: kubernetes deployment `syncRolloutStatus`. */
export function syncDeploymentStatus(kit: Kit, rollout: Rollout): void {
  const { deployment } = rollout;
  const counts = countsOf(rollout);
  const conditions = [
    availableCondition(kit, rollout, counts),
    progressingCondition(kit, rollout, counts),
    failureCondition(kit, rollout),
  ];
  const { replicas, updatedReplicas, readyReplicas, availableReplicas, unavailableReplicas } = counts;
  kit.updateStatus('deployments', deployment, {
    observedGeneration: deployment.metadata.generation,
    ...(replicas === 0 ? {} : { replicas }),
    ...(updatedReplicas === 0 ? {} : { updatedReplicas }),
    ...(readyReplicas === 0 ? {} : { readyReplicas }),
    ...(availableReplicas === 0 ? {} : { availableReplicas }),
    ...(unavailableReplicas === 0 ? {} : { unavailableReplicas }),
    terminatingReplicas: counts.terminatingReplicas,
    conditions: conditions.filter((condition) => condition !== undefined),
  });
}

type Counts = Required<Omit<DeploymentStatus, 'conditions' | 'observedGeneration'>>;

function countsOf({ sets, newSet }: Rollout): Counts {
  const sum = (pick: (set: ReplicaSetObject) => number | undefined): number =>
    sets.reduce((total, set) => total + (pick(set) ?? 0), 0);
  const wanted = sum((set) => set.spec?.replicas);
  const availableReplicas = sum((set) => set.status?.availableReplicas);
  return {
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, wanted - availableReplicas),
    terminatingReplicas: sum((set) => set.status?.terminatingReplicas),
  };
}

function conditionOf(deployment: DeploymentObject, type: string): Condition | undefined {
  return deployment.status?.conditions?.find((condition) => condition.type === type);
}

function availableCondition(kit: Kit, { deployment, bounds }: Rollout, counts: Counts): Condition {
  const enough = counts.availableReplicas >= bounds.desired - bounds.unavailable;
  return transition(kit, conditionOf(deployment, 'Available'), {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  });
}

/** As the newest ReplicaSet that cannot create its pods has it. Source: kubernetes deployment `syncRolloutStatus`. */
function failureCondition(kit: Kit, { deployment, sets, newSet }: Rollout): Condition | undefined {
  const failure = failureOf(newSet) ?? sets.map(failureOf).find((each) => each !== undefined);
  if (failure === undefined) {
    return undefined;
  }
  const { reason = 'FailedCreate', message = '' } = failure;
  const before = conditionOf(deployment, 'ReplicaFailure');
  return transition(kit, before, { type: 'ReplicaFailure', status: 'True', reason, message });
}

function progressingCondition(kit: Kit, rollout: Rollout, counts: Counts): Condition | undefined {
  const { deployment } = rollout;
  const before = conditionOf(deployment, 'Progressing');
  if (deployment.spec?.paused === true) {
    return transition(kit, before, unknownProgress('DeploymentPaused', 'Deployment is paused'));
  }
  if (before?.reason === 'DeploymentPaused') {
    return transition(kit, before, unknownProgress('DeploymentResumed', 'Deployment is resumed'));
  }
  const settled = before?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas;
  return settled && !isNewRevision(kit, rollout, before) ? before : movingCondition(kit, rollout, { counts, before });
}

/** Progressing while a rollout is under way, at its end, and after its deadline. */
function movingCondition(
  kit: Kit,
  rollout: Rollout,
  { counts, before }: { readonly counts: Counts; readonly before: Condition | undefined },
): Condition {
  const { deployment, newSet } = rollout;
  const name = newSet?.metadata.name ?? deployment.metadata.name;
  const to = (status: string, reason: string, message: string): Condition =>
    transition(kit, before, { type: 'Progressing', status, reason, message });
  if (isNewRevision(kit, rollout, before)) {
    return { ...to('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`), lastUpdateTime: kit.stamp() };
  }
  if (isComplete(deployment, counts)) {
    return to('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`);
  }
  if (before === undefined || hasProgressed(deployment, counts)) {
    return { ...to('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`), lastUpdateTime: kit.stamp() };
  }
  return isTimedOut(kit, deployment, before)
    ? to('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`)
    : before;
}

function unknownProgress(reason: string, message: string): Condition {
  return { type: 'Progressing', status: 'Unknown', reason, message };
}

/** A revision made in this very pass: its ReplicaSet has no status of its own yet. */
function isNewRevision(kit: Kit, { newSet }: Rollout, before: Condition | undefined): boolean {
  return (
    newSet !== undefined &&
    newSet.status?.observedGeneration === undefined &&
    newSet.metadata.creationTimestamp === kit.stamp() &&
    before?.message !== `Created new replica set "${newSet.metadata.name}"`
  );
}

function isComplete(deployment: DeploymentObject, counts: Counts): boolean {
  const desired = deployment.spec?.replicas ?? 1;
  return counts.updatedReplicas === desired && counts.replicas === desired && counts.availableReplicas === desired;
}

function hasProgressed(deployment: DeploymentObject, counts: Counts): boolean {
  const old = { ...NO_REPLICAS, ...deployment.status };
  return (
    counts.updatedReplicas > old.updatedReplicas ||
    counts.replicas - counts.updatedReplicas < old.replicas - old.updatedReplicas ||
    counts.readyReplicas > old.readyReplicas ||
    counts.availableReplicas > old.availableReplicas
  );
}

const NO_REPLICAS = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };

function isTimedOut(kit: Kit, deployment: DeploymentObject, before: Condition): boolean {
  if (before.reason === 'NewReplicaSetAvailable') {
    return false;
  }
  const deadline = (deployment.spec?.progressDeadlineSeconds ?? 600) * 1_000;
  return Date.parse(before.lastUpdateTime ?? '') + deadline < kit.now();
}

/** The next state of a condition: unchanged times while status and reason stay, as `SetDeploymentCondition` does. */
function transition(kit: Kit, before: Condition | undefined, next: Condition): Condition {
  if (before?.status === next.status && before.reason === next.reason) {
    return before.message === next.message ? before : { ...before, ...next };
  }
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : undefined;
  return { ...next, lastUpdateTime: kit.stamp(), lastTransitionTime: lastTransitionTime ?? kit.stamp() };
}
