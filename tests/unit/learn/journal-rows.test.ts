import { describe, expect, test } from '@jest/globals';
import { REMEDY_TRAITS } from '../../../src/act/catalogue.ts';
import { HALF_LIFE_MS, learningSet, rowOf, rowsOf, weightAt } from '../../../src/learn/journal-rows.ts';
import { featureRowsOf } from '../../../src/learn/question.ts';
import { NOT_RECOVERED, RECOVERED } from '../../../src/score/by-model.ts';
import { featuresOf, FEATURES, FEATURE_VERSION } from '../../../src/score/features/features.ts';
import { scoreByRules } from '../../../src/score/rules.ts';
import type { ReplayedRow } from '../../../src/training/report/replayed-rows.ts';
import { trainingProblems } from '../../../src/training/training-set.ts';
import { NIGHT } from '../../builders/journey.ts';
import { CONSIDERED, decisionsIn } from './lived.ts';

const names = FEATURES.map(({ name }) => name);
const list = { features: names, featureVersion: FEATURE_VERSION };
const ended = (remedy: string, end: 'recovered' | 'not-recovered' | 'unknown') => ({ turns: [{ remedy, ended: end }] });

describe('the rows of the journal', () => {
  test('are the very rows that were computed in service', async () => {
    const [decision] = await decisionsIn(ended('rollback', 'recovered'));
    if (decision === undefined) throw new Error('a decision was made');
    const { known } = decision;
    // The catalogue's own likelihoods, as the live code takes them.
    const considered = CONSIDERED.map((each) => {
      const traits = REMEDY_TRAITS.find(({ name }) => name === each.remedy);
      return each.kind === 'refused' ? each : { ...each, likelihood: traits?.cures[each.cures] ?? 0 };
    });
    const candidates = scoreByRules({ ...known, considered });
    const chosen = candidates.find(({ remedy }) => remedy === 'rollback');
    if (chosen === undefined) throw new Error('rollback applies');

    const row = rowOf(decision, REMEDY_TRAITS);

    expect(row).toMatchObject({ group: 'inc-1', decision: 0, remedy: 'rollback', label: RECOVERED, propensity: 1 });
    expect(row?.features).toEqual(featuresOf({ ...known, candidates, traits: REMEDY_TRAITS }, chosen));
  });

  test('do not depend on who scored: the rules are asked again', async () => {
    const story = ended('rollback', 'recovered');
    const [byRules] = await decisionsIn(story);
    const [byModel] = await decisionsIn({
      ...story,
      score: (question) =>
        scoreByRules(question).map((each) => ({
          ...each,
          score: 0.99,
          forecast: { model: 'cafe0123', recovers: 0.99, harms: 0, expectedBadMinutes: 1, decides: true },
        })),
    });
    if (byRules === undefined || byModel === undefined) throw new Error('decisions were made');

    expect(rowOf(byModel, REMEDY_TRAITS)?.features).toEqual(rowOf(byRules, REMEDY_TRAITS)?.features);
    expect([...featureRowsOf(byModel, REMEDY_TRAITS).keys()]).toEqual([
      ...featureRowsOf(byRules, REMEDY_TRAITS).keys(),
    ]);
  });

  test.each([
    { name: 'helped', story: ended('rollback', 'recovered'), labels: [RECOVERED] },
    {
      name: 'did not help, and nothing was done then',
      story: { turns: [{ remedy: 'rollback', ended: 'not-recovered' as const }, { remedy: 'observed' }] },
      labels: [NOT_RECOVERED],
    },
    { name: 'waiting helped', story: ended('none', 'recovered'), labels: [RECOVERED] },
    { name: 'nobody knows', story: ended('rollback', 'unknown'), labels: [] },
    { name: 'looked on', story: { turns: [{ remedy: 'observed' }] }, labels: [] },
  ])('label by what came of it: $name', async ({ story, labels }) => {
    expect(rowsOf(await decisionsIn(story), REMEDY_TRAITS).map(({ label }) => label)).toEqual(labels);
  });

  test('leave out a remedy that the catalogue has no more', async () => {
    const decisions = await decisionsIn(ended('rollback', 'recovered'));
    const traits = REMEDY_TRAITS.filter(({ name }) => name !== 'rollback');

    expect(rowsOf(decisions, traits)).toEqual([]);
  });
});

describe('the weight of an outcome', () => {
  test.each([
    { name: 'is five while it is fresh', age: 0, weight: 5 },
    { name: 'is half of that after sixty days', age: HALF_LIFE_MS, weight: 2.5 },
    { name: 'is never more, whatever the clocks say', age: -HALF_LIFE_MS, weight: 5 },
    { name: 'is what the trainer takes after ten years', age: 60 * HALF_LIFE_MS, weight: 0.01 },
  ])('$name', ({ age, weight }) => {
    expect(weightAt(NIGHT - age, NIGHT)).toBeCloseTo(weight, 10);
  });
});

describe('a set to learn from', () => {
  test('has simulated and real rows, each incident a group of its own', async () => {
    const simulated: readonly ReplayedRow[] = [0, 1].map((label) => ({
      group: 7,
      remedy: 'none',
      kind: 'oom',
      features: names.map(() => null),
      label,
      cost: 1,
      costNone: 1,
    }));
    const rows = rowsOf(
      [
        ...(await decisionsIn({
          id: 'a',
          turns: [
            { remedy: 'rollout-restart', ended: 'not-recovered' },
            { remedy: 'rollback', ended: 'recovered' },
          ],
        })),
        ...(await decisionsIn({ id: 'b', ...ended('rollback', 'recovered') })),
      ],
      REMEDY_TRAITS,
    );

    const set = learningSet(simulated, rows, { list, now: rows[0]?.at ?? 0 });

    expect(trainingProblems(set)).toEqual([]);
    expect([...(set.groups ?? [])]).toEqual([7, 7, 8, 8, 9]);
    expect([...set.labels]).toEqual([0, 1, NOT_RECOVERED, RECOVERED, RECOVERED]);
    expect([...(set.weights ?? [])].map((weight) => Math.round(weight * 100) / 100)).toEqual([1, 1, 5, 5, 5]);
    expect(set.values.subarray(2 * names.length, 3 * names.length)).toEqual(rows[0]?.features);
  });
});
