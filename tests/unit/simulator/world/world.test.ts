import { describe, expect, test } from '@jest/globals';
import { makeObjectStore } from '../../../../src/simulator/objects.ts';
import { makeSimClock } from '../../../../src/simulator/world/clock.ts';
import { DEMO_WORLD } from '../../../../src/simulator/world/demo.ts';
import { seededUids } from '../../../../src/simulator/world/random.ts';
import { advance, makeWorld } from '../../../../src/simulator/world/world.ts';
import { aBench, aService, aSpec, START, type Bench } from './harness.ts';

const cart = { kind: 'Deployment', namespace: 'shop', name: 'cart' };

function demo(seed = 1): Bench {
  return aBench(DEMO_WORLD, { seed });
}

describe('the same seed', () => {
  function life(seed: number): string {
    const bench = demo(seed);
    bench.world.inject({ id: 'f', kind: 'deadlock-one-pod', target: { namespace: 'shop', service: 'catalog' } });
    bench.run(45);
    return bench.world.metricsText();
  }

  test('gives the same world, another one another', () => {
    expect(life(1)).toBe(life(1));
    expect(life(1)).not.toBe(life(2));
  });
});

describe('the demo world', () => {
  test('has lived for over an hour: all is ready, and every service has a revision to go back to', () => {
    const bench = demo();

    const deployments = bench.all('deployments').filter(({ metadata }) => metadata.namespace === 'shop');
    expect(deployments).toHaveLength(7);
    for (const { metadata, spec, status } of deployments) {
      expect(status).toMatchObject({ readyReplicas: spec?.replicas, updatedReplicas: spec?.replicas });
      expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
      expect(Date.parse(metadata.creationTimestamp)).toBeLessThan(START - 3_600_000);
    }
    expect(bench.all('nodes')).toHaveLength(3);
    expect(bench.get('statefulsets', 'redis').status).toMatchObject({ readyReplicas: 1 });
    expect(bench.world.truth()).toEqual([]);
  });

  test('knows every signal of a healthy service, baselines included', () => {
    const signals = demo().world.signals(cart, []);

    expect(Object.keys(signals).sort()).toEqual([
      'cpu_per_limit',
      'dependency_error_ratio',
      'error_ratio',
      'error_ratio_baseline',
      'error_spread',
      'latency_p99_baseline_seconds',
      'latency_p99_seconds',
      'memory_growth_per_limit',
      'memory_per_limit',
      'request_rate',
      'request_rate_baseline',
      'restarts',
      'throttled_ratio',
    ]);
    expect(signals).toMatchObject({ restarts: 0, throttled_ratio: 0 });
    expect(signals.cpu_per_limit).toBeGreaterThan(0.2);
    expect(signals.cpu_per_limit).toBeLessThan(0.7);
    expect(signals.error_ratio).toBeLessThan(0.01);
    expect(Math.abs((signals.request_rate ?? 0) / (signals.request_rate_baseline ?? 1) - 1)).toBeLessThan(0.25);
  });

  test('lives ten minutes in well under two seconds', () => {
    const bench = demo();
    bench.world.inject({ id: 'f', kind: 'crash-on-poison', target: { namespace: 'shop', service: 'cart' } });
    const begin = performance.now();

    bench.run(600);

    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  test('stays healthy by itself over a day', () => {
    const clock = makeSimClock(START);
    const store = makeObjectStore({ now: clock.now, uid: seededUids(3) });
    const world = makeWorld({ store, seed: 3, scenario: DEMO_WORLD });
    const bad: string[] = [];

    for (let hour = 0; hour < 24; hour += 6) {
      clock.advance(6 * 3_600_000);
      world.tick(6 * 3_600);
      for (const { metadata } of store.list('deployments', { namespace: 'shop' })) {
        const answer = world.answer(`shop/${metadata.name}`);
        if (answer === undefined || answer.errorRatio > 0.02 || answer.meanSeconds > 0.4) {
          bad.push(`${hour}: ${metadata.name} ${JSON.stringify(answer)}`);
        }
      }
    }

    expect(bad).toEqual([]);
    // Events and Jobs are bounded, or a long demo would drown in them.
    expect(store.list('events').length).toBeLessThan(200);
    expect(store.list('jobs').length).toBeLessThanOrEqual(5);
  });
});

describe('signals', () => {
  test('of what nobody measures are left out, not zero', () => {
    const bench = aBench(aSpec([aService({ name: 'quiet' })]));
    bench.run(60);

    const quiet = bench.world.signals({ kind: 'Deployment', namespace: 'shop', name: 'quiet' }, []);
    const gone = bench.world.signals({ kind: 'Deployment', namespace: 'shop', name: 'gone' }, []);

    expect(Object.keys(quiet).sort()).toEqual([
      'cpu_per_limit',
      'memory_growth_per_limit',
      'memory_per_limit',
      'restarts',
      'throttled_ratio',
    ]);
    expect(gone).toEqual({});
  });

  test('of named pods are of those alone', () => {
    const bench = demo();
    bench.world.inject({ id: 'f', kind: 'deadlock-one-pod', target: { namespace: 'shop', service: 'cart' } });
    bench.run(30);
    const sick = bench.pods('cart').find((pod) => pod.status?.containerStatuses?.[0]?.ready === false);
    const well = bench.pods('cart').find((pod) => pod.status?.containerStatuses?.[0]?.ready === true);

    const ofSick = bench.world.signals(cart, [sick!.metadata.name], 60_000);
    const ofWell = bench.world.signals(cart, [well!.metadata.name], 60_000);

    expect(ofSick.error_ratio).toBeGreaterThan(0.1);
    expect(ofWell.error_ratio).toBeLessThan(0.01);
    expect(bench.world.signals(cart, [], 60_000).error_spread).toBeGreaterThan(2);
  });

  test('the fullest volume of a pod that has one', () => {
    const bench = demo();

    expect(
      bench.world.signals({ kind: 'StatefulSet', namespace: 'shop', name: 'redis' }, []).volume_used_ratio,
    ).toBeCloseTo(0.42, 6);
  });
});

describe('tick', () => {
  test('catches up with a clock that ran ahead', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));

    bench.clock.advance(20_000);
    bench.world.tick(1);

    expect(bench.ready('web')).toBe(2);
  });

  test('says when the clock was forgotten', () => {
    const bench = aBench(aSpec([]));

    expect(() => bench.world.tick(1)).toThrow(RangeError);
  });

  test('takes parts of a second', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));

    for (let tenth = 0; tenth < 200; tenth += 1) {
      advance(bench.world, bench.clock, 0.1);
    }

    expect(bench.ready('web')).toBe(2);
    expect(bench.world.view.kit.now()).toBeCloseTo(bench.clock.now(), 3);
  });
});

test('a world on a store that holds its objects already leaves them as they are', () => {
  const bench = aBench(aSpec([aService({ name: 'web' })]));
  bench.run(15);
  bench.scale('web', 3);

  const world = makeWorld({ store: bench.store, seed: 1, scenario: aSpec([aService({ name: 'web' })]) });
  advance(world, bench.clock, 20);

  expect(bench.get('deployments', 'web').spec?.replicas).toBe(3);
  expect(bench.ready('web')).toBe(3);
});
