import { describe, expect, test } from '@jest/globals';

import { makeRandom } from '../../../../src/training/random.ts';
import { intervalsOf } from '../../../../src/training/report/bootstrap.ts';
import type { HeldOutRow } from '../../../../src/training/report/held-out.ts';
import { FIGURES, figureOf, reportOf } from '../../../../src/training/report/report.ts';
import { aNoneRow, aRow } from './rows.ts';

/** Incidents in which the first remedy helps and the second does not; the model errs in every tenth row. */
function rowsOf(incidents: number, seed: number): readonly HeldOutRow[] {
  const random = makeRandom(seed);
  return Array.from({ length: incidents }, (_, group): readonly HeldOutRow[] => {
    const kind = group % 2 === 0 ? 'leak' : 'bad-rollout';
    const errs = random.next() < 0.1;
    return [
      aNoneRow({ group, kind }),
      aRow({ group, kind, probabilities: errs ? [0.5, 0.3, 0.2] : [0.05, 0.05, 0.9] }),
      aRow({ group, kind, remedy: 'restart-pod', truth: 1, cost: 10.5, probabilities: [0.1, 0.8, 0.1] }),
    ];
  }).flat();
}

describe('a report', () => {
  const rows = rowsOf(200, 1);
  const report = reportOf(rows, { threshold: 0.7, redraws: { count: 100, seed: 1 } });

  test('has the quality by row and the choices by incident', () => {
    expect(report.rows).toBe(600);
    expect(report.incidents).toBe(200);
    expect(report.quality.accuracy).toBeGreaterThan(0.94);
    expect(report.choices.decided).toBeCloseTo(1 - 3 * (1 - report.quality.accuracy), 10);
    expect(report.choices.recoveredShare).toBe(1);
    expect(report.choices.regretOfNone).toBe(8);
    expect(report.choices.regret).toBeLessThan(2);
  });

  test('puts an interval around every figure', () => {
    for (const name of FIGURES) {
      const { low, high } = report.intervals[name] ?? { low: Number.NaN, high: Number.NaN };
      expect(low).toBeLessThanOrEqual(figureOf(report, name));
      expect(high).toBeGreaterThanOrEqual(figureOf(report, name));
    }
  });

  test('tells the kinds of faults apart', () => {
    expect(report.byKind.map(({ kind, decisions, rows: count }) => ({ kind, decisions, count }))).toEqual([
      { kind: 'bad-rollout', decisions: 100, count: 300 },
      { kind: 'leak', decisions: 100, count: 300 },
    ]);
  });

  test('bins the probability to recover of every row, not only of the likeliest class', () => {
    expect(report.recovers.reduce((sum, bin) => sum + bin.rows, 0)).toBe(600);
    expect(report.recovers[9]).toMatchObject({ stated: expect.closeTo(0.9, 10), came: 1 });
    expect(report.recovers[1]).toMatchObject({ rows: 400, came: 0 });
  });

  test('draws the decisions of one incident together', () => {
    const apart = reportOf(rows, { threshold: 0.7, redraws: { count: 200, seed: 1 } });
    const pairs = rows.map((row) => ({ ...row, group: Math.floor(row.group / 4), decision: row.group % 4 }));
    const together = reportOf(pairs, { threshold: 0.7, redraws: { count: 200, seed: 1 } });

    expect(together).toMatchObject({ incidents: 50, choices: apart.choices, quality: apart.quality });
    expect(together.intervals).not.toEqual(apart.intervals);
  });

  test('is the same for the same rows and seed', () => {
    expect(reportOf(rows, { threshold: 0.7, redraws: { count: 100, seed: 1 } })).toEqual(report);
    expect(reportOf(rows, { threshold: 0.7, redraws: { count: 100, seed: 2 } }).intervals).not.toEqual(
      report.intervals,
    );
  });

  test('of nothing is all zeros', () => {
    const empty = reportOf([], { threshold: 0.7 });

    expect(empty).toMatchObject({ rows: 0, incidents: 0, intervals: {}, byKind: [] });
    for (const name of FIGURES) expect(figureOf(empty, name)).toBe(0);
  });
});

describe('intervals', () => {
  /** Groups of four rows that all say the same: there are as many opinions as groups, not as rows. */
  const groups = Array.from({ length: 100 }, (_, group) => Array.from({ length: 4 }, () => group % 2));
  const mean = (drawn: readonly (readonly number[])[]): Readonly<Record<'mean', number>> => ({
    mean: drawn.flat().reduce((sum, value) => sum + value, 0) / drawn.flat().length,
  });

  test('are as wide as so many groups make them, not as narrow as so many rows would', () => {
    const { low, high } = intervalsOf(groups, mean, { count: 1_000, seed: 1 }).mean ?? { low: 0, high: 0 };
    const byRow = intervalsOf(
      groups.flat().map((value) => [value]),
      mean,
      { count: 1_000, seed: 1 },
    ).mean;

    // Of 100 tosses of a coin: 0.5 +- 1.96 * 0.05.
    expect(low).toBeGreaterThan(0.37);
    expect(low).toBeLessThan(0.43);
    expect(high).toBeGreaterThan(0.57);
    expect(high).toBeLessThan(0.63);
    expect((byRow?.high ?? 1) - (byRow?.low ?? 0)).toBeLessThan(0.6 * (high - low));
  });

  test('hold the truth about as often as they promise', () => {
    const random = makeRandom(7);
    let held = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      const sample = Array.from({ length: 60 }, () => [random.next()]);
      const { low, high } = intervalsOf(sample, mean, { count: 200, seed: turn }).mean ?? { low: 1, high: 0 };
      if (low <= 0.5 && high >= 0.5) held += 1;
    }

    expect(held / 200).toBeGreaterThan(0.88);
    expect(held / 200).toBeLessThan(0.99);
  });
});
