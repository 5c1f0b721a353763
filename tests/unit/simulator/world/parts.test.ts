import { describe, expect, test } from '@jest/globals';
import { makeSimClock } from '../../../../src/simulator/world/clock.ts';
import { templateHash } from '../../../../src/simulator/world/hash.ts';
import { callersFirst } from '../../../../src/simulator/world/load/graph.ts';
import { makeHistory, type History } from '../../../../src/simulator/world/load/history.ts';
import { BUCKETS, histogramQuantile, shareWithin } from '../../../../src/simulator/world/load/latency.ts';
import { newUsage } from '../../../../src/simulator/world/load/usage.ts';
import { parseQuantity } from '../../../../src/domain/quantity.ts';
import { intOrPercent } from '../../../../src/simulator/world/int-or-percent.ts';
import { makeRandom, seededUids } from '../../../../src/simulator/world/random.ts';
import { selectorMatches } from '../../../../src/simulator/world/selectors.ts';
import { effectOn, isPullable, makeSickness } from '../../../../src/simulator/world/sickness.ts';
import { aService } from './harness.ts';

describe('parseQuantity', () => {
  test.each([
    { text: '250m', value: 0.25 },
    { text: '2', value: 2 },
    { text: '0.5', value: 0.5 },
    { text: '128Mi', value: 134_217_728 },
    { text: '1G', value: 1e9 },
    { text: 4, value: 4 },
    { text: '-1', value: -1 },
    { text: '1 Gi', value: undefined },
    { text: '', value: undefined },
    { text: undefined, value: undefined },
  ])('$text is $value', ({ text, value }) => {
    expect(parseQuantity(text)).toBe(value);
  });
});

test('intOrPercent rounds a percentage as it is told, and refuses words', () => {
  expect([
    intOrPercent('25%', 3, Math.ceil),
    intOrPercent('25%', 3, Math.floor),
    intOrPercent(2, 3, Math.ceil),
    intOrPercent('some', 3, Math.ceil),
  ]).toEqual([1, 0, 2, undefined]);
});

describe('selectorMatches', () => {
  const labels = { app: 'web', tier: 'front' };
  test.each([
    { name: 'equal labels', selector: { matchLabels: { app: 'web' } }, matches: true },
    { name: 'another value', selector: { matchLabels: { app: 'db' } }, matches: false },
    { name: 'nothing matches nothing', selector: {}, matches: false },
    {
      name: 'In',
      selector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'back'] }] },
      matches: true,
    },
    {
      name: 'NotIn',
      selector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] },
      matches: false,
    },
    {
      name: 'NotIn of a label that is absent',
      selector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] },
      matches: true,
    },
    { name: 'Exists', selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, matches: true },
    {
      name: 'DoesNotExist',
      selector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] },
      matches: false,
    },
    {
      name: 'an operator that does not exist',
      selector: { matchExpressions: [{ key: 'app', operator: 'Like' }] },
      matches: false,
    },
  ])('$name', ({ selector, matches }) => {
    expect(selectorMatches(selector, labels)).toBe(matches);
  });
});

test('the hash of a template does not depend on the order of its fields, but on every value', () => {
  const hash = templateHash({ spec: { image: 'a:1', name: 'app' } });

  expect(templateHash({ spec: { name: 'app', image: 'a:1' } })).toBe(hash);
  expect(templateHash({ spec: { name: 'app', image: 'a:2' } })).not.toBe(hash);
  expect(hash).toMatch(/^[456789bcdf]{1,10}$/);
});

test('random streams repeat with their seed and differ by name', () => {
  const draw = (seed: number, name: string): number[] => {
    const random = makeRandom(seed, name);
    return [random(), random(), random()];
  };

  expect(draw(1, 'a')).toEqual(draw(1, 'a'));
  expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
  expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
});

test('seeded uids have the form of a UUID and do not repeat', () => {
  const uid = seededUids(7);
  const drawn = Array.from({ length: 500 }, uid);

  expect(new Set(drawn).size).toBe(500);
  expect(
    drawn.every((each) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(each)),
  ).toBe(true);
});

test('a simulated clock does not run backwards', () => {
  const clock = makeSimClock(1_000);
  clock.advance(500);

  expect(clock.now()).toBe(1_500);
  expect(() => clock.advance(-1)).toThrow(RangeError);
  expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
});

describe('the dependency graph', () => {
  const load = { cpuMillisPerRequest: 1, idleCpuMillis: 1, latencySeconds: 0.01, errorRatio: 0 };
  const calls = (to: string) => ({ load: { ...load, calls: [{ to, perRequest: 1, required: true }] } });

  test('is walked callers first', () => {
    const services = [
      aService({ name: 'db' }),
      aService({ name: 'api', ...calls('db') }),
      aService({ name: 'web', ...calls('api') }),
    ];

    expect(callersFirst(services).map(({ name }) => name)).toEqual(['web', 'api', 'db']);
  });

  test('may not be a circle', () => {
    expect(() =>
      callersFirst([aService({ name: 'a', ...calls('b') }), aService({ name: 'b', ...calls('a') })]),
    ).toThrow(RangeError);
  });
});

describe('the histogram', () => {
  const uniform = BUCKETS.map((bound) => 100 * Math.min(1, bound));

  test.each([
    { name: 'interpolates within a bucket', quantile: 0.99, counts: uniform, value: 0.99 },
    { name: 'starts at zero', quantile: 0.002, counts: uniform, value: 0.002 },
    { name: 'has no quantile without observations', quantile: 0.99, counts: BUCKETS.map(() => 0), value: undefined },
    {
      name: 'answers the highest bound for what lies beyond it',
      quantile: 0.99,
      counts: BUCKETS.map((bound) => (bound === Number.POSITIVE_INFINITY ? 100 : 0)),
      value: 10,
    },
  ])('$name', ({ quantile, counts, value }) => {
    const found = histogramQuantile(quantile, counts);

    expect(found === undefined ? undefined : Number(found.toFixed(6))).toBe(value);
  });

  test('counts more within a higher bound, and all within the last', () => {
    const shares = BUCKETS.map((bound) => shareWithin(bound, 0.2));

    expect(shares).toEqual([...shares].sort((left, right) => left - right));
    expect(shares.at(-1)).toBe(1);
    // Half of a log-normal lies below its median, which is below its mean.
    expect(shareWithin(0.2, 0.2)).toBeGreaterThan(0.5);
  });
});

describe('history', () => {
  function recorded(samples: readonly { readonly at: number; readonly ok: number }[], keptMs = 1e9): History {
    const history = makeHistory(keptMs);
    for (const { at, ok } of samples)
      history.add('web', at, { ...newUsage(), ok }, { restarts: 0, memory: at / 1_000 });
    return history;
  }

  function memoryIn(history: History, from: number, to: number): readonly number[] {
    const found: number[] = [];
    history.eachMemory('web', { from, to }, (_at, bytes) => found.push(bytes));
    return found;
  }

  const every5 = (count: number) => Array.from({ length: count }, (_each, at) => ({ at: at * 5_000, ok: at * 15 }));

  test.each([
    {
      name: 'a full window is the plain slope',
      samples: [0, 5, 10, 15, 20],
      rate: 3,
    },
    {
      name: 'edges that are near are extrapolated to',
      samples: [2, 7, 12, 17],
      rate: 3,
    },
    {
      name: 'a young series counts for the time that it covers, and half an interval',
      samples: [10, 15, 20],
      rate: (3 * 12.5) / 20,
    },
    { name: 'one sample is no rate', samples: [0], rate: undefined },
    { name: 'none is no rate', samples: [], rate: undefined },
  ])('$name', ({ samples, rate }) => {
    const history = recorded(samples.map((second) => ({ at: second * 1_000, ok: second * 3 })));

    const rates = history.rates('web', { from: 0, to: 20_000 });

    expect(rates?.ok).toEqual(rate === undefined ? undefined : expect.closeTo(rate, 6));
  });

  test('keeps what is young enough, over many blocks, and drops most of the rest', () => {
    const history = recorded(every5(500), 600_000);

    expect(memoryIn(history, 2_495_000 - 600_000, 2_495_000)).toHaveLength(121);
    expect(memoryIn(history, 0, 2_495_000).length).toBeLessThan(200);
    expect(history.rates('web', { from: 2_000_000, to: 2_100_000 })?.ok).toBeCloseTo(3);
  });

  test.each([
    { name: 'in the midst of a block', samples: 40 },
    { name: 'at the end of a block', samples: 64 },
    { name: 'in the first block', samples: 1 },
  ])('forks $name, and both go on by themselves', ({ samples }) => {
    const history = recorded(every5(samples));
    const seen = { restarts: 0, memory: 0 };

    const fork = history.fork();
    for (let more = 0; more < 40; more += 1) {
      const at = (samples + more) * 5_000;
      history.add('web', at, newUsage(), { ...seen, memory: -1 });
      fork.add('web', at, newUsage(), { ...seen, memory: -2 });
    }

    const before = memoryIn(recorded(every5(samples)), 0, 1e9);
    expect(memoryIn(history, 0, 1e9)).toEqual([...before, ...Array.from({ length: 40 }, () => -1)]);
    expect(memoryIn(fork, 0, 1e9)).toEqual([...before, ...Array.from({ length: 40 }, () => -2)]);
  });
});

describe('sickness', () => {
  test('an effect on one process ends with it', () => {
    const sickness = makeSickness();
    sickness.pods.set('pod', 'f', { hung: true, process: 1 });
    const patient = { service: 'shop/web', podUid: 'pod', image: 'web:1', process: 1 };

    expect(effectOn(sickness, patient).hung).toBe(true);
    expect(effectOn(sickness, { ...patient, process: 2 }).hung).toBeUndefined();
  });

  test('effects of several faults add up', () => {
    const sickness = makeSickness();
    sickness.images.set('web:1', 'a', { errorRatio: 0.5, leakBytesPerSecond: 10 });
    sickness.services.set('shop/web', 'b', { errorRatio: 0.5, latencyFactor: 3 });
    sickness.pods.set('pod', 'c', { leakBytesPerSecond: 5 });

    const effect = effectOn(sickness, { service: 'shop/web', podUid: 'pod', image: 'web:1', process: 1 });

    expect(effect).toMatchObject({ errorRatio: 0.75, latencyFactor: 3, leakBytesPerSecond: 15 });
  });

  test('clearing one fault leaves the others', () => {
    const sickness = makeSickness();
    sickness.traffic.set('shop/web', 'a', 2);
    sickness.traffic.set('shop/web', 'b', 3);

    sickness.traffic.clear('a');

    expect(sickness.traffic.of('shop/web')).toEqual([3]);
    expect([sickness.traffic.keysOf('a'), sickness.traffic.keysOf('b')]).toEqual([[], ['shop/web']]);
  });

  test.each([
    { image: 'shop/web:1', pullable: true },
    { image: 'registry.invalid/web:1', pullable: false },
    { image: 'registry.invalid:5000/web:1', pullable: false },
    { image: 'web:1.invalid', pullable: true },
  ])('$image can be pulled: $pullable', ({ image, pullable }) => {
    expect(isPullable(makeSickness(), image)).toBe(pullable);
  });
});
