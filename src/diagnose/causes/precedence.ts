import type { Cause, CauseName } from '../../domain/diagnosis.ts';

/**
 * Which cause explains which others: where both fit, the others are its consequences and rank below it. Roots come first,
 * so that ranks pass down.
 */
const EXPLAINS: readonly (readonly [CauseName, readonly CauseName[]])[] = [
  [
    'node-not-ready',
    [
      'node-pressure',
      'crash-loop',
      'never-ready',
      'one-bad-pod',
      'unschedulable',
      'evicted-pods',
      'dependency-failure',
    ],
  ],
  ['node-pressure', ['evicted-pods', 'one-bad-pod', 'never-ready', 'crash-loop']],
  ['image-pull-failure', ['never-ready', 'one-bad-pod', 'crash-loop', 'crash-loop-after-rollout']],
  [
    'crash-loop-after-rollout',
    [
      'memory-leak',
      'memory-limit-too-low',
      'configuration-error',
      'errors-after-rollout',
      'latency-after-rollout',
      'crash-loop',
      'never-ready',
    ],
  ],
  ['configuration-error', ['one-bad-pod', 'never-ready', 'crash-loop']],
  ['memory-leak', ['one-bad-pod', 'crash-loop', 'evicted-pods']],
  ['memory-limit-too-low', ['one-bad-pod', 'crash-loop']],
  ['unschedulable', ['never-ready', 'one-bad-pod', 'evicted-pods']],
  ['autoscaler-at-maximum', ['cpu-saturation', 'cpu-throttling']],
  ['cpu-saturation', ['cpu-throttling']],
  ['dependency-failure', ['never-ready', 'one-bad-pod']],
  // Throttling is a mean over the pods: where one of them fails alone, it is that one's. A mean of the CPU in use that is near
  // the limit is all pods', and may be why one of them gave up first.
  ['one-bad-pod', ['crash-loop', 'never-ready', 'cpu-throttling']],
  ['errors-after-rollout', ['latency-after-rollout']],
  ['failed-job', ['crash-loop', 'never-ready', 'one-bad-pod']],
];

/** A consequence keeps this share of the confidence of what explains it: what cures only the consequence is not done for it. */
const CONSEQUENCE = 0.5;

/** The causes, best first: consequences below what explains them, then by confidence. */
export function inPrecedence(causes: readonly Cause[]): readonly Cause[] {
  const confidence = new Map(causes.map((cause) => [cause.name, cause.confidence]));
  for (const [explaining, explained] of EXPLAINS) {
    const root = confidence.get(explaining);
    if (root === undefined) continue;
    for (const name of explained) {
      const own = confidence.get(name);
      if (own !== undefined) confidence.set(name, Math.min(own, root * CONSEQUENCE));
    }
  }
  return causes
    .map((cause) => ({ ...cause, confidence: hundredths(confidence.get(cause.name) ?? cause.confidence) }))
    .sort((a, b) => b.confidence - a.confidence);
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
