import type { HeldOutRow } from '../../../../src/training/report/held-out.ts';

/** One row of incident 1: a remedy that was said to help with 0.8, and did. */
export function aRow(changes: Partial<HeldOutRow> = {}): HeldOutRow {
  return {
    group: 1,
    remedy: 'rollback',
    kind: 'bad-rollout',
    probabilities: [0.1, 0.1, 0.8],
    truth: 2,
    cost: 2,
    costNone: 10,
    ...changes,
  };
}

/** Doing nothing in the same incident: it does not pass by itself. */
export function aNoneRow(changes: Partial<HeldOutRow> = {}): HeldOutRow {
  return aRow({ remedy: 'none', probabilities: [0, 0.9, 0.1], truth: 1, cost: 10, ...changes });
}
