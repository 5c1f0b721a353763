import { makeRandom } from '../training/random.ts';

/** Where a mean lies in 90 of 100 redrawn samples. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const REDRAWS = 1_000;
const TAIL = 0.05;

/**
 * The 90 % interval of the mean over all rows, where `groups` has the sum and the number of rows of each group. Whole groups
 * are redrawn: rows of one incident resemble each other. The same seed gives the same interval. Source: Efron and Tibshirani,
 * "An introduction to the bootstrap" (1993), percentile intervals.
 */
export function meanInterval(groups: readonly Sum[], seed: number): Interval {
  const random = makeRandom(seed);
  const means = new Float64Array(REDRAWS);
  for (let redraw = 0; redraw < REDRAWS; redraw += 1) {
    let [total, rows] = [0, 0];
    for (let turn = 0; turn < groups.length; turn += 1) {
      const drawn = groups[random.below(groups.length)];
      total += drawn?.total ?? 0;
      rows += drawn?.rows ?? 0;
    }
    means[redraw] = rows === 0 ? 0 : total / rows;
  }
  means.sort();
  return {
    low: means[Math.round(TAIL * (REDRAWS - 1))] ?? 0,
    high: means[Math.round((1 - TAIL) * (REDRAWS - 1))] ?? 0,
  };
}

/** What one group adds to a mean. */
export interface Sum {
  readonly total: number;
  readonly rows: number;
}

/** The mean over the rows of all groups; 0 without rows. */
export function meanOf(groups: readonly Sum[]): number {
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  return rows === 0 ? 0 : groups.reduce((sum, group) => sum + group.total, 0) / rows;
}
