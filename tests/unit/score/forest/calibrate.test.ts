import { describe, expect, test } from '@jest/globals';

import { cool, cooled, fitTemperature } from '../../../../src/score/forest/calibrate.ts';
import { abstentionCurve, qualityOf, reliabilityOf, type Predictions } from '../../../../src/score/forest/quality.ts';
import { makeRandom } from '../../../../src/training/random.ts';

/** Rows of two classes whose true probabilities are `truth` and whose stated ones are those at another temperature. */
function stated(rows: number, temperature: number): Predictions {
  const random = makeRandom(1);
  const probabilities = new Float64Array(rows * 2);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const truth = 0.02 + 0.96 * random.next();
    labels[row] = random.next() < truth ? 1 : 0;
    probabilities.set([1 - truth, truth], 2 * row);
    cool(probabilities, 2, 1 / temperature, 2 * row);
  }
  return { classes: 2, probabilities, labels };
}

function predictions(rows: readonly (readonly number[])[], labels: readonly number[]): Predictions {
  return {
    classes: rows[0]?.length ?? 2,
    probabilities: Float64Array.from(rows.flat()),
    labels: Int32Array.from(labels),
  };
}

describe('the temperature', () => {
  test.each([
    { name: 'a forest that is not sure enough', temperature: 0.5 },
    { name: 'one that is sure as it should be', temperature: 1 },
    { name: 'one that is too sure', temperature: 2 },
  ])('$name is seen through', ({ temperature }) => {
    const votes = stated(4000, temperature);

    const found = fitTemperature(votes);

    expect(Math.abs(Math.log(found / temperature))).toBeLessThan(0.12);
    expect(qualityOf(cooled(votes, found)).ece).toBeLessThan(0.03);
    expect(qualityOf(cooled(votes, found)).logLoss).toBeLessThanOrEqual(qualityOf(cooled(votes, 1)).logLoss + 1e-9);
  });

  test('without rows there is nothing to fit', () => {
    expect(fitTemperature(predictions([], []))).toBe(1);
  });

  test('stays within bounds when every vote is right, or every one wrong', () => {
    const right = predictions(
      Array.from({ length: 20 }, () => [0.4, 0.6]),
      Array.from({ length: 20 }, () => 1),
    );

    expect(fitTemperature(right)).toBeCloseTo(0.05, 3);
    expect(fitTemperature({ ...right, labels: right.labels.map(() => 0) })).toBeCloseTo(20, 1);
  });

  test('heavy rows count for more', () => {
    const votes = predictions(
      [
        [0.2, 0.8],
        [0.2, 0.8],
        [0.2, 0.8],
        [0.2, 0.8],
      ],
      [1, 1, 1, 0],
    );
    const doubtful = fitTemperature(votes, Float64Array.of(1, 1, 1, 2.9));

    expect(fitTemperature(votes)).toBeLessThan(2);
    expect(doubtful).toBeGreaterThan(10);
  });

  test('a vote of nothing at all stays possible', () => {
    const row = Float64Array.of(0, 1, 5);

    cool(row, 2, 1);

    expect(row[0]).toBeGreaterThan(0);
    expect((row[0] ?? 0) + (row[1] ?? 0)).toBeCloseTo(1, 12);
    expect(row[2]).toBe(5);
  });
});

describe('the figures, by hand', () => {
  const four = predictions(
    [
      [0.9, 0.1],
      [0.6, 0.4],
      [0.3, 0.7],
      [0.2, 0.8],
    ],
    [0, 1, 1, 0],
  );

  test('two of four are right', () => {
    const quality = qualityOf(four);

    expect(quality).toMatchObject({ rows: 4, accuracy: 0.5, macroF1: 0.5 });
    expect(quality.logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.7) + Math.log(0.2)) / 4, 12);
    expect(quality.brier).toBeCloseTo((2 * 0.1 ** 2 + 2 * 0.6 ** 2 + 2 * 0.3 ** 2 + 2 * 0.8 ** 2) / 4, 12);
    // Each in a bin of its own: off by 0.1, 0.6, 0.3 and 0.8.
    expect(quality.ece).toBeCloseTo(0.45, 12);
  });

  test('a class that never occurs and is never said does not count towards macro-F1', () => {
    expect(
      qualityOf(
        predictions(
          [
            [0.8, 0.1, 0.1],
            [0.1, 0.8, 0.1],
          ],
          [0, 1],
        ),
      ).macroF1,
    ).toBe(1);
  });

  test('the reliability of one class counts all rows, whichever class comes first', () => {
    const bins = reliabilityOf(four, 1);

    expect(bins.map(({ rows }) => rows)).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 1, 0]);
    expect(bins[4]).toEqual({ rows: 1, stated: 0.4, came: 1 });
    expect(bins[8]).toEqual({ rows: 1, stated: 0.8, came: 0 });
  });

  test('certainty falls into the last bin', () => {
    expect(reliabilityOf(predictions([[0, 1]], [1])).at(-1)).toEqual({ rows: 1, stated: 1, came: 1 });
  });

  test('who speaks only when sure speaks less and is right more often', () => {
    const rows = predictions(
      [
        [0.9, 0.1],
        [0.6, 0.4],
        [0.3, 0.7],
        [0.05, 0.95],
      ],
      [0, 1, 1, 1],
    );

    expect(abstentionCurve(rows, [0, 0.7, 0.9, 0.99])).toEqual([
      { threshold: 0, coverage: 1, accuracy: 0.75 },
      { threshold: 0.7, coverage: 0.75, accuracy: 1 },
      { threshold: 0.9, coverage: 0.5, accuracy: 1 },
      { threshold: 0.99, coverage: 0, accuracy: 0 },
    ]);
  });

  test('without rows everything is 0', () => {
    expect(qualityOf(predictions([], []))).toMatchObject({
      rows: 0,
      accuracy: 0,
      macroF1: 0,
      logLoss: 0,
      brier: 0,
      ece: 0,
    });
  });
});
