import { describe, expect, test } from '@jest/globals';
import { calibrationOf, foretoldOutcomes, type ForetoldOutcome } from '../../../src/learn/calibration.ts';
import { scoreByRules } from '../../../src/score/rules.ts';
import { makeRandom } from '../../../src/training/random.ts';
import { decisionsIn, type Story } from './lived.ts';

function outcomes(count: number, make: (n: number) => Omit<ForetoldOutcome, 'at'>): readonly ForetoldOutcome[] {
  return Array.from({ length: count }, (_, n) => ({ at: n, ...make(n) }));
}

describe('calibration', () => {
  test('of probabilities that are the shares of cases is good', () => {
    const random = makeRandom(4);

    const found = calibrationOf(
      outcomes(200, () => {
        const recovers = random.next();
        return { recovers, recovered: random.next() < recovers };
      }),
    );

    if (found.kind === 'unknown') throw new Error(found.why);
    expect(found.ece).toBeLessThan(0.12);
    expect(found.brier).toBeLessThan(0.2);
  });

  test('of sure words that never come true is as bad as can be', () => {
    const found = calibrationOf(outcomes(80, () => ({ recovers: 1, recovered: false })));

    expect(found).toMatchObject({ kind: 'known', outcomes: 80, brier: 1, ece: 1 });
  });

  test('of a coin that is called one has a Brier score of 0.25 and no error', () => {
    const found = calibrationOf(outcomes(100, (n) => ({ recovers: 0.5, recovered: n % 2 === 0 })));

    expect(found).toMatchObject({ brier: 0.25, ece: 0 });
  });

  test('looks at the newest 200 only, in whatever order they come', () => {
    const old = outcomes(300, () => ({ recovers: 1, recovered: false }));
    const fresh = outcomes(200, () => ({ recovers: 1, recovered: true })).map((each) => ({
      ...each,
      at: each.at + 300,
    }));

    expect(calibrationOf([...fresh, ...old])).toMatchObject({ outcomes: 200, brier: 0, ece: 0 });
  });

  test('of a few outcomes is unknown', () => {
    expect(calibrationOf(outcomes(49, () => ({ recovers: 0.5, recovered: true })))).toMatchObject({ kind: 'unknown' });
  });
});

describe('the outcomes that were foretold', () => {
  function foretold(model: string, remedy: string, ended: 'recovered' | 'not-recovered' | 'unknown'): Story {
    return {
      turns: [{ remedy, ended }],
      score: (question) =>
        scoreByRules(question).map((each) => ({
          ...each,
          forecast: {
            model,
            harms: 0,
            expectedBadMinutes: 1,
            decides: false,
            recovers: each.remedy === 'rollback' ? 0.8 : 0.3,
          },
        })),
    };
  }

  test.each([
    { name: 'what was done', story: foretold('cafe0123', 'rollback', 'recovered'), found: [[0.8, true]] },
    { name: 'waiting too', story: foretold('cafe0123', 'none', 'recovered'), found: [[0.3, true]] },
    { name: 'not what another model said', story: foretold('beef0123', 'rollback', 'recovered'), found: [] },
    { name: 'not what nobody can tell', story: foretold('cafe0123', 'rollback', 'unknown'), found: [] },
    {
      name: 'not what only rules scored',
      story: { turns: [{ remedy: 'rollback', ended: 'recovered' as const }] },
      found: [],
    },
  ])('are $name', async ({ story, found }) => {
    const read = foretoldOutcomes(await decisionsIn(story), 'cafe0123');

    expect(read.map(({ recovers, recovered }) => [recovers, recovered])).toEqual(found);
  });
});
