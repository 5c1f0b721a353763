import { describe, expect, test } from '@jest/globals';
import { forkWorld, type Fork } from '../../../../src/simulator/world/fork.ts';
import { isReady } from '../../../../src/simulator/world/pods.ts';
import type { FaultKindName } from '../../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

const STEP_SECONDS = 5;
/** Two steps. */
const NEARLY = 2 * STEP_SECONDS;
const ONSET = 15;
const CURE_AT = 300;
const END = 480;

const WEB = aService({
  name: 'web',
  replicas: 3,
  previousImage: 'shop/web:0.9.0',
  autoscaler: { min: 3, max: 6, cpuPercent: 70 },
  load: {
    rootRate: 30,
    cpuMillisPerRequest: 4,
    idleCpuMillis: 5,
    latencySeconds: 0.02,
    errorRatio: 0.001,
    externals: [{ name: 'bank', perRequest: 1 }],
  },
});

interface Course {
  /** Seconds from the beginning until callers or the pods suffer first; undefined when they never do. */
  readonly illAt: number | undefined;
  /** Seconds from the cure until nobody suffers any more. */
  readonly wellAfter: number;
  readonly ready: number;
  readonly restarts: number;
}

function suffers({ world, objects }: Fork): boolean {
  const pods = world.view.kit.list('pods', 'shop');
  const wanted = Number(objects.get('deployments', 'shop', 'web')?.spec?.['replicas'] ?? 0);
  // A rollout may take a quarter of the pods away.
  return pods.filter(isReady).length < 0.75 * wanted || (world.answer('shop/web')?.errorRatio ?? 1) > 0.05;
}

/** Ill from the fifteenth second on, cured from outside and rolled out anew in the three hundredth. */
function courseOf(bench: Bench, kind: FaultKindName, stepSeconds: number): Course {
  const fork = forkWorld({ world: bench.world, objects: bench.store }, { stepMs: stepSeconds * 1_000 });
  const target = { namespace: 'shop', service: 'web' };
  fork.world.inject({ id: 'f', kind, target, onsetSeconds: ONSET });
  let illAt: number | undefined;
  let lastBad = 0;
  for (let at = stepSeconds; at <= END; at += stepSeconds) {
    fork.time.advance(stepSeconds * 1_000);
    fork.world.tick(stepSeconds);
    if (suffers(fork)) {
      illAt ??= at;
      lastBad = at;
    }
    if (at === CURE_AT) {
      fork.world.clear('f');
      rollOutAnew(fork);
    }
  }
  const restarts = fork.world.view.kit
    .list('pods', 'shop')
    .map(({ status }) => status?.containerStatuses?.[0]?.restartCount ?? 0);
  return {
    illAt,
    wellAfter: Math.max(0, lastBad - CURE_AT),
    ready: fork.world.view.kit.list('pods', 'shop').filter(isReady).length,
    restarts: restarts.reduce((total, each) => total + each, 0),
  };
}

function rollOutAnew({ objects, world }: Fork): void {
  const deployment = objects.get('deployments', 'shop', 'web');
  const healthy = world.view.kit
    .list('replicasets', 'shop')
    .find(({ metadata }) => metadata.name === healthySet(world));
  const template = healthy?.spec?.template;
  if (deployment === undefined || template === undefined) throw new Error('there is a web');
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  const metadata = { labels, annotations: { restarted: 'once' } };
  objects.update('deployments', { ...deployment, spec: { ...deployment.spec, template: { ...template, metadata } } });
}

/** The revision that ran before the fault. */
function healthySet({ view }: Fork['world']): string | undefined {
  return view.kit.list('replicasets', 'shop').find(({ spec }) => {
    const [container] = spec?.template?.spec.containers ?? [];
    return container?.image === WEB.image && container['envFrom'] === undefined;
  })?.metadata.name;
}

describe('a world in steps of five seconds', () => {
  const bench = aBench(aSpec([WEB], { prehistorySeconds: 600 }));
  bench.run(60);

  test.each(
    (
      [
        'bad-rollout-crash',
        'bad-rollout-errors',
        'image-pull',
        'missing-config',
        'memory-leak',
        'overload',
        'deadlock-one-pod',
        'dependency-outage',
        'crash-on-poison',
        'limit-too-low',
        'node-not-ready',
        'connection-pool-exhaustion',
        'retry-storm',
        'unschedulable',
      ] as const
    ).map((kind) => ({ name: kind, kind })),
  )('falls ill of $name and recovers nearly as it does in steps of one', ({ kind }) => {
    const fine = courseOf(bench, kind, 1);

    const coarse = courseOf(bench, kind, STEP_SECONDS);

    expect({
      ...coarse,
      illAt: near(coarse.illAt, fine.illAt),
      wellAfter: near(coarse.wellAfter, fine.wellAfter),
    }).toEqual(fine);
  });

  test('rolls out as fast as in steps of one', () => {
    const [fine = Number.NaN, coarse = Number.NaN] = [1, STEP_SECONDS].map((stepSeconds) => {
      const fork = forkWorld({ world: bench.world, objects: bench.store }, { stepMs: stepSeconds * 1_000 });
      rollOutAnew(fork);
      for (let at = stepSeconds; at <= 120; at += stepSeconds) {
        fork.time.advance(stepSeconds * 1_000);
        fork.world.tick(stepSeconds);
        const { metadata, status } = fork.world.view.kit.get('deployments', 'shop', 'web') ?? {};
        const isDone = status?.updatedReplicas === 3 && status.replicas === 3 && status.readyReplicas === 3;
        if (isDone && status.observedGeneration === metadata?.generation) return at;
      }
      return Number.NaN;
    });

    expect(fine).toBeGreaterThan(12);
    expect(Math.abs(coarse - fine)).toBeLessThanOrEqual(NEARLY);
  });
});

/** The second time, when the first is near enough to it. */
function near<Time extends number | undefined>(time: Time, expected: Time): Time {
  const isNear = time !== undefined && expected !== undefined && Math.abs(time - expected) <= NEARLY;
  return isNear ? expected : time;
}
