import type { CauseName } from '../domain/diagnosis.ts';

/**
 * How likely a workload recovers from a cause when nothing is done, in [0, 1]. What each remedy does about a cause stands in
 * the remedy's own declaration. Judgement, not measurement, and meant to be replaced by one. The reasons:
 *
 * - A dependency's failure passes when the dependency recovers, which is an incident of its own.
 * - Kubernetes itself moves the pods off a node that stays away for 5 minutes.
 * - What a person or a deployment has to put right does not pass at all.
 */
export const PASSES_BY_ITSELF: Readonly<Record<CauseName, number>> = {
  'dependency-failure': 0.6,
  'evicted-pods': 0.4,
  'node-not-ready': 0.4,
  'node-pressure': 0.4,
  'autoscaler-at-maximum': 0.3,
  'cpu-saturation': 0.3,
  'cpu-throttling': 0.3,
  'crash-loop': 0.25,
  unschedulable: 0.25,
  'image-pull-failure': 0.2,
  unknown: 0.2,
  'latency-after-rollout': 0.15,
  'never-ready': 0.15,
  'one-bad-pod': 0.15,
  'errors-after-rollout': 0.1,
  'failed-job': 0.1,
  'configuration-error': 0.05,
  'crash-loop-after-rollout': 0.05,
  'memory-leak': 0.05,
  'memory-limit-too-low': 0.05,
  'volume-filling': 0.02,
};
