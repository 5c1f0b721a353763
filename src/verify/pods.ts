import type { Evidence } from '../domain/diagnosis.ts';
import type { ContainerStatus, Pod, RolloutWorkload } from '../domain/kubernetes.ts';
import { rolloutStatus } from '../domain/rollout-status.ts';
import { describeWorkload } from '../domain/workload.ts';
import { bad, good, unknown, type Finding } from './finding.ts';
import type { View } from './view.ts';

/** What the pods are compared with. */
export interface Since {
  /** Epoch milliseconds of the action, or of the beginning of the wait. */
  readonly actedAt: number;
  readonly now: number;
  /** A container that ended so recently may only be between two crashes. */
  readonly settleMs: number;
  readonly evidence: Evidence;
}

/** The state of the rollout: complete is good, on the way or stuck is not recovered, held back is judged by its pods. */
export function rolloutFinding({ rollout, workload }: View): Finding {
  if (rollout === undefined) return unknown(`a ${workload.kind} has no rollout`);
  if (rollout.kind === 'unseen') return unknown(`${describeWorkload(workload)} could not be read: ${rollout.why}`);
  if (desiredOf(rollout.value) === 0) return unknown(`${describeWorkload(workload)} is scaled to zero`);
  const status = rolloutStatus(rollout.value, workload.kind);
  switch (status.kind) {
    case 'complete':
    case 'paused':
      return good(status.why);
    case 'progressing':
    case 'stuck':
      return bad(status.why);
    case 'unknown':
      return unknown(status.why);
  }
}

/** Whether as many pods are ready as are wanted. */
export function readinessFinding({ rollout, pods, workload }: View): Finding {
  if (rollout === undefined) return unknown(`a ${workload.kind} has no replicas`);
  if (rollout.kind === 'unseen') return unknown(`the replicas of the workload could not be read: ${rollout.why}`);
  if (pods.kind === 'unseen') return unknown(`the pods could not be read: ${pods.why}`);
  const desired = desiredOf(rollout.value);
  if (desired === undefined) return unknown('the workload does not say how many pods it wants');
  const ready = alive(pods.value).filter(isReady).length;
  const why = `${ready} of ${desired} pods are ready`;
  return ready >= desired ? good(why) : bad(why);
}

/** Whether no container crashes or crashed just now. */
export function crashFinding({ pods }: View, since: Since): Finding {
  if (pods.kind === 'unseen') return unknown(`the pods could not be read: ${pods.why}`);
  const living = alive(pods.value);
  if (living.length === 0) return bad('there is no pod');
  for (const pod of living) {
    const crash = crashOf(pod, since);
    if (crash !== undefined) return bad(crash);
  }
  return good('no container has ended since');
}

function crashOf(pod: Pod, since: Since): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const crash = [...initContainerStatuses, ...containerStatuses]
    .map((container) => crashOfContainer(container))
    .find((each) => each !== undefined);
  if (crash !== undefined) return `pod ${pod.metadata.name}: ${crash}`;
  const restarted = containerStatuses.find((container) => restartedLately(container, pod, since));
  return restarted === undefined ? undefined : `pod ${pod.metadata.name}: container ${restarted.name} restarted again`;
}

function crashOfContainer({ name, state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason === 'CrashLoopBackOff') return `container ${name} is in CrashLoopBackOff`;
  const ended = state?.terminated;
  return ended !== undefined && ended.exitCode !== 0 ? `container ${name} ended with ${ended.exitCode}` : undefined;
}

/**
 * Whether a container restarted since the action, and so recently that it may do so again. Where Kubernetes does not say
 * when, more restarts than the evidence counted are enough.
 */
function restartedLately(container: ContainerStatus, pod: Pod, since: Since): boolean {
  const finishedAt = Date.parse(container.lastState?.terminated?.finishedAt ?? '');
  if (!Number.isNaN(finishedAt)) {
    return finishedAt > since.actedAt && since.now - finishedAt < since.settleMs;
  }
  const before = since.evidence.pods
    .find((each) => each.uid === pod.metadata.uid)
    ?.containers.find((each) => each.name === container.name);
  return container.restartCount > (before?.restarts ?? 0);
}

/** Ends of the same container that are no accident of its start. */
const CRASHES = 2;

/** Whether pods that came after the action crash again and again themselves. */
export function newPodsCrash({ pods }: View, { actedAt }: Since): boolean {
  if (pods.kind === 'unseen') return false;
  return alive(pods.value)
    .filter(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '') > actedAt)
    .some(({ status }) =>
      (status?.containerStatuses ?? []).some(({ restartCount, ready }) => !ready && restartCount >= CRASHES),
    );
}

/** Whether every pod has found a node. */
export function pendingFinding({ pods }: View): Finding {
  if (pods.kind === 'unseen') return unknown(`the pods could not be read: ${pods.why}`);
  const waiting = alive(pods.value).find((pod) => (pod.spec.nodeName ?? '') === '');
  if (waiting !== undefined) return bad(`pod ${waiting.metadata.name} waits for a node`);
  return pods.value.length === 0 ? unknown('there is no pod to be placed') : good('every pod has a node');
}

export function evictedFinding({ pods }: View): Finding {
  if (pods.kind === 'unseen') return unknown(`the pods could not be read: ${pods.why}`);
  const evicted = pods.value.filter((pod) => pod.status?.reason === 'Evicted').length;
  return evicted === 0 ? good('no pod is evicted') : bad(`${evicted} pods are evicted`);
}

/** Pods that are there to stay: neither on their way out nor finished. */
export function alive(pods: readonly Pod[]): readonly Pod[] {
  return pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded',
  );
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
}

function desiredOf(object: RolloutWorkload): number | undefined {
  const { status } = object;
  if (status !== undefined && 'desiredNumberScheduled' in status) return status.desiredNumberScheduled;
  // The API server fills in 1 where nothing was asked for; a DaemonSet has no replicas at all.
  if ('replicas' in object.spec) return object.spec.replicas;
  return undefined;
}
