import { describe, expect, test } from '@jest/globals';

import { loadModel, SHIPPED_MODEL } from '../../../src/adapters/model-file.ts';
import { splitImportance } from '../../../src/learn/importance.ts';
import { LEAF } from '../../../src/score/forest/flat.ts';
import type { ForestModel } from '../../../src/score/forest/model.ts';
import { DEFAULT_GROWTH, fitForest } from '../../../src/training/fit.ts';
import { makeRandom } from '../../../src/training/random.ts';

/** A forest of given nodes: `[feature, share of class 1, right child]`. */
function forestOf(
  features: readonly string[],
  trees: readonly (readonly (readonly [number, number, number])[])[],
): ForestModel {
  const nodes = trees.flatMap((tree, at) => {
    const shift = trees.slice(0, at).flat().length;
    return tree.map(([asked, one, right]) => [asked, one, right === 0 ? 0 : right + shift] as const);
  });
  const forest = {
    classes: 2,
    features: features.length,
    roots: Int32Array.from(trees, (_, at) => trees.slice(0, at).flat().length),
    feature: Int16Array.from(nodes, ([asked]) => asked),
    threshold: new Float64Array(nodes.length),
    right: Int32Array.from(nodes, ([, , right]) => right),
    share: Float32Array.from(nodes.flatMap(([, one]) => [1 - one, one])),
  };
  return { features, forest } as unknown as ForestModel; // What the importance reads of it.
}

const SPLIT_BY_A = [
  [0, 0.5, 2],
  [LEAF, 0, 0],
  [LEAF, 1, 0],
] as const;

describe('the importance of features', () => {
  test('of one split is all of it', () => {
    expect([...splitImportance(forestOf(['a', 'b'], [SPLIT_BY_A]))]).toEqual([['a', 1]]);
  });

  test('is the Gini decrease, weighted by the rows that come by', () => {
    // Of 8 rows with 2 of class 1, `a` parts 6 without any from 2 that are; `b` then parts nothing more.
    // In the second tree `b` parts 4 rows of 8: half of class 1 right, none left; `a` then parts those 4 cleanly.
    const first = [
      [0, 0.25, 2],
      [LEAF, 0, 0],
      [1, 1, 4],
      [LEAF, 1, 0],
      [LEAF, 1, 0],
    ] as const;
    const second = [
      [1, 0.25, 2],
      [LEAF, 0, 0],
      [0, 0.5, 4],
      [LEAF, 0, 0],
      [LEAF, 1, 0],
    ] as const;

    const found = splitImportance(forestOf(['a', 'b'], [first, second]));

    // Gini of the root is 0.375. First: a 0.375. Second: b 0.375 - 0.5 x 0.5 = 0.125, then a 0.5 x 0.5 = 0.25.
    expect(found.get('a')).toBeCloseTo((0.375 + 0.25) / 0.75, 6);
    expect(found.get('b')).toBeCloseTo(0.125 / 0.75, 6);
  });

  test('of splits that tell nothing apart is not there', () => {
    const idle = [
      [0, 0.5, 2],
      [LEAF, 0.5, 0],
      [LEAF, 0.5, 0],
    ] as const;

    expect(splitImportance(forestOf(['a'], [idle])).size).toBe(0);
    expect([...splitImportance(forestOf(['a', 'b'], [idle, [...SPLIT_BY_A]]))]).toEqual([['a', 1]]);
  });

  test('is that of the feature that decides, in a forest that was grown', () => {
    const rows = 400;
    const random = makeRandom(5);
    const values = Float64Array.from({ length: rows * 3 }, () => random.next());
    const labels = Int32Array.from({ length: rows }, (_, row) => Number((values[row * 3 + 1] ?? 0) > 0.5));
    const set = {
      features: ['noise', 'decides', 'more-noise'],
      featureVersion: 1,
      classes: ['no', 'yes'],
      values,
      labels,
    };
    const model = fitForest(set, { growth: { ...DEFAULT_GROWTH, seed: 1, trees: 10, maxFeatures: 1 }, thresholds: {} });

    expect(splitImportance(model).get('decides')).toBeGreaterThan(0.9);
  });

  test('of the shipped model adds up to 1', () => {
    const shipped = loadModel(SHIPPED_MODEL);
    if (shipped.kind !== 'loaded') throw new Error(shipped.why);

    const shares = [...splitImportance(shipped.model.predictor.model).values()];

    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(shares.length).toBeGreaterThan(40);
    expect(Math.max(...shares)).toBeLessThan(0.6);
  });
});
