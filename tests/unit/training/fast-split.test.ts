import { describe, expect, test } from '@jest/globals';
import { RandomForestClassifier, type LibraryTree } from 'ml-random-forest';

import { checkVersions, withFastSplit } from '../../../src/training/fast-split.ts';
import { makeRandom } from '../../../src/training/random.ts';

const SEEDS = [1, 2, 3, 4, 5, 6] as const;

interface Rows {
  readonly rows: number[][];
  readonly labels: number[];
}

/** Rows whose columns are by turns of few values, of two, and of any; a fifth of the labels is noise. */
function someRows(count: number, columns: number, classes: number, seed: number): Rows {
  const random = makeRandom(seed);
  const rows = Array.from({ length: count }, () =>
    Array.from(
      { length: columns },
      (_, column) => [random.below(6) / 5, random.below(2), random.next()][column % 3] ?? 0,
    ),
  );
  const labels = rows.map((row) =>
    random.next() < 0.2 ? random.below(classes) : Math.floor((((row[0] ?? 0) + (row[2] ?? 0)) / 2.01) * classes),
  );
  return { rows, labels };
}

function grow({ rows, labels }: Rows, seed: number): readonly LibraryTree[] {
  const forest = new RandomForestClassifier({
    nEstimators: 4,
    maxFeatures: 0.7,
    replacement: false,
    useSampleBagging: true,
    noOOB: true,
    seed,
    treeOptions: { minNumSamples: 1, gainThreshold: 0 },
  });
  forest.train(rows, labels);
  return forest.estimators;
}

describe('the fast split search grows the trees of the stock one, number for number', () => {
  const ties = {
    rows: Array.from({ length: 40 }, (_, row) => [row % 2, row % 3, 7]),
    labels: someRows(40, 3, 3, 9).labels,
  };
  const neighbours = {
    // Between these two numbers there is no other: their mean falls on one of them.
    rows: Array.from({ length: 30 }, (_, row) => [row % 2 === 0 ? 1 : 1 + Number.EPSILON, (row * 7) % 5]),
    labels: Array.from({ length: 30 }, (_, row) => (row % 2 === 0 ? (row % 3) % 2 : 1)),
  };
  const zeros = {
    rows: Array.from({ length: 30 }, (_, row) => [row % 3 === 0 ? -0 : row % 2, row]),
    labels: neighbours.labels,
  };

  test.each([
    { name: 'two classes', data: (seed: number) => someRows(120, 6, 2, seed) },
    { name: 'six classes', data: (seed: number) => someRows(250, 9, 6, seed) },
    { name: 'fewer rows than columns', data: (seed: number) => someRows(12, 20, 2, seed) },
    { name: 'nothing but ties, and a column that never changes', data: () => ties },
    { name: 'values without a number in between', data: () => neighbours },
    { name: 'zero and minus zero', data: () => zeros },
    { name: 'one class only', data: () => ({ ...ties, labels: ties.labels.map(() => 1) }) },
    { name: 'the same row with two labels', data: () => ({ rows: [[1], [1], [1], [1]], labels: [0, 1, 0, 1] }) },
  ])('$name', ({ data }) => {
    for (const seed of SEEDS) {
      const rows = data(seed);

      const stock = grow(rows, seed);
      const fast = withFastSplit(() => grow(rows, seed));

      expect(JSON.stringify(fast)).toBe(JSON.stringify(stock));
    }
  });

  test('a split that the stock search misses between equal labels is missed as well (ml-cart issue 18)', () => {
    // Sorted by value the labels of the tied rows happen to hide the place where the classes part.
    const rows = [[1], [1], [2], [2], [3], [3]];
    const labels = [0, 1, 1, 1, 1, 0];

    expect(JSON.stringify(withFastSplit(() => grow({ rows, labels }, 3)))).toBe(
      JSON.stringify(grow({ rows, labels }, 3)),
    );
  });
});

describe('the stock search comes back', () => {
  function searchOf(tree: LibraryTree | undefined): unknown {
    return tree && 'bestSplit' in tree.root ? tree.root.bestSplit : undefined;
  }
  const rows = someRows(20, 3, 2, 1);
  const stock = searchOf(grow(rows, 1)[0]);

  test('after a training', () => {
    const during = withFastSplit(() => searchOf(grow(rows, 1)[0]));

    expect(stock).toBeInstanceOf(Function);
    expect(during).not.toBe(stock);
    expect(searchOf(grow(rows, 1)[0])).toBe(stock);
  });

  test('after a training that failed', () => {
    expect(() =>
      withFastSplit(() => {
        throw new RangeError('no rows');
      }),
    ).toThrow(RangeError);
    expect(searchOf(grow(rows, 1)[0])).toBe(stock);
  });
});

describe('only versions whose trees were compared are touched', () => {
  const known = { 'ml-random-forest': '2.1.0', 'ml-cart': '2.1.1' };

  test('the known ones', () => {
    expect(() => checkVersions(known)).not.toThrow();
  });

  test.each([
    {
      name: 'a newer library',
      installed: { ...known, 'ml-random-forest': '2.2.0' },
      says: 'ml-random-forest 2.1.0, but 2.2.0',
    },
    { name: 'a newer tree', installed: { ...known, 'ml-cart': '3.0.0' }, says: 'ml-cart 2.1.1, but 3.0.0' },
  ])('$name is refused', ({ installed, says }) => {
    expect(() => checkVersions(installed)).toThrow(
      expect.objectContaining({ code: 'BUG', message: expect.stringContaining(says) }),
    );
  });
});
