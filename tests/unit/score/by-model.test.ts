import { describe, expect, test } from '@jest/globals';
import { REMEDY_TRAITS } from '../../../src/act/catalogue.ts';
import { best } from '../../../src/decide/best.ts';
import { CLASSES, makeScore, type ModelInUse } from '../../../src/score/by-model.ts';
import { FEATURES, FEATURE_VERSION } from '../../../src/score/features/features.ts';
import type { ForestModel } from '../../../src/score/forest/model.ts';
import type { Predictor } from '../../../src/score/forest/predictor.ts';
import { scoreByRules } from '../../../src/score/rules.ts';
import type { ScoreQuestion } from '../../../src/score/score.ts';
import { diagnosis } from '../../builders/incident.ts';

type Odds = readonly [harmed: number, notRecovered: number, recovered: number];

const names = FEATURES.map(({ name }) => name);

/** A predictor that says of each remedy what it was told to say, and of all others that nothing happens. */
function oracle(odds: Readonly<Record<string, Odds>>, support: 'in' | 'out' = 'in'): ModelInUse {
  function oddsOf(row: Float64Array): Odds {
    const found = Object.entries(odds).find(([remedy]) => {
      const column = remedy === 'none' ? 'remedy_waits' : `remedy_${remedy.replaceAll('-', '_')}`;
      return row[names.indexOf(column)] === 1;
    });
    return found?.[1] ?? [0, 1, 0];
  }
  const predictor: Predictor = {
    model: {
      features: names,
      featureVersion: FEATURE_VERSION,
      classes: CLASSES,
      thresholds: { act: 0.7 },
    } as unknown as ForestModel, // What scoring reads of it.
    predict(rows, probabilities) {
      for (let row = 0; row < rows.length / names.length; row += 1) {
        probabilities.set(oddsOf(rows.subarray(row * names.length, (row + 1) * names.length)), row * CLASSES.length);
      }
    },
    explain: () => ({ start: 0.3, vote: 0.9, contributions: [{ feature: 'rung', amount: 0.6 }] }),
    support: () =>
      support === 'in'
        ? { kind: 'in' }
        : { kind: 'out', reason: 'outside-range', why: 'feature rung 99 lies outside [1, 3]', feature: 'rung' },
  };
  return { id: 'cafe0123', predictor };
}

const QUESTION: ScoreQuestion = {
  diagnosis: diagnosis('crash-loop'),
  considered: [
    { remedy: 'rollout-restart', kind: 'applies', cures: 'crash-loop', because: ['why'], likelihood: 0.5 },
    { remedy: 'rollback', kind: 'applies', cures: 'crash-loop', because: ['why'], likelihood: 0.4 },
    { remedy: 'resize', kind: 'refused', refusal: { code: 'no-limit-set', why: 'there is no limit' } },
  ],
  history: [],
  alerts: [],
  attempts: [],
  rung: 1,
};

/** The rules are sure of restarting here. */
const SURE: ScoreQuestion = {
  ...QUESTION,
  considered: [
    { remedy: 'rollout-restart', kind: 'applies', cures: 'crash-loop', because: ['why'], likelihood: 0.9 },
    { remedy: 'rollback', kind: 'applies', cures: 'crash-loop', because: ['why'], likelihood: 0.4 },
  ],
};

function scored(champion: ModelInUse | undefined, question = QUESTION): ReturnType<typeof scoreByRules> {
  return makeScore({ champion: () => champion, traits: REMEDY_TRAITS })(question);
}

describe('scores of the model', () => {
  test('are those of the rules without one', () => {
    expect(scored(undefined)).toEqual(scoreByRules(QUESTION));
  });

  test('decide where it is sure: the fewest expected bad minutes come first, with why', () => {
    const found = scored(oracle({ rollback: [0.01, 0.09, 0.9], 'rollout-restart': [0.1, 0.8, 0.1] }));

    expect(found[0]).toMatchObject({ remedy: 'rollback', score: 0.9, forecast: { decides: true, model: 'cafe0123' } });
    expect(found[0]?.because[0]).toBe(
      'model cafe0123: rollback helps with 90 %, makes it worse with 1 %; rung = 1 (+0.60)',
    );
    expect(best(found.filter(({ refusal }) => refusal === undefined))?.remedy).toBe('rollback');
    expect(found.at(-1)).toMatchObject({ remedy: 'resize', score: 0 });
  });

  test('decide to wait where the illness passes by itself', () => {
    const found = scored(oracle({ none: [0, 0.05, 0.95], rollback: [0.05, 0.9, 0.05] }));

    expect(best(found.filter(({ refusal }) => refusal === undefined))?.remedy).toBe('none');
  });

  test('do not decide by likelihood alone: what may make it worse costs', () => {
    const found = scored(oracle({ rollback: [0.2, 0, 0.8], 'rollout-restart': [0, 0.22, 0.78] }));

    expect(found[0]?.remedy).toBe('rollout-restart');
  });

  test.each<{ name: string; model: ModelInUse; question?: ScoreQuestion; why: string }>([
    {
      name: 'it is not sure of its choice',
      model: oracle({ rollback: [0, 0.4, 0.6] }),
      why: 'the rules decide, for model cafe0123 is not sure: rollback would be its choice, with 60 % to help where 70 % are asked for',
    },
    {
      name: 'the incident is unlike what it learned from',
      model: oracle({ rollback: [0, 0, 1] }, 'out'),
      why: 'the rules decide, for model cafe0123 is not sure: feature rung 99 lies outside [1, 3]',
    },
    {
      name: 'its choice is hardly better than theirs',
      model: oracle({ rollback: [0, 0.1, 0.9], 'rollout-restart': [0, 0.12, 0.88] }),
      question: SURE,
      why: 'the rules decide, for model cafe0123 is not sure: rollback would save 0.0 bad minutes beside rollout-restart, which is no reason to overrule them',
    },
  ])('are left to the rules where $name', ({ model, question = QUESTION, why }) => {
    const found = scored(model, question);

    const rules = scoreByRules(question);
    expect(found.map(({ remedy, score }) => [remedy, score])).toEqual(
      rules.map(({ remedy, score }) => [remedy, score]),
    );
    expect(found[0]?.because[0]).toBe(why);
    expect(found.flatMap(({ forecast }) => forecast?.decides ?? [])).not.toContain(true);
  });
});

test('a choice of the rules that the policy would not let pass does not hold up one of the model that it would', () => {
  const champion = oracle({ rollback: [0, 0.1, 0.9], 'rollout-restart': [0, 0.12, 0.88] });
  const score = makeScore({ champion: () => champion, traits: REMEDY_TRAITS, actFrom: 0.85 });

  const [first] = score(SURE);

  expect(scoreByRules(SURE)[0]?.score).toBeLessThan(0.85);
  expect(first).toMatchObject({ remedy: 'rollback', score: 0.9 });
});
