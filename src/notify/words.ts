import type { CauseName } from '../domain/diagnosis.ts';
import type { Outcome, Restore } from '../domain/incident.ts';
import type { ActionResult } from '../domain/remedy.ts';

/** How a cause is named in a title. */
export const CAUSE_WORDS = {
  'crash-loop-after-rollout': 'crash loop after a rollout',
  'crash-loop': 'crash loop',
  'memory-leak': 'memory leak',
  'memory-limit-too-low': 'memory limit too low',
  'cpu-saturation': 'CPU saturated',
  'cpu-throttling': 'CPU throttled',
  'errors-after-rollout': 'errors after a rollout',
  'latency-after-rollout': 'slow after a rollout',
  'dependency-failure': 'a dependency fails',
  'image-pull-failure': 'image cannot be pulled',
  'configuration-error': 'configuration error',
  unschedulable: 'pods cannot be scheduled',
  'never-ready': 'pods never become ready',
  'one-bad-pod': 'one bad pod',
  'node-not-ready': 'node not ready',
  'node-pressure': 'node under pressure',
  'volume-filling': 'volume fills up',
  'autoscaler-at-maximum': 'autoscaler at its maximum',
  'evicted-pods': 'evicted pods',
  'failed-job': 'job failed',
  unknown: 'cause unknown',
} as const satisfies Record<CauseName, string>;

/** How an outcome is said in a status line. */
export const OUTCOME_WORDS = {
  healed: 'Healed',
  'self-recovered': 'Recovered by itself',
  observed: 'Observed, nothing done',
  refused: 'Refused',
  denied: 'Denied',
  expired: 'No answer',
  cancelled: 'Cancelled',
  'not-healed': 'Not healed',
  unknown: 'Recovery unknown',
  escalated: 'A person is needed',
  merged: 'Joined another incident',
} as const satisfies Record<Outcome, string>;

/** What became of a change that was to be put back. */
export const RESTORE_WORDS = {
  pending: 'waits',
  sending: 'is being put back',
  undone: 'is put back',
  refused: 'stays as it is',
  unknown: 'may or may not be back',
} as const satisfies Record<Restore['state'], string>;

/** What became of a write. */
export const RESULT_WORDS = {
  done: 'done',
  'already-done': 'was done already',
  refused: 'refused by the API server',
  unknown: 'sent, but nobody knows whether it happened',
} as const satisfies Record<ActionResult['kind'], string>;
