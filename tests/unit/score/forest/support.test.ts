import { describe, expect, test } from '@jest/globals';

import { codeRows, rangesOf } from '../../../../src/score/forest/coding.ts';
import { supportOf, type Known } from '../../../../src/score/forest/support.ts';

const NONE = Number.NaN;

/** Columns as raw rows. */
function rowsOf(...columns: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from((columns[0] ?? []).flatMap((_, row) => columns.map((column) => column[row] ?? NONE)));
}

const RATIO = Array.from({ length: 400 }, (_, row) => (row % 42) / 100);
const SOMETIMES = RATIO.map((value, row) => (row % 4 === 0 ? NONE : value * 10));
const NEVER = RATIO.map(() => NONE);

const KNOWN: Known = {
  features: ['error_ratio', 'queue', 'gpu'],
  ranges: rangesOf(rowsOf(RATIO, SOMETIMES, NEVER), 3),
  mostMissing: 2,
};
const SURE = Float64Array.of(0.1, 0.9);

describe('whether a row is like those of the training', () => {
  test.each([
    { name: 'ordinary', row: [0.2, 3, NONE] },
    { name: 'at the very edges', row: [0.41, 0, NONE] },
    { name: 'with a gap where training had gaps', row: [0.2, NONE, NONE] },
  ])('$name: yes', ({ row }) => {
    expect(supportOf(Float64Array.from(row), SURE, KNOWN, 0.8)).toEqual({ kind: 'in' });
  });

  test.each([
    {
      name: 'a value above all',
      row: [0.93, 3, NONE],
      reason: 'outside-range',
      feature: 'error_ratio',
      why: 'feature error_ratio 0.93 lies outside [0, 0.41]',
    },
    {
      name: 'a value below all',
      row: [-0.2, 3, NONE],
      reason: 'outside-range',
      feature: 'error_ratio',
      why: 'feature error_ratio -0.2 lies outside [0, 0.41]',
    },
    {
      name: 'a gap where there never was one',
      row: [NONE, 3, NONE],
      reason: 'never-missing',
      feature: 'error_ratio',
      why: 'feature error_ratio is missing, which it hardly ever was in training',
    },
    {
      name: 'an infinite value is a gap',
      row: [Infinity, 3, NONE],
      reason: 'never-missing',
      feature: 'error_ratio',
      why: 'feature error_ratio is missing, which it hardly ever was in training',
    },
    {
      name: 'a value that training never had',
      row: [0.2, 3, 1],
      reason: 'never-measured',
      feature: 'gpu',
      why: 'feature gpu is 1, but training never had a value for it',
    },
  ])('$name: no', ({ row, reason, feature, why }) => {
    expect(supportOf(Float64Array.from(row), SURE, KNOWN, 0.8)).toEqual({ kind: 'out', reason, feature, why });
  });

  test('more gaps than any row of the training had: no', () => {
    const known = { ...KNOWN, mostMissing: 1 };

    expect(supportOf(Float64Array.of(0.2, NONE, NONE), SURE, known, 0.8)).toEqual({
      kind: 'out',
      reason: 'mostly-missing',
      why: '2 features are missing; no training row lacked more than 1',
    });
  });

  test.each([
    { name: 'below the gate', probabilities: [0.4, 0.6], why: 'the best probability 0.6 is below 0.8' },
    { name: 'no number', probabilities: [NONE, NONE], why: 'the best probability NaN is below 0.8' },
  ])('a model that is not sure ($name): no', ({ probabilities, why }) => {
    expect(supportOf(Float64Array.of(0.2, 3, NONE), Float64Array.from(probabilities), KNOWN, 0.8)).toEqual({
      kind: 'out',
      reason: 'unsure',
      why,
    });
  });

  test('a probability exactly at the gate: yes', () => {
    expect(supportOf(Float64Array.of(0.2, 3, NONE), SURE, KNOWN, 0.9)).toEqual({ kind: 'in' });
  });

  test('one wild row of the training does not make everything up to it known', () => {
    const [range] = rangesOf(rowsOf([...RATIO.map((value) => value), ...RATIO, ...RATIO, 5000]), 1);

    expect(range?.high).toBeCloseTo(0.41 * 1.5, 9);
    expect(range?.low).toBe(0);
  });
});

describe('how values are coded for the trees', () => {
  const ranges = rangesOf(rowsOf([1, 5, NONE, 3], [0, 0, 0, 0]), 2);

  test.each([
    { name: 'a value stays', value: 4, code: 4 },
    { name: 'one above all stays', value: 90, code: 90 },
    { name: 'one below all counts as the smallest', value: -90, code: 1 },
    { name: 'a gap lies below all', value: NONE, code: -4 },
    { name: 'infinite is a gap', value: -Infinity, code: -4 },
    { name: 'beyond measure is cut', value: 1e300, code: 1e15 },
  ])('$name', ({ value, code }) => {
    const row = Float64Array.of(value, 0);

    codeRows(row, ranges, row);

    expect([...row]).toEqual([code, 0]);
  });

  test('even of the largest values a gap differs', () => {
    const [range] = rangesOf(rowsOf([-1e300, -1e300]), 1);

    expect(range?.missingCode).toBeLessThan(range?.smallest ?? 0);
  });
});
