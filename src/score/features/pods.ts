import { isCrashing } from '../../domain/container-state.ts';
import type { ContainerEvidence, PodEvidence } from '../../domain/diagnosis.ts';
import { columnsOf, SHARE } from './column.ts';
import { isAmount, logOf, shareOf } from './numbers.ts';
import type { Situation } from './situation.ts';

const RECENT_OOM_MS = 60 * 60_000;
/** Fixed, not configured: a column must mean the same for every model. */
const LOOP = { restarts: 3, recentMs: 10 * 60_000 } as const;

/** How the pods stand, as shares of those that run or are meant to. */
export const POD_COLUMNS = columnsOf<Situation>('cluster', [
  {
    name: 'not_ready_share',
    ...SHARE,
    meaning:
      'Replicas that should be ready and are not; of the pods, where the workload does not say how many it wants.',
    value: ({ evidence: { state }, live }) =>
      state === undefined ? podShare(live, (pod) => !pod.ready) : lackOf(state.ready, state.desired),
  },
  {
    name: 'crash_loop_share',
    ...SHARE,
    meaning: 'Pods with a container that ends again and again.',
    value: ({ live, at }) => containerShare(live, (container) => isCrashing(container, at, LOOP)),
  },
  {
    name: 'oom_share',
    ...SHARE,
    meaning: 'Pods with a container that was killed within the hour because it was out of memory.',
    value: ({ live, at }) => containerShare(live, (container) => wasOutOfMemory(container, at)),
  },
  {
    name: 'restarts',
    unit: 'log2(1 + count per pod)',
    range: [0, 5],
    meaning: 'Container restarts since the pods were made.',
    value: ({ live }) => logOf(shareOf(sum(live.map(restartsOf)), live.length)),
  },
]);

function podShare(pods: readonly PodEvidence[], is: (pod: PodEvidence) => boolean): number | undefined {
  return shareOf(pods.filter(is).length, pods.length);
}

function containerShare(
  pods: readonly PodEvidence[],
  is: (container: ContainerEvidence) => boolean,
): number | undefined {
  return podShare(pods, ({ containers }) => containers.some(is));
}

function lackOf(ready: number, desired: number): number | undefined {
  const share = shareOf(ready, desired);
  return share === undefined ? undefined : 1 - share;
}

/** A kill whose time is not told counts: the kubelet keeps only the last end, and it was this one. */
function wasOutOfMemory({ stateReason, lastTermination }: ContainerEvidence, at: number): boolean {
  if (stateReason === 'OOMKilled') return true;
  if (lastTermination?.reason !== 'OOMKilled') return false;
  return lastTermination.finishedAt === undefined || at - lastTermination.finishedAt <= RECENT_OOM_MS;
}

function restartsOf({ containers }: PodEvidence): number {
  return sum(containers.map(({ restarts }) => (isAmount(restarts) ? restarts : 0)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
