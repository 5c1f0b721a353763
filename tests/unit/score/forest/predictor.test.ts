import { describe, expect, test } from '@jest/globals';

import { strongest } from '../../../../src/score/forest/explain.ts';
import { makePredictor } from '../../../../src/score/forest/predictor.ts';
import { DEFAULT_GROWTH, fitForest } from '../../../../src/training/fit.ts';
import { makeRandom } from '../../../../src/training/random.ts';
import type { TrainingSet } from '../../../../src/training/training-set.ts';

/** "Recovers" is what the memory says; the other feature says nothing. */
function memorySet(): TrainingSet {
  const random = makeRandom(1);
  const values = Float64Array.from({ length: 400 }, () => random.next());
  const labels = Int32Array.from({ length: 200 }, (_, row) => ((values[2 * row + 1] ?? 0) > 0.6 ? 1 : 0));
  return { features: ['cpu', 'memory'], featureVersion: 1, classes: ['stays ill', 'recovers'], values, labels };
}

const MODEL = fitForest(memorySet(), {
  growth: { ...DEFAULT_GROWTH, seed: 2, trees: 30, maxFeatures: 1 },
  thresholds: {},
});

describe('a predictor', () => {
  const predictor = makePredictor(MODEL, 5);

  test('answers any number of rows up to its capacity, each as if it were alone', () => {
    const rows = Float64Array.of(0.5, 0.9, 0.5, 0.1, 0.2, 0.95, 0.9, 0.4, 0.1, 0.59);
    const together = new Float64Array(10);
    predictor.predict(rows, together);

    for (let row = 0; row < 5; row += 1) {
      const alone = new Float64Array(2);
      predictor.predict(rows.subarray(2 * row, 2 * row + 2), alone);
      expect([...alone]).toEqual([...together.subarray(2 * row, 2 * row + 2)]);
    }
    expect(together[1]).toBeGreaterThan(0.9);
    expect(together[3]).toBeLessThan(0.1);
  });

  test.each([
    { name: 'half a row', rows: 3, places: 10 },
    { name: 'more rows than it has room for', rows: 12, places: 12 },
    { name: 'no room for the answer', rows: 10, places: 9 },
  ])('$name is a bug of the caller', ({ rows, places }) => {
    expect(() => predictor.predict(new Float64Array(rows), new Float64Array(places))).toThrow(
      expect.objectContaining({ code: 'BUG' }),
    );
  });

  test('explains a vote by what moved it', () => {
    const { start, vote, contributions } = predictor.explain(Float64Array.of(0.5, 0.9), 1, 2);

    expect(contributions[0]?.feature).toBe('memory');
    expect(contributions[0]?.amount).toBeGreaterThan(0.3);
    expect(start + contributions.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(vote, 12);
    expect(predictor.explain(Float64Array.of(0.5, 0.1), 1, 1).contributions).toEqual([
      { feature: 'memory', amount: expect.any(Number) },
    ]);
  });

  test('knows where it has nothing to say', () => {
    const sure = Float64Array.of(0.05, 0.95);

    expect(predictor.support(Float64Array.of(0.5, 0.9), sure, 0.8)).toEqual({ kind: 'in' });
    expect(predictor.support(Float64Array.of(0.5, 40), sure, 0.8)).toMatchObject({ kind: 'out', feature: 'memory' });
  });
});

test('the strongest contributions come first, up or down, and idle features not at all', () => {
  expect(strongest(Float64Array.of(0.1, 0, -0.4, 0.2), ['a', 'b', 'c', 'd'], 3)).toEqual([
    { feature: 'c', amount: -0.4 },
    { feature: 'd', amount: 0.2 },
    { feature: 'a', amount: 0.1 },
  ]);
});
