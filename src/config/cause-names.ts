import type { CauseName } from '../domain/diagnosis.ts';

/** As keys, so that a cause that is added to the union and forgotten here does not compile. */
const CAUSES = {
  'crash-loop-after-rollout': 0,
  'crash-loop': 0,
  'memory-leak': 0,
  'memory-limit-too-low': 0,
  'cpu-saturation': 0,
  'cpu-throttling': 0,
  'errors-after-rollout': 0,
  'latency-after-rollout': 0,
  'dependency-failure': 0,
  'image-pull-failure': 0,
  'configuration-error': 0,
  unschedulable: 0,
  'never-ready': 0,
  'one-bad-pod': 0,
  'node-not-ready': 0,
  'node-pressure': 0,
  'volume-filling': 0,
  'autoscaler-at-maximum': 0,
  'evicted-pods': 0,
  'failed-job': 0,
  unknown: 0,
} as const satisfies Record<CauseName, 0>;

/** Every cause that a policy may name. */
export const CAUSE_NAMES: readonly string[] = Object.keys(CAUSES);
