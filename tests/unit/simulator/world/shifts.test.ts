import { describe, expect, test } from '@jest/globals';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0 };

/** A front that calls web, and a spare that could stand in for it; both call a store. */
function aShop(web: Partial<ServiceSpec> = {}): Bench {
  const calls = [{ to: 'store', perRequest: 1, required: true }];
  const bench = aBench(
    aSpec([
      aService({
        name: 'front',
        load: { ...load, rootRate: 40, cpuMillisPerRequest: 1, calls: [{ to: 'web', perRequest: 1, required: true }] },
      }),
      aService({ name: 'web', load: { ...load, calls }, ...web }),
      aService({ name: 'spare', load: { ...load, calls } }),
      aService({ name: 'store', load }),
    ]),
  );
  bench.run(60);
  return bench;
}

/** Requests per second that the pods of a workload handled in the last half minute. */
function rateOf(bench: Bench, name: string): number {
  return bench.world.signals({ kind: 'Deployment', namespace: 'shop', name }, [], 30_000).request_rate ?? 0;
}

function select(bench: Bench, app: string): void {
  bench.patch('services', 'web', { selector: { app } });
}

describe('the selector of a Service', () => {
  test('decides who gets its requests, whose own calls go on', () => {
    const bench = aShop();
    const before = { web: rateOf(bench, 'web'), spare: rateOf(bench, 'spare'), store: rateOf(bench, 'store') };

    select(bench, 'spare');
    bench.run(60);

    expect(before.web).toBeGreaterThan(20);
    expect(before.spare).toBe(0);
    expect(rateOf(bench, 'web')).toBe(0);
    expect(rateOf(bench, 'spare') / before.web).toBeCloseTo(1, 1);
    expect(rateOf(bench, 'store') / before.store).toBeCloseTo(1, 1);
  });

  test('takes the callers away from a workload that is ill, and brings them back', () => {
    const bench = aShop();
    bench.world.inject({
      id: 'f',
      kind: 'bad-rollout-errors',
      target: { namespace: 'shop', service: 'web' },
      strength: 0.5,
    });
    bench.run(60);
    const ill = bench.world.answer('shop/web')?.errorRatio ?? 0;

    select(bench, 'spare');
    bench.run(5);
    const shifted = bench.world.answer('shop/web')?.errorRatio;
    select(bench, 'web');
    bench.run(5);

    expect(ill).toBeGreaterThan(0.3);
    expect(shifted).toBeLessThan(0.01);
    expect(bench.world.answer('shop/web')?.errorRatio).toBeGreaterThan(0.3);
  });

  test('that selects nobody leaves the callers without an answer', () => {
    const bench = aShop();

    select(bench, 'nobody');
    bench.run(5);

    expect(bench.world.answer('shop/web')).toMatchObject({ errorRatio: 1, serving: 0 });
    expect(bench.all('endpointslices').find(({ metadata }) => metadata.name.startsWith('web-'))?.endpoints).toEqual([]);
  });
});

describe('the weights of an HTTPRoute', () => {
  function weigh(bench: Bench, web: number, spare: number): void {
    const backendRefs = [
      { name: 'web', port: 8080, weight: web },
      { name: 'spare', port: 8080, weight: spare },
    ];
    bench.patch('httproutes', 'web', { rules: [{ backendRefs }] });
  }

  test.each([
    { name: 'the weights that it is born with', web: undefined, spare: 0, share: 0 },
    { name: 'a quarter', web: 75, spare: 25, share: 0.25 },
    { name: 'all', web: 0, spare: 100, share: 1 },
  ])('split the requests: $name', ({ web, spare, share }) => {
    const bench = aShop({ route: { name: 'web', fallback: 'spare' } });
    const before = rateOf(bench, 'web');

    if (web !== undefined) weigh(bench, web, spare);
    bench.run(60);

    expect(before).toBeGreaterThan(20);
    expect(rateOf(bench, 'spare') / before).toBeCloseTo(share, 1);
    expect(rateOf(bench, 'web') / before).toBeCloseTo(1 - share, 1);
  });

  test('to a backend without pods are lost', () => {
    const bench = aShop({ route: { name: 'web', fallback: 'spare' } });
    bench.scale('spare', 0);

    weigh(bench, 50, 50);
    bench.run(30);

    expect(bench.world.answer('shop/web')?.errorRatio).toBeCloseTo(0.5, 1);
  });
});

describe('a pod that is taken out by its label', () => {
  test('is replaced, runs on without requests, and is taken back by its controller with its label', () => {
    const bench = aShop();
    const [pod] = bench.pods('web');
    const { uid, labels, name } = pod!.metadata;
    const { app: _app, ...others } = labels ?? {};
    const relabel = (next: Readonly<Record<string, string>>): void => {
      const current = bench.get('pods', name);
      bench.store.update('pods', { ...current, metadata: { ...current.metadata, labels: next } });
    };

    relabel({ ...others, 'autoheal.io/quarantined-by': 'inc-1' });
    bench.run(30);
    const handled = bench.world.view.usage(uid)?.ok;
    bench.run(30);

    expect(bench.ready('web')).toBe(2);
    expect(bench.get('pods', name).metadata.ownerReferences).toBeUndefined();
    expect(bench.get('pods', name).status?.phase).toBe('Running');
    expect(bench.world.view.usage(uid)?.ok).toBe(handled);

    relabel(labels ?? {});
    bench.run(30);

    expect(bench.pods('web')).toHaveLength(2);
  });
});
