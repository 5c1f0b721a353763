import type { ContainerState } from '../../../domain/kubernetes.ts';
import { timestamp } from '../../objects.ts';
import type { PodCondition, PodObject, PodStatus } from '../kinds.ts';
import { fnv1a, hex32 } from '../random.ts';
import type { Pending } from './resize.ts';
import { goDuration, type ContainerRun } from './run.ts';

/** What the kubelet knows of a pod besides its containers. */
export interface Placement {
  readonly podIP: string;
  readonly hostIP: string;
  readonly startedAt: number;
}

/** The status that the kubelet writes: the shapes recorded from a real one. Condition times only move with their status. */
export function podStatus(
  pod: PodObject,
  runs: readonly ContainerRun[],
  context: { readonly placement: Placement; readonly pending: Pending | undefined; readonly now: number },
): PodStatus {
  const { placement, pending, now } = context;
  const phase = podPhase(runs);
  const unready = runs.filter((run) => !run.ready).map((run) => run.container.name);
  const names = `containers with unready status: [${unready.join(' ')}]`;
  const readiness =
    phase === 'Succeeded' ? { reason: 'PodCompleted' } : { reason: 'ContainersNotReady', message: names };
  const condition = (type: string, holds: boolean, why: object): PodCondition => {
    const before = pod.status?.conditions?.find((candidate) => candidate.type === type);
    const status = holds ? 'True' : 'False';
    return {
      type,
      observedGeneration: pod.metadata.generation,
      status,
      lastProbeTime: null,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? timestamp(now)) : timestamp(now),
      ...(holds ? {} : why),
    };
  };
  return {
    ...pod.status,
    phase,
    conditions: [
      condition('PodReadyToStartContainers', true, {}),
      condition('Initialized', true, {}),
      condition('Ready', unready.length === 0, readiness),
      condition('ContainersReady', unready.length === 0, readiness),
      condition('PodScheduled', true, {}),
      ...(pending === undefined ? [] : [{ ...condition(pending.type, true, {}), ...pending }]),
    ],
    hostIP: placement.hostIP,
    podIP: placement.podIP,
    startTime: timestamp(placement.startedAt),
    containerStatuses: runs.map((run) => ({
      name: run.container.name,
      state: stateOf(run, pod),
      lastState: run.lastTerminated === undefined ? {} : { terminated: run.lastTerminated },
      ready: run.ready,
      restartCount: run.restarts,
      image: run.container.image ?? '',
      imageID: run.process === 0 ? '' : `sha256:${hex32(fnv1a(run.container.image ?? ''))}`,
      ...(run.process === 0 ? {} : { containerID: containerId(pod, run) }),
      started: run.phase === 'running',
      ...(run.process === 0 ? {} : inForce(run.container)),
    })),
  };
}

/** The status of a pod that its kubelet evicted: what is left of it stays until somebody removes it. */
export function evictedStatus(
  pod: PodObject,
  runs: readonly ContainerRun[],
  { message, now }: { readonly message: string; readonly now: number },
): PodStatus {
  const at = timestamp(now);
  const kept = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const conditions = kept.map((each) =>
    each.type === 'Ready' || each.type === 'ContainersReady'
      ? { ...each, status: 'False', reason: 'PodFailed', lastTransitionTime: at }
      : each,
  );
  const target = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', lastTransitionTime: at };
  return {
    ...pod.status,
    phase: 'Failed',
    reason: 'Evicted',
    message,
    conditions: [...conditions, { ...target, message }],
    containerStatuses: runs.map((run) => ({
      name: run.container.name,
      state: {
        terminated: {
          exitCode: 137,
          reason: 'Error',
          startedAt: timestamp(run.startedAt),
          finishedAt: at,
        },
      },
      lastState: {},
      ready: false,
      restartCount: run.restarts,
      image: run.container.image ?? '',
    })),
  };
}

/** The resources that a container has, which an in-place resize is read back from. */
function inForce({ resources }: ContainerRun['container']): object {
  return {
    ...(resources?.requests === undefined ? {} : { allocatedResources: resources.requests }),
    ...(resources === undefined ? {} : { resources }),
  };
}

/** The id of the present or, while none runs, the last process. */
export function containerId(pod: PodObject, run: Pick<ContainerRun, 'container' | 'process'>): string {
  const name = `${pod.metadata.uid}/${run.container.name}/${run.process}`;
  return `containerd://${[1, 2, 3, 4].map((part) => hex32(fnv1a(name, part))).join('')}`;
}

function podPhase(runs: readonly ContainerRun[]): string {
  if (runs.every((run) => run.phase === 'ended')) {
    return runs.every((run) => run.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  return runs.every((run) => run.process > 0) ? 'Running' : 'Pending';
}

function stateOf(run: ContainerRun, pod: PodObject): ContainerState {
  const { namespace, name, uid } = pod.metadata;
  switch (run.phase) {
    case 'running':
      return { running: { startedAt: timestamp(run.startedAt) } };
    case 'exited':
    case 'ended':
      return run.terminated === undefined ? {} : { terminated: run.terminated };
    case 'back-off': {
      const wait = goDuration(run.backOffSeconds);
      const who = `container=${run.container.name} pod=${name}_${namespace ?? ''}(${uid})`;
      return { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${wait} restarting failed ${who}` } };
    }
    case 'config-error':
      return { waiting: { reason: 'CreateContainerConfigError', message: run.message } };
    case 'pull-error':
      return { waiting: { reason: 'ErrImagePull', message: run.message } };
    case 'pull-back-off':
      return {
        waiting: {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image "${run.container.image ?? ''}": ${run.message}`,
        },
      };
    case 'creating':
      return { waiting: { reason: 'ContainerCreating' } };
  }
}
