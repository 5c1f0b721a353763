import { describe, expect, test } from '@jest/globals';
import { parseQuantity } from '../../../../src/domain/quantity.ts';
import { customResourcesOf } from '../../../../src/simulator/custom-resources.ts';
import { callersOf, expectedRates, roleOf } from '../../../../src/simulator/scenario/estimate.ts';
import { makeTopology } from '../../../../src/simulator/scenario/topology.ts';
import { calleeKey, serviceKey, type ServiceSpec, type WorldSpec } from '../../../../src/simulator/world/spec.ts';
import { aLife } from './life.ts';

const SIZES = [10, 16, 40, 200];
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const FEW_SEEDS = SEEDS.slice(0, 8);

function own({ services }: WorldSpec): readonly ServiceSpec[] {
  return services.filter(({ load }) => load !== undefined);
}

function isFallback({ name }: ServiceSpec): boolean {
  return name.endsWith('-fallback');
}

describe.each(SIZES)('generated worlds of %i services', (services) => {
  const worlds = (services > 100 ? FEW_SEEDS : SEEDS).map((seed) => makeTopology({ seed, services }));

  test('are the same for the same seed, and others for another', () => {
    expect(makeTopology({ seed: 3, services })).toEqual(worlds[3]);
    expect(makeTopology({ seed: 3, services })).not.toEqual(worlds[4]);
  });

  test('have as many services as asked, each under a name of its own', () => {
    for (const spec of worlds) {
      expect(own(spec)).toHaveLength(services);
      expect(new Set(spec.services.map(serviceKey)).size).toBe(spec.services.length);
    }
  });

  test('have every role, and a caller for everybody but the gateways and the fallbacks', () => {
    for (const spec of worlds) {
      const roles = new Set(own(spec).map(roleOf));
      const alone = own(spec).filter((each) => roleOf(each) !== 'frontend' && callersOf(spec, each).length === 0);

      expect(roles).toEqual(new Set(['frontend', 'middle', 'leaf', 'stateful']));
      expect(alone.filter((each) => !isFallback(each))).toEqual([]);
    }
  });

  test('call only what is there, and never in a circle', () => {
    for (const spec of worlds) {
      const keys = new Set(spec.services.map(serviceKey));
      const called = own(spec).flatMap((each) => (each.load?.calls ?? []).map((call) => calleeKey(each, call)));

      expect(called.filter((key) => !keys.has(key))).toEqual([]);
      expect(() => expectedRates(spec.services)).not.toThrow();
    }
  });

  test('fill their nodes to between 60 and 75 %, with room for the largest pod', () => {
    for (const spec of worlds) {
      const there = spec.nodes.reduce((sum, { cpu }) => sum + (parseQuantity(cpu) ?? 0), 0);
      const asked = spec.services.reduce(
        (sum, { kind, replicas, requests }) =>
          sum + (kind === 'DaemonSet' ? spec.nodes.length : replicas) * (parseQuantity(requests.cpu) ?? 0),
        0,
      );

      expect(asked / there).toBeGreaterThan(0.6);
      expect(asked / there).toBeLessThan(0.75);
    }
  });

  test('leave an autoscaler room, and a budget at least one pod', () => {
    for (const spec of worlds) {
      for (const { replicas, autoscaler, budget } of own(spec)) {
        expect(replicas >= 1 && replicas <= 8).toBe(true);
        if (autoscaler !== undefined) expect(autoscaler).toMatchObject({ min: replicas });
        if (autoscaler !== undefined) expect(autoscaler.max).toBeGreaterThan(replicas + 1);
        if (typeof budget?.minAvailable === 'number') expect(budget.minAvailable).toBeLessThan(replicas);
      }
    }
  });

  test('point every route and fallback to a service of the same namespace', () => {
    for (const spec of worlds) {
      for (const { namespace, annotations, route } of own(spec)) {
        const fallback = annotations?.['autoheal.io/fallback']?.replace('service/', '') ?? route?.fallback;
        const isThere = spec.services.some((each) => each.namespace === namespace && each.name === fallback);
        expect(fallback === undefined || isThere).toBe(true);
      }
    }
  });
});

test('among a few worlds there is everything that a remedy can use', () => {
  const worlds = SEEDS.map((seed) => makeTopology({ seed, services: 16 }));
  const services = worlds.flatMap(own);

  expect(services.some(({ autoscaler }) => autoscaler?.keda === true)).toBe(true);
  expect(services.some(({ route }) => route !== undefined)).toBe(true);
  expect(services.some(({ healEndpoint }) => healEndpoint !== undefined)).toBe(true);
  expect(services.some(({ configMap }) => configMap !== undefined)).toBe(true);
  expect(services.some(({ load }) => (load?.externals ?? []).length > 0)).toBe(true);
  expect(new Set(worlds.map(({ nodeGroups }) => nodeGroups === undefined)).size).toBe(2);
  expect(worlds.some((spec) => customResourcesOf(spec).length === 3)).toBe(true);
});

test.each([9, 201, 12.5])('%p services are refused', (services) => {
  expect(() => makeTopology({ seed: 1, services })).toThrow(RangeError);
});

describe('a generated world is well', () => {
  test.each([
    { services: 10, seed: 1, hour: 3 },
    { services: 10, seed: 2, hour: 9 },
    { services: 10, seed: 3, hour: 15 },
    { services: 16, seed: 5, hour: 4 },
    { services: 16, seed: 7, hour: 15 },
    { services: 16, seed: 8, hour: 22 },
    { services: 40, seed: 9, hour: 2 },
    { services: 40, seed: 10, hour: 15 },
    { services: 200, seed: 11, hour: 15 },
  ])('$services services, seed $seed, from $hour:00 on for half an hour', async ({ services, seed, hour }) => {
    const isLarge = services > 100;
    const made = makeTopology({ seed, services });
    // A large world is looked at less often and has a shorter past, for the sake of those who wait for this test.
    const spec = isLarge ? { ...made, prehistorySeconds: 600 } : made;
    const life = aLife({ spec, seed, startAt: Date.UTC(2026, 10, 16, hour), lookSeconds: isLarge ? 15 : 5 });

    const seen = await life.run(1_800);

    expect(seen.alerts).toEqual([]);
    expect(seen.restarts).toBe(0);
    expect(seen.worstErrorRatio).toBeLessThan(0.01);
    expect(seen.worstSeconds).toBeLessThan(0.25);
    // Nobody waits for a place or for a replica.
    expect(seen.unready).toEqual([]);
  });
});
