import { describe, expect, test } from '@jest/globals';
import { RandomForestClassifier } from 'ml-random-forest';

import { codeRows } from '../../../src/score/forest/coding.ts';
import { hardVote } from '../../../src/score/forest/predict.ts';
import { makePredictor } from '../../../src/score/forest/predictor.ts';
import { modelText } from '../../../src/score/forest/model-file.ts';
import type { ForestModel, Growth } from '../../../src/score/forest/model.ts';
import { evaluate, splitByGroup } from '../../../src/training/evaluate.ts';
import { DEFAULT_GROWTH, fitForest } from '../../../src/training/fit.ts';
import { libraryModel } from '../../../src/training/library-format.ts';
import { makeRandom } from '../../../src/training/random.ts';
import type { TrainingSet } from '../../../src/training/training-set.ts';
import { makeRows } from '../../builders/training-rows.ts';

const GROWTH: Growth = { ...DEFAULT_GROWTH, seed: 5, trees: 20 };

function fit(set: TrainingSet, growth: Partial<Growth> = {}): ForestModel {
  return fitForest(set, { growth: { ...GROWTH, ...growth }, thresholds: {} });
}

/** One feature, one class for each value; `values` may hold NaN. */
function oneFeature(values: readonly number[], labels: readonly number[]): TrainingSet {
  return {
    features: ['only'],
    featureVersion: 1,
    classes: ['no', 'yes'],
    values: Float64Array.from(values),
    labels: Int32Array.from(labels),
  };
}

function ask(model: ForestModel, ...row: readonly number[]): number {
  const probabilities = new Float64Array(model.classes.length);
  makePredictor(model, 1).predict(Float64Array.from(row), probabilities);
  return probabilities[1] ?? Number.NaN;
}

function repeat<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

describe('a forest', () => {
  const set = makeRows({ incidents: 160, seed: 1, classes: 2 });

  test('learns what there is to learn, and its out-of-bag figures foretell those on rows held out', () => {
    const { learn, heldOut } = splitByGroup(makeRows({ incidents: 400, seed: 1, classes: 2 }), 0.3, 1);
    const always =
      Math.max(...[0, 1].map((label) => heldOut.labels.filter((each) => each === label).length)) /
      heldOut.labels.length;

    const model = fit(learn, { trees: 40 });
    const quality = evaluate(model, heldOut);

    expect(quality.accuracy).toBeGreaterThan(always + 0.1);
    expect(Math.abs(model.outOfBag.accuracy - quality.accuracy)).toBeLessThan(0.05);
    expect(quality.ece).toBeLessThan(0.07);
  });

  test('is the same to the byte for the same seed, and another for another seed', () => {
    const text = modelText(fit(set), 'test');

    expect(modelText(fit(set), 'test')).toBe(text);
    expect(modelText(fit(set, { seed: 6 }), 'test')).not.toBe(text);
  });

  test('answers as the library does with the same trees', () => {
    const model = fit(set);
    const rows = set.values.slice();
    codeRows(rows, model.ranges, rows);
    const each = repeat(set.labels.length, (row) =>
      rows.subarray(row * set.features.length, (row + 1) * set.features.length),
    );

    const theirs = RandomForestClassifier.load(libraryModel(model.forest, 1)).predict(each.map((row) => [...row]));

    expect(each.map((row) => hardVote(model.forest, row))).toEqual(theirs);
    expect(new Set(theirs).size).toBe(2);
  });

  test('tells what it was made from', () => {
    const model = fit(set);

    expect(model).toMatchObject({
      rows: 800,
      groups: 160,
      features: set.features,
      classes: set.classes,
      featureVersion: 1,
    });
    expect(model.dataHash).toMatch(/^[0-9a-f]{64}$/);
    expect(fit({ ...set, labels: set.labels.map((label) => 1 - label) }).dataHash).not.toBe(model.dataHash);
  });

  test('reports every tree', () => {
    const seen: number[] = [];

    fitForest(set, { growth: { ...GROWTH, trees: 3 }, thresholds: {}, onTree: (trees) => seen.push(trees) });

    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('missing is missing, not zero', () => {
  test('a gap can mean something that no value means', () => {
    // Zero is "no" and so is every value; only the gap is "yes".
    const values = repeat(120, (row) => (row % 3 === 0 ? Number.NaN : (row % 7) - 3));
    const model = fit(
      oneFeature(
        values,
        repeat(120, (row) => (row % 3 === 0 ? 1 : 0)),
      ),
    );

    expect(ask(model, Number.NaN)).toBeGreaterThan(0.9);
    expect(ask(model, Infinity)).toBeGreaterThan(0.9);
    expect(ask(model, 0)).toBeLessThan(0.1);
    expect(ask(model, -3)).toBeLessThan(0.1);
  });

  test('a value below all that were seen is not taken for a gap', () => {
    const values = repeat(120, (row) => (row % 3 === 0 ? Number.NaN : row % 7));
    const model = fit(
      oneFeature(
        values,
        repeat(120, (row) => (row % 3 === 0 ? 1 : 0)),
      ),
    );

    expect(ask(model, -1e9)).toBeLessThan(0.1);
  });

  test('a feature that is always missing is no obstacle', () => {
    const values = repeat(100, (row) => [row % 10, Number.NaN]).flat();
    const labels = repeat(100, (row) => (row % 10 < 5 ? 0 : 1));
    const set = { ...oneFeature(values, labels), features: ['seen', 'never'] };

    expect(ask(fit(set), 9, Number.NaN)).toBeGreaterThan(0.9);
  });
});

describe('weights', () => {
  test('a heavy row outweighs lighter ones that contradict it', () => {
    const labels = repeat(90, (row) => (row % 3 === 0 ? 1 : 0));
    const same = oneFeature(
      repeat(90, () => 1),
      labels,
    );

    const light = ask(fit(same), 1);
    const heavy = ask(fit({ ...same, weights: Float64Array.from(labels, (label) => (label === 1 ? 6 : 1)) }), 1);

    expect(light).toBeLessThan(0.4);
    expect(heavy).toBeGreaterThan(0.6);
  });
});

describe('small and odd sets', () => {
  test.each([
    { name: 'two rows', set: oneFeature([0, 1], [0, 1]) },
    { name: 'three rows', set: oneFeature([0, 1, 1], [0, 1, 0]) },
    { name: 'values of any size', set: oneFeature([-1e300, 1e300, 0, 5], [0, 1, 0, 1]) },
    { name: 'one group', set: { ...oneFeature([0, 1, 2, 3], [0, 1, 0, 1]), groups: Int32Array.of(1, 1, 1, 1) } },
  ])('$name: trained without a throw, whatever the seed', ({ set }) => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const model = fit(set, { seed, trees: 4 });

      expect(ask(model, 1)).toBeGreaterThan(0);
      expect(ask(model, 1)).toBeLessThan(1);
    }
  });

  test('neighbouring seeds draw different bags', () => {
    const first = repeat(30, (seed) => makeRandom(seed).next());

    expect(new Set(first).size).toBe(30);
    expect(Math.min(...first)).toBeLessThan(0.2);
    expect(Math.max(...first)).toBeGreaterThan(0.8);
  });

  test.each([
    { name: 'labels without rows', set: oneFeature([1], [0, 1]), says: '1 values for 2 rows of 1 features' },
    { name: 'one class', set: oneFeature([1, 2], [1, 1]), says: 'fewer than two classes' },
    { name: 'an unknown label', set: oneFeature([1, 2], [0, 2]), says: 'names no class' },
    { name: 'a weight of 0', set: { ...oneFeature([1, 2], [0, 1]), weights: Float64Array.of(0, 1) }, says: 'weight' },
    {
      name: 'a weight that is no number',
      set: { ...oneFeature([1, 2], [0, 1]), weights: Float64Array.of(Number.NaN, 1) },
      says: 'weight',
    },
    {
      name: 'too few groups',
      set: { ...oneFeature([1, 2], [0, 1]), groups: Int32Array.of(1) },
      says: '1 group numbers',
    },
    { name: 'a name twice', set: { ...oneFeature([1, 2], [0, 1]), features: ['a', 'a'] }, says: 'same name' },
  ])('$name is refused', ({ set, says }) => {
    expect(() => fit(set)).toThrow(expect.objectContaining({ code: 'BUG', message: expect.stringContaining(says) }));
  });
});
