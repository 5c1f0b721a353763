import { describe, expect, test } from '@jest/globals';
import { scoreByRules, type RulesQuestion } from '../../../src/score/rules.ts';
import type { ConsideredRemedy } from '../../../src/score/score.ts';
import type { Outcome, PastAction } from '../../../src/domain/incident.ts';
import type { RemedyName } from '../../../src/domain/remedy.ts';
import { cause, crashing, diagnosis, NOW, podEvidence } from '../../builders/incident.ts';

function past(remedy: RemedyName, outcome: Outcome | undefined, number = 1): PastAction {
  return {
    actionId: `inc-0/${number}`,
    workload: 'Deployment/shop/cart',
    remedy,
    at: NOW - number * 3_600_000,
    ...(outcome !== undefined && { outcome }),
  };
}

const restart: ConsideredRemedy = {
  remedy: 'rollout-restart',
  kind: 'applies',
  cures: 'memory-leak',
  likelihood: 0.9,
  because: ['it grows'],
};
const onePod: ConsideredRemedy = {
  remedy: 'restart-pod',
  kind: 'applies',
  cures: 'memory-leak',
  likelihood: 0.7,
  because: ['it grows'],
};
const noRollback: ConsideredRemedy = {
  remedy: 'rollback',
  kind: 'refused',
  refusal: { code: 'does-not-cure', why: 'rollback does not cure memory-leak' },
};

function question(overrides: Partial<RulesQuestion> = {}): RulesQuestion {
  return { diagnosis: diagnosis('memory-leak'), considered: [noRollback, onePod, restart], history: [], ...overrides };
}

test('best first, doing nothing among them, refused ones last with score 0 and the refusal', () => {
  const candidates = scoreByRules(question());

  expect(candidates.map(({ remedy, score }) => [remedy, score])).toEqual([
    ['rollout-restart', 0.81],
    ['restart-pod', 0.63],
    ['none', 0.05],
    ['rollback', 0],
  ]);
  expect(candidates[3]).toMatchObject({ refusal: { code: 'does-not-cure' } });
});

test('the sum is shown, then the evidence', () => {
  const [best] = scoreByRules(question({ history: [past('rollout-restart', 'not-healed')] }));

  expect(best?.because).toEqual([
    '0.9 (rollout-restart for memory-leak) x 0.9 (confidence) - 0.15 for 1 tries before that did not help and 0 of unknown outcome = 0.66',
    'it grows',
  ]);
});

test('a refused remedy is last, even where everything else scores 0', () => {
  const considered = [noRollback, restart];
  const given = question({ considered, diagnosis: diagnosis(cause('memory-leak', { confidence: 0 })) });

  const last = scoreByRules(given).at(-1);

  expect(last?.remedy).toBe('rollback');
});

describe('the past takes something off', () => {
  test.each([
    { name: 'nothing without a past', history: [], expected: 0.81 },
    { name: 'nothing for what healed', history: [past('rollout-restart', 'healed')], expected: 0.81 },
    { name: 'nothing for another remedy that failed', history: [past('rollback', 'not-healed')], expected: 0.81 },
    { name: 'nothing while the outcome is open', history: [past('rollout-restart', undefined)], expected: 0.81 },
    { name: '0.15 for a failure', history: [past('rollout-restart', 'not-healed')], expected: 0.66 },
    { name: 'half of it for an unknown outcome', history: [past('rollout-restart', 'unknown')], expected: 0.735 },
    { name: 'for each of them', history: [1, 2].map((n) => past('rollout-restart', 'not-healed', n)), expected: 0.51 },
    {
      name: 'at most 0.6',
      history: [1, 2, 3, 4, 5, 6].map((n) => past('rollout-restart', 'not-healed', n)),
      expected: 0.21,
    },
  ])('$name', ({ history, expected }) => {
    const found = scoreByRules(question({ history })).find((each) => each.remedy === 'rollout-restart');

    expect(found?.score).toBe(expected);
  });
});

test('a score is never below 0, whatever the past', () => {
  const given = question({
    diagnosis: diagnosis(cause('memory-leak', { confidence: 0.2 })),
    history: [1, 2, 3].map((n) => past('rollout-restart', 'not-healed', n)),
  });

  expect(scoreByRules(given).every((each) => each.score >= 0 && each.score <= 1)).toBe(true);
});

test('the confidence is that of the cause which the remedy cures, not of the first one', () => {
  const given = question({
    diagnosis: diagnosis(cause('cpu-saturation', { confidence: 0.9 }), {}, [cause('memory-leak', { confidence: 0.5 })]),
    considered: [restart],
  });

  expect(scoreByRules(given)[0]).toMatchObject({ remedy: 'rollout-restart', score: 0.45 });
});

describe('a StatefulSet whose update is held back', () => {
  const pod: ConsideredRemedy = {
    remedy: 'restart-pod',
    kind: 'applies',
    cures: 'crash-loop',
    likelihood: 0.6,
    because: ['pod a'],
  };
  const workload = { kind: 'StatefulSet', namespace: 'shop', name: 'cart' };

  test.each([
    {
      name: 'an ill pod of an older revision is replaced',
      found: { workload, pods: [{ ...crashing('a'), revisionHash: 'cart-1' }] },
      expected: 0.81,
    },
    {
      name: 'an ill pod of the current one is as it ever was',
      found: { workload, pods: [{ ...crashing('a'), revisionHash: 'cart-2' }] },
      expected: 0.54,
    },
    {
      name: 'a ready pod of an older revision holds nothing back',
      found: { workload, pods: [podEvidence('a', { revisionHash: 'cart-1' })] },
      expected: 0.54,
    },
    {
      name: 'a Deployment replaces its pods by itself',
      found: { pods: [{ ...crashing('a'), revisionHash: 'cart-1' }] },
      expected: 0.54,
    },
  ])('$name', ({ found, expected }) => {
    const candidates = scoreByRules({ diagnosis: diagnosis('crash-loop', found), considered: [pod], history: [] });

    expect(candidates.find((each) => each.remedy === 'restart-pod')?.score).toBe(expected);
  });
});
