import { describe, expect, test } from '@jest/globals';
import type { Signals } from '../../../../src/domain/diagnosis.ts';
import { FAULT_KINDS, type FaultKindName } from '../../../../src/simulator/world/spec.ts';
import { FAULT_TABLE } from '../../../../src/simulator/world/faults/table.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001 };

/** A front that calls the patient, and a patient that calls a bank: 20 requests a second, at two fifths of its CPU. */
function aClinic(): Bench {
  const bench = aBench(
    aSpec([
      aService({
        name: 'front',
        load: { ...load, rootRate: 40, cpuMillisPerRequest: 1, calls: [{ to: 'web', perRequest: 1, required: true }] },
      }),
      aService({ name: 'web', load: { ...load, externals: [{ name: 'bank', perRequest: 1 }] } }),
    ]),
  );
  bench.run(60);
  return bench;
}

/** The signals of the last minute. */
function signals(bench: Bench, name = 'web'): Signals {
  return bench.world.signals({ kind: 'Deployment', namespace: 'shop', name }, [], 60_000);
}

function inject(bench: Bench, kind: FaultKindName, strength?: number): void {
  bench.world.inject({
    id: 'f',
    kind,
    target: { namespace: 'shop', service: 'web' },
    ...(strength === undefined ? {} : { strength }),
  });
}

function waiting(bench: Bench, reason: string): number {
  return bench.pods('web').filter((pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason)
    .length;
}

function restarts(bench: Bench): number {
  return bench.pods('web').reduce((total, pod) => total + (pod.status?.containerStatuses?.[0]?.restartCount ?? 0), 0);
}

function restartPods(bench: Bench): void {
  for (const pod of bench.pods('web')) {
    bench.evict(pod);
  }
}

const failing = (bench: Bench): boolean => (signals(bench).error_ratio ?? 0) > 0.05;
const crashing = (bench: Bench): boolean => waiting(bench, 'CrashLoopBackOff') > 0;

interface Case {
  readonly kind: FaultKindName;
  readonly strength?: number;
  /** Until the symptom shows. */
  readonly shows: number;
  readonly ill: (bench: Bench) => boolean;
  readonly cures: Readonly<Record<string, (bench: Bench) => void>>;
  readonly useless: Readonly<Record<string, (bench: Bench) => void>>;
}

const rollBack = (bench: Bench): void => bench.rollBack('web');
const rolloutRestart = (bench: Bench): void => bench.rolloutRestart('web');
const scaleUp = (bench: Bench): void => bench.scale('web', 4);
const wait = (): void => undefined;

const CASES: readonly Case[] = [
  {
    kind: 'bad-rollout-crash',
    shows: 30,
    ill: crashing,
    cures: { 'a rollback': rollBack },
    useless: { 'a rollout restart': rolloutRestart, 'more replicas': scaleUp, waiting: wait },
  },
  {
    kind: 'bad-rollout-errors',
    shows: 90,
    ill: failing,
    cures: { 'a rollback': rollBack },
    useless: { 'a rollout restart': rolloutRestart, 'more replicas': scaleUp, 'new pods': restartPods },
  },
  {
    kind: 'image-pull',
    shows: 30,
    ill: (bench) => waiting(bench, 'ImagePullBackOff') + waiting(bench, 'ErrImagePull') > 0,
    cures: { 'a rollback': rollBack },
    useless: { 'a rollout restart': rolloutRestart, waiting: wait },
  },
  {
    kind: 'missing-config',
    shows: 30,
    ill: (bench) => waiting(bench, 'CreateContainerConfigError') > 0,
    cures: {
      'a rollback': rollBack,
      'the ConfigMap': (bench) =>
        void bench.store.create('configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'web-settings-f', namespace: 'shop' },
        }),
    },
    useless: { 'a rollout restart': rolloutRestart },
  },
  {
    kind: 'memory-leak',
    shows: 260,
    ill: (bench) => (signals(bench).memory_per_limit ?? 0) > 0.9,
    cures: { 'a rollout restart': rolloutRestart, 'new pods': restartPods },
    useless: { waiting: wait },
  },
  {
    kind: 'overload',
    shows: 120,
    ill: (bench) => (signals(bench).cpu_per_limit ?? 0) > 0.9,
    cures: { 'more replicas': (bench) => bench.scale('web', 6) },
    useless: { 'a rollout restart': rolloutRestart, waiting: wait },
  },
  {
    kind: 'deadlock-one-pod',
    shows: 20,
    ill: (bench) =>
      bench
        .pods('web')
        .some((pod) => pod.status?.phase === 'Running' && pod.status.containerStatuses?.[0]?.ready === false),
    cures: {
      'restarting that pod': (bench) => {
        const sick = bench.pods('web').find((pod) => pod.status?.containerStatuses?.[0]?.ready === false);
        bench.evict(sick!);
      },
      'a rollout restart': rolloutRestart,
    },
    useless: {
      'more replicas': scaleUp,
      'restarting another pod': (bench) => {
        const well = bench.pods('web').find((pod) => pod.status?.containerStatuses?.[0]?.ready === true);
        bench.evict(well!);
      },
    },
  },
  {
    kind: 'dependency-outage',
    shows: 90,
    ill: (bench) => failing(bench) && (signals(bench).dependency_error_ratio ?? 0) > 0.5,
    cures: { 'the end of the outage': (bench) => bench.world.clear('f') },
    useless: { 'a rollout restart': rolloutRestart, 'more replicas': scaleUp, 'new pods': restartPods },
  },
  {
    kind: 'blip',
    shows: 60,
    ill: failing,
    cures: { waiting: wait, 'a rollout restart': rolloutRestart },
    useless: {},
  },
  {
    kind: 'crash-on-poison',
    shows: 60,
    ill: crashing,
    cures: { 'the message being taken away': (bench) => bench.world.clear('f') },
    useless: { 'a rollout restart': rolloutRestart, 'more replicas': scaleUp, 'new pods': restartPods },
  },
];

/** Long enough for every cure to show, back-offs included. */
const RECOVERY_SECONDS = 320;

describe.each(CASES)('$kind', ({ kind, strength, shows, ill, cures, useless }) => {
  test('shows its symptom, and did not before', () => {
    const bench = aClinic();
    const before = ill(bench);

    inject(bench, kind, strength);
    bench.run(shows);

    expect([before, ill(bench)]).toEqual([false, true]);
    expect(bench.world.truth()).toMatchObject([{ fault: { id: 'f', kind }, present: true }]);
  });

  test.each(Object.entries(cures))('is cured by %s', (_name, cure) => {
    const bench = aClinic();
    inject(bench, kind, strength);
    bench.run(shows);

    cure(bench);
    bench.run(RECOVERY_SECONDS);

    expect(ill(bench)).toBe(false);
    expect(bench.ready('web')).toBe(bench.get('deployments', 'web').spec?.replicas);
  });

  // A test.each over no rows is an error, so each row comes with its kind.
  for (const [name, remedy] of Object.entries(useless)) {
    test(`is not cured by ${name}`, () => {
      const bench = aClinic();
      inject(bench, kind, strength);
      bench.run(shows);
      const before = restarts(bench);

      remedy(bench);
      let illFor = 0;
      bench.run(RECOVERY_SECONDS, () => {
        illFor += ill(bench) ? 1 : 0;
      });

      expect(illFor > RECOVERY_SECONDS / 2 || restarts(bench) > before).toBe(true);
      expect(bench.world.truth()[0]?.present).toBe(true);
    });
  }
});

test('every kind says what it does and what cures it', () => {
  expect(Object.keys(FAULT_TABLE).sort()).toEqual([...FAULT_KINDS].sort());
  for (const kind of Object.values(FAULT_TABLE)) {
    expect([kind.does, kind.curedBy, kind.strength.means].every((text) => text.length > 3)).toBe(true);
  }
});

test('a cured fault is no longer present, although nobody cleared it', () => {
  const bench = aClinic();
  inject(bench, 'bad-rollout-crash');
  bench.run(30);

  bench.rollBack('web');
  bench.run(30);

  expect(bench.world.truth()).toMatchObject([{ fault: { id: 'f' }, present: false }]);
});

test('a leak that a restart in place meets goes on, one that a new pod meets is slow', () => {
  const bench = aClinic();
  inject(bench, 'memory-leak');
  bench.run(700);
  const inPlace = restarts(bench);

  bench.rolloutRestart('web');
  bench.run(900);

  expect(inPlace).toBeGreaterThanOrEqual(2);
  expect(restarts(bench)).toBe(0);
  expect(signals(bench).memory_per_limit).toBeLessThan(0.6);
});

test('a fault begins after its onset and ends after its duration', () => {
  const bench = aClinic();
  const present: boolean[] = [];

  bench.world.inject({
    id: 'f',
    kind: 'overload',
    target: { namespace: 'shop', service: 'web' },
    onsetSeconds: 5,
    durationSeconds: 10,
  });
  bench.run(20, () => present.push(bench.world.truth()[0]?.present === true));

  expect(present.filter(Boolean)).toHaveLength(10);
  expect([present[3], present[6], present[19]]).toEqual([false, true, false]);
});

test('two bad rollouts in a row are two revisions', () => {
  const bench = aClinic();
  inject(bench, 'bad-rollout-crash');
  bench.run(20);
  bench.rollBack('web');
  bench.run(20);
  bench.world.clear('f');

  bench.world.inject({ id: 'g', kind: 'bad-rollout-crash', target: { namespace: 'shop', service: 'web' } });
  bench.run(20);

  expect(bench.sets('web').map((set) => set.spec?.template?.spec.containers[0]?.image)).toEqual([
    'shop/web:1.0.0',
    'shop/web:1.1.0',
    'shop/web:1.2.0',
  ]);
});

test('errors go up to the callers, a surge does not go down to the dependencies', () => {
  const bench = aClinic();
  inject(bench, 'bad-rollout-errors', 0.5);
  bench.run(120);
  const front = signals(bench, 'front');

  expect(front.error_ratio).toBeGreaterThan(0.4);
  expect(front.dependency_error_ratio).toBeGreaterThan(0.4);

  bench.world.clear('f');
  bench.world.inject({ id: 'g', kind: 'overload', target: { namespace: 'shop', service: 'front' }, strength: 2 });
  const before = bench.world.answer('shop/web')?.requestsPerSecond ?? 0;
  bench.run(10);

  expect(bench.world.answer('shop/web')?.requestsPerSecond).toBeLessThan(before * 1.1);
  expect(bench.world.answer('shop/front')?.requestsPerSecond).toBeGreaterThan(before * 1.8);
});
