import type { CauseName } from '../domain/diagnosis.ts';
import type { RemedyName } from '../domain/remedy.ts';

/**
 * How likely a workload recovers when a remedy is applied and the cause is certain, in [0, 1]. Judgement, not measurement;
 * it is here to be read and argued with. What stands behind the numbers:
 *
 * - `none` is how likely the illness passes by itself while one waits. It is no product of a confidence.
 * - A restart cures what lies in the memory of a process: a leak, a stuck or broken pod. It does not cure a bad version, a
 *   wrong configuration or a failing dependency. In the 67 published ITBench faults a bare restart is the cure of none,
 *   and "always restart" is measured to be harmful in most cases.
 * - A rollback is the documented cure of most faults that begin with a change, and of no other.
 * - More replicas help against too much load alone. With a failing dependency they add load to it, and with a container
 *   whose memory limit is too low they add containers that are killed.
 * - No remedy that exists so far cures a limit that is too low, a full volume, an ill node or a failed job: people do. Nor
 *   do pods that find no node. Raising what is killed for want of memory over and over is how others ended in loops.
 *
 * A pair that is not here scores 0.
 */
export const BASE_SCORES: Readonly<Record<CauseName, Readonly<Partial<Record<RemedyName, number>>>>> = {
  'crash-loop-after-rollout': { rollback: 0.95, none: 0.05 },
  'errors-after-rollout': { rollback: 0.9, none: 0.1 },
  'latency-after-rollout': { rollback: 0.85, none: 0.15 },
  'image-pull-failure': { rollback: 0.9, none: 0.2 },
  'configuration-error': { rollback: 0.85, none: 0.05 },
  'never-ready': { rollback: 0.8, 'restart-pod': 0.5, 'rollout-restart': 0.45, none: 0.15 },
  // The kubelet restarts the container already; a new pod changes the node, the volumes of the pod and little else.
  'crash-loop': { 'restart-pod': 0.6, 'rollout-restart': 0.5, none: 0.25 },
  // One pod helps for as long as it takes the next one to fill up; all of them are as old as the leak.
  'memory-leak': { 'rollout-restart': 0.9, 'restart-pod': 0.7, none: 0.05 },
  'memory-limit-too-low': { none: 0.05 },
  'cpu-saturation': { 'scale-up': 0.9, none: 0.3 },
  'cpu-throttling': { 'scale-up': 0.75, none: 0.3 },
  'autoscaler-at-maximum': { 'scale-up': 0.85, none: 0.3 },
  'one-bad-pod': { 'restart-pod': 0.95, 'rollout-restart': 0.65, none: 0.15 },
  // Recovers when the dependency does, which is an incident of its own.
  'dependency-failure': { none: 0.6 },
  // Kubernetes itself moves the pods off a node that stays away for 5 minutes.
  'node-not-ready': { none: 0.4 },
  'node-pressure': { none: 0.4 },
  unschedulable: { none: 0.25 },
  'volume-filling': { none: 0.02 },
  'evicted-pods': { none: 0.4 },
  'failed-job': { none: 0.1 },
  unknown: { none: 0.2 },
};
