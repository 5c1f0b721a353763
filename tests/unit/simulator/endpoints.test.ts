import { describe, expect, test } from '@jest/globals';
import { makeSimulatedEndpoints, type SimulatedEndpoints } from '../../../src/simulator/endpoints.ts';
import { aBench, aService, aSpec, type Bench } from './world/harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001, rootRate: 20 };

interface Clinic {
  readonly bench: Bench;
  readonly endpoints: SimulatedEndpoints;
}

function aClinic(): Clinic {
  const bench = aBench(
    aSpec([aService({ name: 'web', replicas: 1, load, healEndpoint: { path: '/heal' } }), aService({ name: 'plain' })]),
  );
  bench.run(30);
  return { bench, endpoints: makeSimulatedEndpoints(bench.world) };
}

function call({ endpoints }: Clinic, url: string): ReturnType<SimulatedEndpoints['call']> {
  return endpoints.call({ method: 'POST', url }, 'inc-1/1');
}

const HEAL = 'http://web.shop.svc:8080/heal';

describe('a heal endpoint of the simulated cluster', () => {
  test('is annotated on its workload', () => {
    const { bench } = aClinic();

    expect(bench.get('deployments', 'web').metadata.annotations).toMatchObject({ 'autoheal.io/heal-path': '/heal' });
    expect(bench.get('deployments', 'plain').metadata.annotations).not.toHaveProperty(['autoheal.io/heal-path']);
  });

  test.each([
    { name: 'its Service', url: HEAL },
    { name: 'its Service by the whole name', url: 'http://web.shop.svc.cluster.local:8080/heal' },
  ])('is reached by $name', async ({ url }) => {
    expect(await call(aClinic(), url)).toMatchObject({ kind: 'ok', status: 200 });
  });

  test.each([
    { name: 'another path', url: 'http://web.shop.svc:8080/healthz', status: 404 },
    { name: 'a workload without one', url: 'http://plain.shop.svc:8080/heal', status: 404 },
    { name: 'another port', url: 'http://web.shop.svc:9090/heal', status: 0 },
    { name: 'a Service that is not there', url: 'http://cart.shop.svc:8080/heal', status: 0 },
    { name: 'another namespace', url: 'http://web.bank.svc:8080/heal', status: 0 },
    { name: 'the outside', url: 'http://example.com:8080/heal', status: 0 },
    { name: 'nonsense', url: 'heal', status: 0 },
  ])('refuses $name', async ({ url, status }) => {
    expect(await call(aClinic(), url)).toMatchObject({ kind: 'refused', status });
  });

  test('refuses while no pod is ready', async () => {
    const clinic = aClinic();
    clinic.bench.scale('web', 0);
    clinic.bench.run(10);

    expect(await call(clinic, HEAL)).toMatchObject({
      kind: 'refused',
      status: 0,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('takes away what leaked, without a restart', async () => {
    const clinic = aClinic();
    const { bench } = clinic;
    bench.world.inject({ id: 'f', kind: 'memory-leak', target: { namespace: 'shop', service: 'web' } });
    bench.run(150);
    const [pod] = bench.pods('web');
    const before = bench.world.view.runs(pod!.metadata.uid)[0]!.memory;

    await call(clinic, HEAL);
    bench.run(60);

    const after = bench.world.view.runs(pod!.metadata.uid)[0]!;
    expect(before).toBeGreaterThan(90 * 2 ** 20);
    expect(after.memory).toBeLessThan(60 * 2 ** 20);
    expect(after.restarts).toBe(0);
    expect(bench.world.truth()).toMatchObject([{ present: false }]);
  });

  test('ends a loop', async () => {
    const clinic = aClinic();
    const { bench } = clinic;
    bench.world.inject({ id: 'f', kind: 'hot-loop', target: { namespace: 'shop', service: 'web' } });
    bench.run(60);
    const before = bench.world.answer('shop/web')?.errorRatio ?? 0;

    await call(clinic, HEAL);
    bench.run(10);

    expect(before).toBeGreaterThan(0.2);
    expect(bench.world.answer('shop/web')?.errorRatio).toBeLessThan(0.01);
  });

  test('remembers who called it', async () => {
    const clinic = aClinic();

    await call(clinic, HEAL);
    await call(clinic, 'http://web.shop.svc:8080/');

    expect(clinic.endpoints.calls()).toEqual([
      { url: HEAL, actionId: 'inc-1/1', status: 200 },
      { url: 'http://web.shop.svc:8080/', actionId: 'inc-1/1', status: 404 },
    ]);
  });
});
