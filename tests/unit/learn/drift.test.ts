import { describe, expect, test } from '@jest/globals';
import { REMEDY_TRAITS } from '../../../src/act/catalogue.ts';
import type { JournalledDecision } from '../../../src/learn/decisions.ts';
import { driftOf, featureDrift } from '../../../src/learn/drift.ts';
import { featureRowsOf } from '../../../src/learn/question.ts';
import { baselineOf } from '../../../src/score/forest/baseline.ts';
import { makeRandom } from '../../../src/training/random.ts';
import { decisionsIn } from './lived.ts';
import { NAMES } from './models.ts';

function drawn(count: number, seed: number, make: (next: number) => number): Float64Array {
  const random = makeRandom(seed);
  return Float64Array.from({ length: count }, () => make(random.next()));
}

function drift(trained: Float64Array, lately: Float64Array): ReturnType<typeof featureDrift> {
  const [baseline] = baselineOf(trained, 1);
  if (baseline === undefined) throw new Error('one feature has one baseline');
  return featureDrift('it', baseline, { column: [...lately], incidents: lately.length });
}

describe('drift of one feature', () => {
  test.each([
    { name: 'of the same kind as before', make: (x: number) => x, state: 'steady' },
    { name: 'a little higher', make: (x: number) => x ** 0.6, state: 'warn' },
    { name: 'much higher', make: (x: number) => 0.5 + x / 2, state: 'act' },
    { name: 'beyond everything that was seen', make: (x: number) => 5 + x, state: 'act' },
    { name: 'not measured any more', make: () => Number.NaN, state: 'act' },
    { name: 'not measured in a tenth of the cases', make: (x: number) => (x < 0.1 ? Number.NaN : x), state: 'act' },
  ])('$name: $state', ({ make, state }) => {
    const trained = drawn(5_000, 1, (x) => x);

    expect(drift(trained, drawn(200, 2, make)).state).toBe(state);
  });

  test('is the textbook index, less what chance makes of it', () => {
    const trained = Float64Array.from({ length: 1_000 }, (_, row) => Number(row < 200));
    const lately = Float64Array.from({ length: 200 }, (_, row) => Number(row < 80));

    const { psi } = drift(trained, lately);

    expect(psi).toBeCloseTo(0.2 * Math.log(2) + -0.2 * Math.log(0.6 / 0.8) - 1 / 200, 12);
  });

  test('of a flag that was never set before shows', () => {
    const trained = Float64Array.from({ length: 1_000 }, (_, row) => Number(row < 5));

    const { psi, state } = drift(
      trained,
      drawn(200, 3, (x) => Number(x < 0.5)),
    );

    expect(psi).toBeGreaterThan(1);
    expect(state).toBe('act');
  });

  test('chance alone seldom warns: in 500 features of 200 incidents none does', () => {
    const trained = drawn(5_000, 1, (x) => x);
    const states = Array.from(
      { length: 500 },
      (_, seed) =>
        drift(
          trained,
          drawn(200, seed + 10, (x) => x),
        ).state,
    );

    expect(states.filter((state) => state !== 'steady')).toEqual([]);
  });

  test('tells the shares of what is missing', () => {
    const trained = drawn(1_000, 1, (x) => (x < 0.25 ? Number.NaN : x));
    const { missing } = drift(
      trained,
      drawn(200, 2, () => Number.NaN),
    );

    expect(missing.trained).toBeCloseTo(0.25, 1);
    expect(missing.lately).toBe(1);
  });
});

async function incidents(count: number, errors: (n: number) => number): Promise<readonly JournalledDecision[]> {
  const found: JournalledDecision[] = [];
  for (let n = 0; n < count; n += 1) {
    const [one] = await decisionsIn({
      id: `inc-${n}`,
      turns: [{ remedy: 'rollback', ended: 'recovered' }],
      found: () => ({ signals: { error_ratio: errors(n) } }),
    });
    if (one !== undefined) found.push({ ...one, closedAt: n });
  }
  return found;
}

describe('drift of the incidents', () => {
  test('against a model that knows nothing of its baseline is unknown, never none', async () => {
    const decisions = await incidents(120, (n) => n / 120);

    expect(driftOf({ features: NAMES }, decisions, REMEDY_TRAITS)).toMatchObject({ kind: 'unknown' });
  });

  test('of too few incidents is unknown, however often each was decided', async () => {
    const decisions = await incidents(60, (n) => n / 60);
    const baseline = baselineOf(new Float64Array(NAMES.length * 10), NAMES.length);

    const found = driftOf({ features: NAMES, baseline }, [...decisions, ...decisions, ...decisions], REMEDY_TRAITS);

    expect(found).toMatchObject({ kind: 'unknown', why: expect.stringContaining('60 incidents') });
  });

  test('finds the feature that moved, among the newest 200', async () => {
    const before = await incidents(200, (n) => (n % 20) / 40);
    const rows = before.flatMap((decision) => [...featureRowsOf(decision, REMEDY_TRAITS).values()]);
    const baseline = baselineOf(Float64Array.from(rows.flatMap((row) => [...row])), NAMES.length);
    const after = (await incidents(200, (n) => 0.5 + (n % 20) / 40)).map((each) => ({
      ...each,
      closedAt: each.closedAt + 1_000,
      incident: `later-${each.incident}` as typeof each.incident,
    }));

    const still = driftOf({ features: NAMES, baseline }, before, REMEDY_TRAITS);
    const moved = driftOf({ features: NAMES, baseline }, [...after, ...before], REMEDY_TRAITS);

    if (still.kind === 'unknown' || moved.kind === 'unknown') throw new Error('there are enough incidents');
    expect(still.features.filter(({ state }) => state !== 'steady')).toEqual([]);
    expect(moved.incidents).toBe(200);
    expect(moved.features.filter(({ state }) => state === 'act').map(({ feature }) => feature)).toEqual([
      'error_ratio',
    ]);
  });
});
