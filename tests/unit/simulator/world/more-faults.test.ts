import { describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../../../src/act/catalogue.ts';
import type { Signals } from '../../../../src/domain/diagnosis.ts';
import { makeSimulatedEndpoints } from '../../../../src/simulator/endpoints.ts';
import { FAULT_TABLE } from '../../../../src/simulator/world/faults/table.ts';
import type { FaultKindName, ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001 };

/** A front that calls the patient, a patient of three replicas that calls a bank and a store, and three nodes of one group. */
function aClinic(web: Partial<ServiceSpec> = {}): Bench {
  const bench = aBench(
    aSpec(
      [
        aService({
          name: 'front',
          load: {
            ...load,
            rootRate: 60,
            cpuMillisPerRequest: 0.5,
            calls: [{ to: 'web', perRequest: 1, required: true }],
          },
        }),
        aService({
          name: 'web',
          replicas: 3,
          healEndpoint: { path: '/heal' },
          load: {
            ...load,
            calls: [{ to: 'store', perRequest: 0.5, required: true }],
            externals: [{ name: 'bank', perRequest: 1 }],
          },
          ...web,
        }),
        aService({
          name: 'store',
          kind: 'StatefulSet',
          replicas: 1,
          limits: { cpu: '1', memory: '128Mi' },
          volume: { size: '8Gi', usedRatio: 0.4 },
          load: { ...load, cpuMillisPerRequest: 1 },
        }),
      ],
      {
        nodes: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '2', memory: '8Gi', group: 'workers' })),
        nodeGroups: [{ namespace: 'infra', name: 'workers', joinSeconds: 30 }],
      },
    ),
  );
  bench.run(60);
  return bench;
}

function signals(bench: Bench, name = 'web', kind = 'Deployment'): Signals {
  return bench.world.signals({ kind, namespace: 'shop', name }, [], 60_000);
}

type Act = (bench: Bench) => void;

const wait: Act = () => undefined;
const rollBack: Act = (bench) => bench.rollBack('web');
const restart: Act = (bench) => bench.rolloutRestart('web');
const scaleTo =
  (replicas: number): Act =>
  (bench) =>
    bench.scale('web', replicas);

/** Gives the present pods and the template the resources. */
function resize(requests: Record<string, string>, limits: Record<string, string>): Act {
  const resources = { requests, limits };
  return (bench) => {
    for (const pod of bench.pods('web')) {
      const [container] = pod.spec!.containers;
      bench.store.update('pods', { ...pod, spec: { ...pod.spec, containers: [{ ...container!, resources }] } });
    }
    const template = bench.get('deployments', 'web').spec!.template!;
    const [container] = template.spec.containers;
    const spec = { ...template.spec, containers: [{ ...container!, resources }] };
    bench.patch('deployments', 'web', { template: { ...template, spec } });
  };
}

const moreMemory = resize({ cpu: '100m', memory: '64Mi' }, { cpu: '200m', memory: '192Mi' });
const moreCpu = resize({ cpu: '100m', memory: '64Mi' }, { cpu: '400m', memory: '128Mi' });

/** Evicts the pods that the test names, as rebalance, drain and restart-pod do. */
function evictWhere(which: (bench: Bench, uid: string, node: string) => boolean): Act {
  return (bench) => {
    for (const pod of bench.pods('web')) {
      if (which(bench, pod.metadata.uid, pod.spec?.nodeName ?? '')) bench.evict(pod);
    }
  };
}

const pressureOf = (bench: Bench, uid: string): number => bench.world.view.usage(uid)?.pressure ?? 0;
const worst = (bench: Bench): number =>
  Math.max(...bench.pods('web').map(({ metadata }) => pressureOf(bench, metadata.uid)));

const failing = (bench: Bench): boolean => (bench.world.answer('shop/web')?.errorRatio ?? 0) > 0.05;
const slow = (bench: Bench): boolean => (bench.world.answer('shop/web')?.meanSeconds ?? 0) > 0.5;
const killed = (bench: Bench): boolean =>
  bench.pods('web').some(({ status }) => {
    const { state, lastState } = status?.containerStatuses?.[0] ?? {};
    const ended = state?.terminated ?? (state?.waiting === undefined ? undefined : lastState?.terminated);
    return ended?.reason === 'OOMKilled';
  });

interface Case {
  readonly kind: FaultKindName;
  readonly service?: string;
  readonly web?: Partial<ServiceSpec>;
  /** Until the symptom shows. */
  readonly shows: number;
  readonly ill: (bench: Bench) => boolean;
  readonly cures: Readonly<Record<string, Act>>;
  readonly useless: Readonly<Record<string, Act>>;
  /** Where waiting cures. */
  readonly passes?: true;
}

const CASES: readonly Case[] = [
  {
    kind: 'bad-rollout-slow',
    shows: 60,
    ill: slow,
    cures: { 'a rollback': rollBack },
    useless: { 'a rollout restart': restart, 'more replicas': scaleTo(6), waiting: wait },
  },
  {
    kind: 'bad-rollout-leak',
    shows: 280,
    ill: (bench) => (signals(bench).memory_per_limit ?? 0) > 0.9,
    cures: { 'a rollback': rollBack },
    useless: { 'a rollout restart': restart, waiting: wait },
  },
  {
    kind: 'limit-too-low',
    shows: 40,
    ill: killed,
    cures: { 'a higher limit': moreMemory },
    useless: { 'a rollout restart': restart, 'more replicas': scaleTo(5), waiting: wait },
  },
  {
    kind: 'cpu-throttling',
    shows: 60,
    ill: (bench) => (signals(bench).throttled_ratio ?? 0) > 0.25,
    cures: { 'a higher limit': moreCpu, 'more replicas': scaleTo(6) },
    useless: { 'a rollout restart': restart, waiting: wait },
  },
  {
    kind: 'hot-loop',
    shows: 60,
    ill: (bench) => failing(bench) && (signals(bench).error_spread ?? 0) > 2.4,
    cures: {
      'restarting that pod': evictWhere((bench, uid) => pressureOf(bench, uid) === worst(bench)),
      'a rollout restart': restart,
      'its own heal endpoint': (bench) => {
        const endpoints = makeSimulatedEndpoints(bench.world);
        for (const id of ['1', '2', '3', '4', '5', '6', '7', '8']) {
          void endpoints.call({ method: 'POST', url: 'http://web.shop.svc:8080/heal' }, id);
        }
      },
    },
    useless: {
      'restarting the others': evictWhere((bench, uid) => pressureOf(bench, uid) < worst(bench)),
      waiting: wait,
    },
  },
  {
    kind: 'noisy-neighbour',
    shows: 60,
    ill: (bench) => worst(bench) > 1,
    cures: {
      'moving the pods there': evictWhere((bench, _uid, node) => node === hotNode(bench)),
      'a rollout restart': restart,
    },
    useless: {
      'moving the others': evictWhere((bench, _uid, node) => node !== hotNode(bench)),
      waiting: wait,
    },
  },
  {
    kind: 'unschedulable',
    shows: 30,
    ill: (bench) => bench.pods('web').some(({ spec }) => spec?.nodeName === undefined),
    cures: {
      'another node': (bench) => {
        const group = bench.store.get('machinedeployments', 'infra', 'workers')!;
        bench.store.update('machinedeployments', { ...group, spec: { ...group.spec, replicas: 4 } });
      },
      'the other tenant leaving': (bench) => bench.world.clear('f'),
    },
    useless: { 'a rollout restart': restart, waiting: wait },
  },
  {
    kind: 'bad-hpa-bounds',
    web: { autoscaler: { min: 3, max: 10, cpuPercent: 100 } },
    shows: 150,
    ill: (bench) => (signals(bench).cpu_per_limit ?? 0) > 0.9,
    cures: {
      'a higher maximum': (bench) => bench.patch('horizontalpodautoscalers', 'web', { maxReplicas: 18 }),
    },
    useless: { 'more replicas, for the autoscaler takes them back': scaleTo(10), 'a rollout restart': restart },
  },
  {
    kind: 'traffic-spike',
    shows: 60,
    ill: (bench) => (signals(bench).cpu_per_limit ?? 0) > 0.9,
    cures: { 'more replicas': scaleTo(8), waiting: wait },
    useless: {},
    passes: true,
  },
  {
    kind: 'retry-storm',
    shows: 120,
    ill: failing,
    cures: { 'more replicas': scaleTo(9) },
    useless: { 'a rollout restart': restart, waiting: wait },
  },
  {
    kind: 'slow-dependency',
    shows: 30,
    ill: (bench) => slow(bench) && (signals(bench).dependency_error_ratio ?? 1) < 0.05,
    cures: { 'the dependency being quick again': (bench) => bench.world.clear('f') },
    useless: { 'a rollout restart': restart, 'more replicas': scaleTo(6), 'more CPU': moreCpu },
  },
  {
    kind: 'connection-pool-exhaustion',
    shows: 30,
    ill: failing,
    cures: { 'more connections': (bench) => bench.world.clear('f') },
    useless: { 'a rollout restart': restart, 'more replicas': scaleTo(6), 'more CPU': moreCpu },
  },
  {
    kind: 'certificate-expiry',
    shows: 30,
    ill: (bench) => (bench.world.answer('shop/front')?.errorRatio ?? 0) > 0.5,
    cures: { 'a new certificate': (bench) => bench.world.clear('f') },
    useless: { 'a rollout restart': restart, 'more replicas': scaleTo(6) },
  },
  {
    kind: 'dns-outage',
    shows: 30,
    ill: (bench) => failing(bench) && (bench.world.answer('shop/front')?.errorRatio ?? 0) > 0.5,
    cures: { 'names that resolve': (bench) => bench.world.clear('f') },
    useless: { 'a rollout restart': restart, 'more replicas': scaleTo(6) },
  },
  {
    kind: 'disk-filling',
    service: 'store',
    shows: 620,
    ill: (bench) =>
      (bench.world.answer('shop/store')?.errorRatio ?? 0) > 0.3 &&
      (signals(bench, 'store', 'StatefulSet').volume_used_ratio ?? 0) > 0.99,
    cures: { 'room on the volume': (bench) => bench.world.clear('f') },
    useless: { 'a restart': (bench) => bench.pods('store').forEach((pod) => bench.evict(pod)), waiting: wait },
  },
];

/** The node that something takes CPU away from. */
function hotNode(bench: Bench): string {
  const sick = bench.pods('web').find(({ metadata }) => pressureOf(bench, metadata.uid) === worst(bench));
  return sick?.spec?.nodeName ?? '';
}

const RECOVERY_SECONDS = 320;

function inject(bench: Bench, { kind, service = 'web' }: Case): void {
  bench.world.inject({ id: 'f', kind, target: { namespace: 'shop', service } });
}

describe.each(CASES)('$kind', (each) => {
  const { shows, ill, cures, useless, web } = each;

  test('shows its symptom, and did not before', () => {
    const bench = aClinic(web);
    const before = ill(bench);

    inject(bench, each);
    bench.run(shows);

    expect([before, ill(bench)]).toEqual([false, true]);
    expect(bench.world.truth()).toMatchObject([{ present: true }]);
  });

  test.each(Object.entries(cures))('is cured by %s', (_name, cure) => {
    const bench = aClinic(web);
    inject(bench, each);
    bench.run(shows);

    cure(bench);
    bench.run(RECOVERY_SECONDS + (each.passes ? 120 : 0));

    expect(ill(bench)).toBe(false);
    expect(bench.world.truth().some(({ present, fault }) => present && fault.kind !== 'traffic-spike')).toBe(false);
  });

  // A test.each over no rows is an error.
  for (const [name, remedy] of Object.entries(useless)) {
    test(`is not cured by ${name}`, () => {
      const bench = aClinic(web);
      inject(bench, each);
      bench.run(shows);

      remedy(bench);
      let illFor = 0;
      bench.run(RECOVERY_SECONDS, () => {
        illFor += ill(bench) ? 1 : 0;
      });

      expect(illFor).toBeGreaterThan(RECOVERY_SECONDS / 10);
      expect(bench.world.truth()).toMatchObject([{ present: true }]);
    });
  }
});

test('more replicas make an exhausted pool worse', () => {
  const bench = aClinic();
  bench.world.inject({ id: 'f', kind: 'connection-pool-exhaustion', target: { namespace: 'shop', service: 'web' } });
  bench.run(30);
  const before = bench.world.answer('shop/web')?.errorRatio ?? 0;

  bench.scale('web', 6);
  bench.run(60);

  expect(before).toBeCloseTo(0.4, 1);
  expect(bench.world.answer('shop/web')?.errorRatio).toBeCloseTo(0.7, 1);
});

test('a service whose certificate has expired sees nothing of it itself', () => {
  const bench = aClinic();

  bench.world.inject({ id: 'f', kind: 'certificate-expiry', target: { namespace: 'shop', service: 'web' } });
  bench.run(90);

  expect(signals(bench).request_rate).toBeUndefined();
  expect(bench.ready('web')).toBe(3);
  expect(signals(bench, 'front').dependency_error_ratio).toBeGreaterThan(0.9);
});

test('a storm that nobody calms is no fault any more once enough replicas have calmed it', () => {
  const bench = aClinic();
  bench.world.inject({ id: 'f', kind: 'retry-storm', target: { namespace: 'shop', service: 'web' } });
  bench.run(120);
  bench.scale('web', 9);
  bench.run(120);

  bench.scale('web', 3);
  bench.run(120);

  expect(failing(bench)).toBe(false);
});

describe('the table of faults', () => {
  const kinds = Object.entries(FAULT_TABLE);

  test('says of each what it does, means, and is cured by', () => {
    for (const [, { does, curedBy, strength }] of kinds) {
      expect([does, curedBy, strength.means].every((text) => text.length > 3)).toBe(true);
    }
  });

  test('has something to do for every remedy but those that only go back on others', () => {
    const useful = new Set(kinds.flatMap(([, { cures, eases }]) => [...cures, ...eases]));
    const idle = CATALOGUE.map(({ name }) => name).filter((name) => !useful.has(name));

    expect(idle.filter((name) => name !== 'scale-down' && name !== 'resume-rollout')).toEqual([]);
  });

  test('names no remedy twice', () => {
    for (const [, { cures, eases }] of kinds) {
      expect(new Set([...cures, ...eases]).size).toBe(cures.length + eases.length);
    }
  });
});
