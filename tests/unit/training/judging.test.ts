import { describe, expect, test } from '@jest/globals';

import { evaluate, predictionsOf, splitByGroup } from '../../../src/training/evaluate.ts';
import { DEFAULT_GROWTH, fitForest } from '../../../src/training/fit.ts';
import { importanceOf } from '../../../src/training/importance.ts';
import { makeRandom } from '../../../src/training/random.ts';
import type { TrainingSet } from '../../../src/training/training-set.ts';
import { makeRows } from '../../builders/training-rows.ts';

describe('holding rows back', () => {
  const set = makeRows({ incidents: 100, seed: 1, classes: 2 });

  test('no incident is on both sides, and no row is lost', () => {
    const { learn, heldOut } = splitByGroup(set, 0.3, 1);
    const learned = new Set(learn.groups);

    expect([...new Set(heldOut.groups)].filter((group) => learned.has(group))).toEqual([]);
    expect(heldOut.labels).toHaveLength(150);
    expect(learn.labels).toHaveLength(350);
    expect(learn.values).toHaveLength(350 * set.features.length);
  });

  test('a share of 0 holds nothing back', () => {
    expect(splitByGroup(set, 0, 1).heldOut.labels).toHaveLength(0);
    expect(splitByGroup(set, 0, 1).learn).toEqual(set);
  });

  test('another seed holds others back', () => {
    expect(splitByGroup(set, 0.3, 2).heldOut.groups).not.toEqual(splitByGroup(set, 0.3, 1).heldOut.groups);
  });
});

describe('the importance of features', () => {
  /** The label is `strong` with a tenth of it wrong; `weak` agrees with it in two of three rows; `noise` knows nothing. */
  function threeFeatures(rows: number, seed: number): TrainingSet {
    const random = makeRandom(seed);
    const labels = Int32Array.from({ length: rows }, () => random.below(2));
    const values = Float64Array.from(
      [...labels].flatMap((label) => [
        random.next(),
        random.next() < 0.33 ? 1 - label : label,
        label + 0.8 * (random.next() - 0.5) + (random.next() < 0.1 ? 1 - 2 * label : 0),
      ]),
    );
    return { features: ['noise', 'weak', 'strong'], featureVersion: 1, classes: ['no', 'yes'], values, labels };
  }

  test('follows what the labels were made from', () => {
    const growth = { ...DEFAULT_GROWTH, seed: 1, trees: 20 };
    const model = fitForest(threeFeatures(400, 1), { growth, thresholds: {} });
    const heldOut = threeFeatures(400, 2);

    const importance = importanceOf(model, heldOut, { repeats: 3, seed: 1 });

    expect(importance.map(({ feature }) => feature)).toEqual(['strong', 'weak', 'noise']);
    expect(importance[0]?.accuracy).toBeGreaterThan(0.15);
    expect(Math.abs(importance[2]?.accuracy ?? 1)).toBeLessThan(0.05);
    expect(importanceOf(model, heldOut, { repeats: 3, seed: 1 })).toEqual(importance);
    expect(evaluate(model, heldOut).accuracy).toBeGreaterThan(0.8);
    expect(predictionsOf(model, heldOut).probabilities).toHaveLength(800);
  });
});
