import { describe, expect, test } from '@jest/globals';

import { baselineOf, baselineProblem } from '../../../../src/score/forest/baseline.ts';

function baseline(values: readonly number[]): ReturnType<typeof baselineOf>[number] {
  const [only] = baselineOf(Float64Array.from(values), 1);
  if (only === undefined) throw new Error('one feature has one baseline');
  return only;
}

describe('the baseline of a feature', () => {
  test.each([
    { name: 'a flag', values: [0, 1, 0, 0], found: { edges: [0], counts: [3, 1], missing: 0 } },
    {
      name: 'a flag that is seldom set',
      values: [...Array.from({ length: 99 }, () => 1), 0],
      found: { edges: [0], counts: [1, 99], missing: 0 },
    },
    { name: 'one value', values: [3, 3], found: { edges: [], counts: [2], missing: 0 } },
    { name: 'gaps', values: [1, Number.NaN, 2, Infinity], found: { edges: [1], counts: [1, 1], missing: 2 } },
    { name: 'nothing but gaps', values: [Number.NaN], found: { edges: [], counts: [0], missing: 1 } },
  ])('$name', ({ values, found }) => {
    expect(baseline(values)).toEqual(found);
  });

  test('of many values has ten bins of as many rows', () => {
    const found = baseline(Array.from({ length: 1_000 }, (_, row) => (row * 7) % 1_000));

    expect(found.edges).toEqual([99, 199, 299, 399, 499, 599, 699, 799, 899]);
    expect(found.counts).toEqual(Array.from({ length: 10 }, () => 100));
  });

  test('of many values of which nearly all rows have the largest tells that one from the others', () => {
    const found = baseline([...Array.from({ length: 500 }, () => 60), ...Array.from({ length: 20 }, (_, row) => row)]);

    expect(found).toEqual({ edges: [19], counts: [20, 500], missing: 0 });
  });

  test('takes each feature by itself', () => {
    const found = baselineOf(Float64Array.from([1, 10, 2, 10, 3, 20]), 2);

    expect(found.map(({ edges }) => edges)).toEqual([[1, 2], [10]]);
  });
});

describe('a baseline that is none', () => {
  test.each([
    { name: 'too few features', baselines: [], why: '0 of them for 1 features' },
    { name: 'too few counts', baselines: [{ edges: [1], counts: [1], missing: 0 }], why: '1 counts' },
    { name: 'edges that fall', baselines: [{ edges: [2, 1], counts: [1, 1, 1], missing: 0 }], why: 'rise' },
  ])('$name', ({ baselines, why }) => {
    expect(baselineProblem(baselines, 1)).toContain(why);
  });

  test('a good one has no problem', () => {
    expect(baselineProblem(baselineOf(Float64Array.from([1, 2, 3]), 1), 1)).toBeUndefined();
  });
});
