import { describe, expect, test } from '@jest/globals';

import { FEATURES, FEATURE_VERSION } from '../../../../src/score/features/features.ts';
import { fitForest } from '../../../../src/training/fit.ts';
import { heldOutRows, trainingSetOf, type ReplayedRow } from '../../../../src/training/report/replayed-rows.ts';
import { readRows } from '../../../../src/training/report/rows-file.ts';
import { evaluate, splitByGroup } from '../../../../src/training/evaluate.ts';
import { predictionsFrom } from '../../../../src/training/report/held-out.ts';
import { qualityOf } from '../../../../src/score/forest/quality.ts';
import { makeRandom } from '../../../../src/training/random.ts';

const ROW = {
  group: 5,
  remedy: 'rollback',
  features: [1, null],
  label: 2,
  cost: 1.5,
  costNone: 9,
  kind: 'bad-rollout',
};

function lines(...rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

describe('a file of rows', () => {
  test('is read with incidents numbered as they come, and features named by its first line', () => {
    const read = readRows(
      lines(
        { features: ['a', 'b'], featureVersion: 3 },
        ROW,
        { ...ROW, group: 'x/1', weight: 2 },
        { ...ROW, decision: 1 },
      ),
    );

    expect(read).toMatchObject({ kind: 'ok', list: { features: ['a', 'b'], featureVersion: 3 } });
    expect(read.kind === 'ok' && read.rows.map(({ group }) => group)).toEqual([0, 1, 0]);
    expect(read.kind === 'ok' && read.rows[1]).toEqual({ ...ROW, group: 1, weight: 2 });
  });

  test('without such a line has the features of the product where there are as many, and numbered ones otherwise', () => {
    const ofProduct = readRows(lines({ ...ROW, features: FEATURES.map(() => 0) }));

    expect(ofProduct).toMatchObject({ kind: 'ok', list: { featureVersion: FEATURE_VERSION } });
    expect(ofProduct.kind === 'ok' && ofProduct.list.features).toEqual(FEATURES.map(({ name }) => name));
    expect(readRows(lines(ROW))).toMatchObject({ kind: 'ok', list: { features: ['feature_0', 'feature_1'] } });
  });

  test.each([
    { name: 'no JSON', text: '{"a":\n', problem: /^line 1: no JSON: / },
    {
      name: 'a row without cost',
      text: lines(ROW, { ...ROW, remedy: 'none', cost: undefined }),
      problem: /^line 2: .*cost/,
    },
    { name: 'a class that there is not', text: lines({ ...ROW, label: 3 }), problem: /^line 1: .*label/ },
    { name: 'a cost below 0', text: lines({ ...ROW, cost: -1 }), problem: /^line 1: .*cost/ },
    { name: 'a feature that is text', text: lines({ ...ROW, features: ['1', 2] }), problem: /^line 1: .*features/ },
    {
      name: 'another number of features',
      text: `${lines(ROW)}\n${lines({ ...ROW, features: [1] })}`,
      problem: /^line 3: 1 features, not 2/,
    },
    {
      name: 'another number than was named',
      text: lines({ features: ['a'], featureVersion: 1 }, ROW),
      problem: /^line 2: 2 features, not 1/,
    },
    {
      name: 'two features of one name',
      text: lines({ features: ['a', 'a'], featureVersion: 1 }, ROW),
      problem: /^line 1: /,
    },
    {
      name: 'a remedy that stands twice in one decision',
      text: lines(ROW, { ...ROW, group: 6 }, ROW),
      problem: /^line 3: rollback stands twice in decision 0 of group 5/,
    },
    { name: 'no rows at all', text: '\n', problem: /^there are no rows/ },
    { name: 'names alone', text: lines({ features: ['a'], featureVersion: 1 }), problem: /^there are no rows/ },
  ])('with $name is refused', ({ text, problem }) => {
    const read = readRows(text);

    expect(read).toMatchObject({ kind: 'invalid', problems: [expect.stringMatching(problem)] });
  });

  test('names ten problems and stops', () => {
    const read = readRows(lines(...Array.from({ length: 50 }, () => ({}))));

    expect(read.kind === 'invalid' && read.problems).toHaveLength(10);
  });
});

describe('replayed rows', () => {
  /** 60 incidents; the first feature says whether the remedy helps. */
  const random = makeRandom(3);
  const rows: readonly ReplayedRow[] = Array.from({ length: 60 }, (_, group) => {
    const helps = random.next() < 0.5;
    const common = { group, kind: `kind-${group % 3}`, costNone: 10 };
    return [
      { ...common, remedy: 'none', features: [Number(helps), 0], label: 1, cost: 10 },
      {
        ...common,
        remedy: 'rollback',
        features: [Number(helps), 1],
        label: helps ? 2 : 0,
        cost: helps ? group / 100 : 14,
      },
    ];
  }).flat();
  const list = { features: ['helps', 'acts'], featureVersion: 1 };
  const set = trainingSetOf(rows, list);

  test('make a training set: a gap is not a number, and weights are there when one row has one', () => {
    const [first, second] = [rows[0], rows[1]];
    if (first === undefined || second === undefined) throw new Error('there are rows');
    const small = trainingSetOf(
      [
        { ...first, features: [null, 0] },
        { ...second, weight: 3 },
      ],
      list,
    );

    expect([...small.values]).toEqual([Number.NaN, 0, second.features[0], 1]);
    expect(small.weights).toEqual(Float64Array.of(1, 3));
    expect(set.weights).toBeUndefined();
    expect(set).toMatchObject({ classes: ['harmed', 'not-recovered', 'recovered'], featureVersion: 1 });
  });

  test('that were held back are found again, each with its own incident, cost and probabilities', () => {
    const share = 0.3;
    const growth = { seed: 4, trees: 20, maxFeatures: 1, maxDepth: 5, minRows: 1 };
    const { learn, heldOut } = splitByGroup(set, share, growth.seed);
    const model = fitForest(learn, { growth, thresholds: {} });

    const found = heldOutRows(model, rows, set, share);

    expect(found).toHaveLength(heldOut.labels.length);
    expect(found.map(({ truth }) => truth)).toEqual([...heldOut.labels]);
    expect(qualityOf(predictionsFrom(found))).toEqual(evaluate(model, heldOut));
    for (const { group, remedy, kind, cost } of found) {
      expect(rows).toContainEqual(expect.objectContaining({ group, remedy, kind, cost }));
    }
    expect(new Set(found.map(({ group }) => group)).size).toBe(18);
    expect(evaluate(model, heldOut).accuracy).toBeGreaterThan(0.9);
  });
});
