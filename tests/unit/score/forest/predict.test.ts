import { describe, expect, test } from '@jest/globals';
import { RandomForestClassifier } from 'ml-random-forest';

import { forestProblem, joined, type FlatForest } from '../../../../src/score/forest/flat.ts';
import { hardVote, softVotes } from '../../../../src/score/forest/predict.ts';
import { withFastSplit } from '../../../../src/training/fast-split.ts';
import { flatten } from '../../../../src/training/flatten.ts';
import { makeRandom } from '../../../../src/training/random.ts';

/** A stump: below 0.5 in feature 0 it is nine times of ten class 0, otherwise seven times of ten class 1. */
const STUMP: FlatForest = {
  features: 2,
  classes: 2,
  roots: Int32Array.of(0),
  feature: Int16Array.of(0, -1, -1),
  threshold: Float64Array.of(0.5, 0, 0),
  right: Int32Array.of(2, 0, 0),
  share: Float32Array.of(0.5, 0.5, 0.875, 0.125, 0.25, 0.75),
};
const LEAF_ONLY: FlatForest = {
  ...STUMP,
  feature: Int16Array.of(-1),
  threshold: Float64Array.of(0),
  right: Int32Array.of(0),
  share: Float32Array.of(0.25, 0.75),
};

describe('the flat form of a forest of the library', () => {
  test('votes as the library does on 10,000 random rows', () => {
    const random = makeRandom(1);
    const [features, classes, rows] = [7, 4, 10_000];
    const draw = (): number[] => Array.from({ length: features }, () => random.below(20) / 4);
    const lessons = Array.from({ length: 300 }, draw);
    const labels = lessons.map((row) =>
      random.next() < 0.3 ? random.below(classes) : Math.floor((row[1] ?? 0) % classes),
    );
    const library = new RandomForestClassifier({
      nEstimators: 25,
      maxFeatures: 0.6,
      replacement: false,
      useSampleBagging: true,
      noOOB: true,
      seed: 4,
      treeOptions: { gainThreshold: 0 },
    });
    withFastSplit(() => library.train(lessons, labels));
    const questions = Array.from({ length: rows }, draw);

    const flat = joined(
      library.estimators.map(({ root }, tree) =>
        flatten({ root, columns: library.indexes[tree] ?? [], features, classes }),
      ),
    );

    expect(forestProblem(flat)).toBeUndefined();
    const theirs = library.predict(questions);
    expect(questions.map((row) => hardVote(flat, Float64Array.from(row)))).toEqual(theirs);
    expect(new Set(theirs).size).toBe(classes);
  });
});

describe('soft votes', () => {
  test.each([
    { name: 'below the threshold: left', row: [0.4, 9], votes: [0.875, 0.125] },
    { name: 'on the threshold: right', row: [0.5, 9], votes: [0.25, 0.75] },
    { name: 'above the threshold: right', row: [7, 9], votes: [0.25, 0.75] },
  ])('$name', ({ row, votes }) => {
    const into = new Float64Array(2).fill(9);

    softVotes(STUMP, Float64Array.from(row), into);

    expect([...into]).toEqual(votes);
  });

  test('are the mean over the trees, for each of several rows, and touch nothing behind them', () => {
    const into = new Float64Array(5).fill(9);

    softVotes(joined([STUMP, LEAF_ONLY]), Float64Array.of(0, 0, 1, 0), into);

    expect([...into]).toEqual([0.5625, 0.4375, 0.25, 0.75, 9]);
  });

  test('a tie between trees goes to the class that had so many first', () => {
    const other = { ...LEAF_ONLY, share: Float32Array.of(0.75, 0.25) };

    expect(hardVote(joined([LEAF_ONLY, other]), Float64Array.of(0, 0))).toBe(1);
    expect(hardVote(joined([other, LEAF_ONLY]), Float64Array.of(0, 0))).toBe(0);
  });
});

describe('a forest from outside is checked, so that no walk can leave the arrays or go round in them', () => {
  const two = joined([STUMP, STUMP]);

  test('two stumps are in order', () => {
    expect(forestProblem(two)).toBeUndefined();
  });

  test.each([
    { name: 'no trees', forest: { ...two, roots: new Int32Array(0) }, says: 'first tree' },
    { name: 'a first tree that begins late', forest: { ...two, roots: Int32Array.of(1, 3) }, says: 'first tree' },
    { name: 'a tree without nodes', forest: { ...two, roots: Int32Array.of(0, 0) }, says: 'tree 0: it has no nodes' },
    { name: 'a root outside', forest: { ...two, roots: Int32Array.of(0, 99) }, says: 'tree 0: it has no nodes' },
    {
      name: 'a child above its parent',
      forest: { ...two, right: Int32Array.of(2, 0, 0, 3, 0, 0) },
      says: 'tree 1: node 3 has child 3',
    },
    {
      name: 'a child in another tree',
      forest: { ...two, right: Int32Array.of(5, 0, 0, 5, 0, 0) },
      says: 'tree 0: node 0 has child 5',
    },
    {
      name: 'a child that is the left one too',
      forest: { ...two, right: Int32Array.of(1, 0, 0, 5, 0, 0) },
      says: 'child 1',
    },
    {
      name: 'a feature that is not there',
      forest: { ...two, feature: Int16Array.of(2, -1, -1, 0, -1, -1) },
      says: 'feature 2 of 2',
    },
    {
      name: 'a feature below "leaf"',
      forest: { ...two, feature: Int16Array.of(-2, -1, -1, 0, -1, -1) },
      says: 'feature -2',
    },
    {
      name: 'a last node that is no leaf',
      forest: { ...two, feature: Int16Array.of(0, -1, -1, 0, -1, 0) },
      says: 'tree 1: node 5',
    },
    {
      name: 'no number to compare with',
      forest: { ...two, threshold: new Float64Array(6).fill(Number.NaN) },
      says: 'no threshold',
    },
    {
      name: 'a share that is no number',
      forest: { ...two, share: new Float32Array(12).fill(Number.NaN) },
      says: 'share',
    },
    { name: 'too few shares', forest: { ...two, share: new Float32Array(11) }, says: '11 shares' },
  ])('$name', ({ forest, says }) => {
    expect(forestProblem(forest)).toContain(says);
  });
});
