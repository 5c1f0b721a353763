import { describe, expect, test } from '@jest/globals';

import {
  choiceOf,
  consequencesOf,
  figuresOf,
  formulaText,
  riskCoverage,
  type Choice,
} from '../../../../src/training/report/choices.ts';
import { incidentsOf, type HeldOutRow } from '../../../../src/training/report/held-out.ts';
import { aNoneRow, aRow } from './rows.ts';

describe('the choice in an incident', () => {
  const restart = aRow({ remedy: 'restart-pod', truth: 1, cost: 11 });
  const cases: readonly { name: string; rows: readonly HeldOutRow[]; expected: Partial<Choice> }[] = [
    {
      name: 'is the remedy that is most likely to recover',
      rows: [aNoneRow(), { ...restart, probabilities: [0.1, 0.7, 0.2] }, aRow()],
      expected: { remedy: 'rollback', certainty: 0.8, recovered: true, harmed: false, regret: 0, regretOfNone: 8 },
    },
    {
      name: 'costs what it costs beyond the best when it is the wrong one',
      rows: [aNoneRow(), { ...restart, probabilities: [0, 0.1, 0.9] }, aRow()],
      expected: { remedy: 'restart-pod', recovered: false, harmed: false, regret: 9, regretOfNone: 8 },
    },
    {
      name: 'is to do nothing where it passes by itself',
      rows: [aNoneRow({ probabilities: [0, 0, 1], truth: 2, cost: 0, costNone: 0 }), aRow({ costNone: 0, cost: 1 })],
      expected: { remedy: 'none', certainty: 1, recovered: true, regret: 0, regretOfNone: 0 },
    },
    {
      name: 'keeps away from a remedy that is likely to harm',
      rows: [aNoneRow({ probabilities: [0, 0.5, 0.5] }), aRow({ probabilities: [0.6, 0.1, 0.3], truth: 0, cost: 15 })],
      expected: { remedy: 'none', harmed: false, regret: 0, regretOfNone: 0 },
    },
    {
      name: 'harms where what was chosen came true as harm',
      rows: [aNoneRow(), aRow({ truth: 0, cost: 15 })],
      expected: { remedy: 'rollback', harmed: true, regret: 5, regretOfNone: 0 },
    },
    {
      name: 'is what the product itself expected to cost least, where the rows say so',
      rows: [aNoneRow({ expectedCost: 3 }), { ...restart, expectedCost: 1 }, aRow({ expectedCost: 2 })],
      expected: { remedy: 'restart-pod' },
    },
    {
      name: 'is the first of equal ones',
      rows: [aNoneRow(), aRow({ remedy: 'a' }), aRow({ remedy: 'b' })],
      expected: { remedy: 'a' },
    },
    {
      name: 'regrets doing nothing even where its row is missing',
      rows: [aRow()],
      expected: { remedy: 'rollback', regret: 0, regretOfNone: 8 },
    },
  ];

  test.each(cases)('$name', ({ rows, expected }) => {
    expect(choiceOf(rows)).toMatchObject(expected);
  });

  test('there is none without rows', () => {
    expect(choiceOf([])).toBeUndefined();
  });

  test('is made once for every decision of an incident', () => {
    const rows = [aNoneRow(), aRow({ decision: 1 }), aRow(), aNoneRow({ decision: 1 })];

    expect(
      incidentsOf(rows).map((decisions) => decisions.map((options) => options.map(({ remedy }) => remedy))),
    ).toEqual([
      [
        ['none', 'rollback'],
        ['rollback', 'none'],
      ],
    ]);
  });

  test('is not moved by the order in which rows of other incidents come between', () => {
    const rows = [aNoneRow(), aRow({ group: 2 }), aRow(), aNoneRow({ group: 2 })];

    expect(incidentsOf(rows).map((decisions) => decisions.map((options) => options.map(({ group }) => group)))).toEqual(
      [[[1, 1]], [[2, 2]]],
    );
  });
});

function aChoice(changes: Partial<Choice> = {}): Choice {
  const usual = { remedy: 'rollback', kind: 'k', certainty: 0.9, recovered: true, harmed: false };
  return { ...usual, regret: 0, regretOfNone: 8, ...changes };
}

describe('the figures of choices', () => {
  const choices = [
    aChoice(),
    aChoice({ certainty: 0.8, recovered: false, harmed: true, regret: 5 }),
    aChoice({ certainty: 0.7, remedy: 'none' }),
    aChoice({ certainty: 0.3, recovered: false, regret: 3 }),
  ];

  test('count everything for regret, what reaches the threshold for recovery, and of that the actions for harm', () => {
    expect(figuresOf(choices, 0.7)).toEqual({
      decisions: 4,
      regret: 2,
      regretOfNone: 8,
      decided: 0.75,
      recoveredShare: 2 / 3,
      harmfulShare: 0.5,
    });
  });

  test('are 0 without choices, and without any that reach the threshold', () => {
    expect(figuresOf([], 0.5)).toEqual({
      decisions: 0,
      regret: 0,
      regretOfNone: 0,
      decided: 0,
      recoveredShare: 0,
      harmfulShare: 0,
    });
    expect(figuresOf(choices, 0.95)).toMatchObject({ decided: 0, recoveredShare: 0, harmfulShare: 0, regret: 2 });
  });

  test('make a curve along which coverage falls', () => {
    const curve = riskCoverage(choices);

    expect(curve).toHaveLength(20);
    expect(curve[0]).toEqual({ threshold: 0, coverage: 1, accuracy: 0.5, harmfulShare: 1 / 3 });
    expect(curve.find(({ threshold }) => threshold === 0.85)).toMatchObject({ coverage: 0.25, accuracy: 1 });
    for (const [place, point] of curve.entries()) {
      expect(point.coverage).toBeLessThanOrEqual(curve[place - 1]?.coverage ?? 1);
    }
  });
});

test('what recovering and harming came to is told from remedies alone', () => {
  const rows = [
    aNoneRow({ truth: 2, cost: 0 }),
    aRow({ cost: 2 }),
    aRow({ cost: 4 }),
    aRow({ truth: 0, cost: 13 }),
    aRow({ truth: 1, cost: 9 }),
  ];

  const { avoidedByRecovered, addedByHarmed } = consequencesOf(rows);

  expect(avoidedByRecovered).toBeCloseTo(0.7, 10);
  expect(addedByHarmed).toBe(3);
});

test('the formula for people reckons as the product does', () => {
  const text = formulaText();
  const [nothing, share, acting, harm] = [
    ...text.matchAll(/[\d.]+(?= \(1 - p\(recovered \|| p\(recovered\)| \+| p\(harmed)/g),
  ].map(([number]) => Number(number));
  const rows = [aNoneRow({ probabilities: [0, 0.8, 0.2] }), aRow({ probabilities: [0.2, 0.5, 0.3] })];
  const byHand = (nothing ?? 0) * 0.8 * (1 - (share ?? 0) * 0.3) + (acting ?? 0) + (harm ?? 0) * 0.2;

  // A remedy of which the product is told exactly this much is chosen or not as the formula for people says.
  expect(choiceOf([...rows, aRow({ remedy: 'a little cheaper', expectedCost: byHand - 0.001 })])?.remedy).toBe(
    'a little cheaper',
  );
  expect(choiceOf([...rows, aRow({ remedy: 'a little dearer', expectedCost: byHand + 0.001 })])?.remedy).toBe(
    'rollback',
  );
});
