import { describe, expect, test } from '@jest/globals';
import { REMEDY_TRAITS } from '../../../src/act/catalogue.ts';
import { replayShadow } from '../../../src/learn/shadow.ts';
import type { ModelInUse } from '../../../src/score/by-model.ts';
import { decisionsIn } from './lived.ts';
import { NAMES, saying } from './models.ts';

/** Sure of one remedy, and of nothing else. */
function fondOf(remedy: string, sureness = 0.95): ModelInUse {
  const place = NAMES.indexOf(remedy === 'none' ? 'remedy_waits' : `remedy_${remedy.replaceAll('-', '_')}`);
  return saying('cafe0123', (row) => (row[place] === 1 ? sureness : 0.05));
}

const incidents = await Promise.all(
  ['a', 'b', 'c'].map((id) => decisionsIn({ id, turns: [{ remedy: 'rollout-restart', ended: 'not-recovered' }] })),
);
// Each story goes on to a second look at which nothing is done.
const DECISIONS = incidents.flat();

describe('a challenger in the shadow', () => {
  test('that likes the same agrees', () => {
    const models = { champion: fondOf('rollback'), challenger: fondOf('rollback') };

    expect(replayShadow(DECISIONS, models, REMEDY_TRAITS)).toEqual({
      decisions: 6,
      agreement: 1,
      decides: { champion: 1, challenger: 1 },
      differences: [],
    });
  });

  test('that likes another remedy differs, with what was really done', () => {
    const models = { champion: fondOf('rollback'), challenger: fondOf('rollout-restart') };

    const { agreement, differences } = replayShadow(DECISIONS, models, REMEDY_TRAITS);

    expect(agreement).toBe(0);
    expect(differences).toHaveLength(6);
    expect(differences.at(-1)).toEqual({
      incident: 'a',
      decision: 0,
      cause: 'crash-loop',
      champion: { remedy: 'rollback', byModel: true },
      challenger: { remedy: 'rollout-restart', byModel: true },
      done: { remedy: 'rollout-restart', ended: 'not-recovered' },
    });
  });

  test('that is not sure leaves it to the rules, and so does a champion that is not there', () => {
    const models = { champion: undefined, challenger: fondOf('rollback', 0.5) };

    const shadow = replayShadow(DECISIONS, models, REMEDY_TRAITS);

    expect(shadow).toMatchObject({ agreement: 1, decides: { champion: 0, challenger: 0 } });
  });

  test('without decisions says nothing', () => {
    const models = { champion: undefined, challenger: fondOf('rollback') };

    expect(replayShadow([], models, REMEDY_TRAITS)).toMatchObject({ decisions: 0, agreement: 1, differences: [] });
  });

  test('names the newest fifty differences', () => {
    const many = Array.from({ length: 20 }, () => DECISIONS).flat();
    const models = { champion: fondOf('rollback'), challenger: fondOf('none') };

    expect(replayShadow(many, models, REMEDY_TRAITS).differences).toHaveLength(50);
  });
});
