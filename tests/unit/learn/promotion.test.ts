import { describe, expect, test } from '@jest/globals';
import type { JournalRow } from '../../../src/learn/journal-rows.ts';
import { heldOutFor, judgePromotion } from '../../../src/learn/promotion.ts';
import { NOT_RECOVERED, RECOVERED } from '../../../src/score/by-model.ts';
import { makeRandom } from '../../../src/training/random.ts';
import { NAMES, saying } from './models.ts';

/** Outcomes that the first feature tells: the probability to help. Two decisions an incident where `each` is 2. */
function outcomes(incidents: number, { each = 1, seed = 1 } = {}): readonly JournalRow[] {
  const random = makeRandom(seed);
  return Array.from({ length: incidents * each }, (_, n) => {
    const chance = random.next();
    const features = new Float64Array(NAMES.length);
    features[0] = chance;
    const label = random.next() < chance ? RECOVERED : NOT_RECOVERED;
    const group = `inc-${Math.floor(n / each)}`;
    return { group, decision: n % each, remedy: 'rollback', kind: 'crash-loop', features, label, at: n, propensity: 1 };
  });
}

const knowing = saying('aaaaaaaa', (row) => 0.02 + 0.96 * (row[0] ?? 0));
const guessing = saying('bbbbbbbb', () => 0.5);
const boasting = saying('cccccccc', () => 0.95);

describe('a challenger', () => {
  test('that knows more is promoted, with the figures', () => {
    const found = judgePromotion({ rows: outcomes(150), champion: guessing, challenger: knowing });

    expect(found).toMatchObject({ kind: 'promote', incidents: 150, rows: 150 });
    expect(found.champion.logLoss).toBeCloseTo(Math.LN2, 10);
    expect(found.challenger.logLoss).toBeLessThan(0.6);
    expect(found.gain).toBeCloseTo(found.champion.logLoss - found.challenger.logLoss, 10);
    expect(found.gainInterval.low).toBeLessThan(found.gain);
    expect(found.gainInterval.high).toBeGreaterThan(found.gain);
    expect(found.because[0]).toContain('150 incidents');
  });

  test.each([
    { name: 'knows less', champion: knowing, challenger: guessing, why: /log-loss is 0\.693/ },
    { name: 'is the same', champion: knowing, challenger: knowing, why: /0\.02 less are asked for/ },
    { name: 'promises too much', champion: guessing, challenger: boasting, why: /did not help; at most 30\.0 % may/ },
  ])('that $name is not', ({ champion, challenger, why }) => {
    const found = judgePromotion({ rows: outcomes(150), champion, challenger });

    expect(found.kind).toBe('keep');
    expect(found.because.join('\n')).toMatch(why);
  });

  test('that is misled more often is not, however good its log-loss is', () => {
    const bold = saying('dddddddd', (row) => 0.02 + 0.96 * (row[0] ?? 0), 0.5);
    const careful = saying('eeeeeeee', (row) => 0.3 + 0.6 * (row[0] ?? 0), 0.85);

    const found = judgePromotion({ rows: outcomes(400), champion: careful, challenger: bold });

    expect(found.gain).toBeGreaterThan(0.02);
    expect(found.kind).toBe('keep');
    expect(found.because.join('\n')).toMatch(/did not help; at most/);
  });

  test('is not judged by a few incidents, and rows of one incident are one', () => {
    const found = judgePromotion({ rows: outcomes(99, { each: 3 }), champion: guessing, challenger: knowing });

    expect(found).toMatchObject({ kind: 'keep', incidents: 99, rows: 297 });
    expect(found.because).toEqual([expect.stringContaining('99 incidents')]);
  });

  test('is not judged by nothing at all', () => {
    const found = judgePromotion({ rows: [], champion: guessing, challenger: knowing });

    expect(found).toMatchObject({ kind: 'keep', incidents: 0, gain: 0, gainInterval: { low: 0, high: 0 } });
  });

  test('whose gain may be chance is not', () => {
    // Better on a few incidents by much, worse on all others by a little.
    const rows = outcomes(120, { seed: 3 });
    const lucky = saying('ffffffff', (row) => {
      const place = rows.findIndex(({ features }) => features[0] === row[0]);
      const helped = rows[place]?.label === RECOVERED;
      if (place % 10 === 0) return helped ? 0.999 : 0.001;
      return helped ? 0.47 : 0.53;
    });
    const found = judgePromotion(
      { rows, champion: guessing, challenger: lucky },
      { leastIncidents: 100, logLossMargin: 0.01, seed: 1 },
    );

    expect(found.gain).toBeGreaterThan(0.01);
    expect(found).toMatchObject({
      kind: 'keep',
      because: expect.arrayContaining([expect.stringContaining('may be chance')]),
    });
    expect(judgePromotion({ rows, champion: guessing, challenger: lucky })).toEqual(
      judgePromotion({ rows, champion: guessing, challenger: lucky }),
    );
  });
});

describe('what neither model learned', () => {
  test.each([
    { name: 'is everything where both learned from simulation', until: [undefined, undefined], left: 5 },
    { name: 'came after the newest that one of them learned', until: [1, undefined], left: 3 },
    { name: 'came after the newest that either learned', until: [1, 3], left: 1 },
  ])('$name', ({ until, left }) => {
    expect(heldOutFor(outcomes(5), ...until)).toHaveLength(left);
  });
});
