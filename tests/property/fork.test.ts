import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { makeObjectStore, type ObjectStore } from '../../src/simulator/objects.ts';
import { makeSimClock } from '../../src/simulator/world/clock.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import { forkWorld, type Fork as Habitat } from '../../src/simulator/world/fork.ts';
import { seededUids } from '../../src/simulator/world/random.ts';
import { FAULT_KINDS, serviceKey, type WorldSpec } from '../../src/simulator/world/spec.ts';
import { makeWorld } from '../../src/simulator/world/world.ts';

const START = Date.parse('2026-11-21T10:00:00Z');

/** Something of everything that a part of the world could remember. */
const SPEC: WorldSpec = {
  ...DEMO_WORLD,
  nodes: DEMO_WORLD.nodes.map((node) => ({ ...node, group: 'pool' })),
  nodeGroups: [{ namespace: 'kube-system', name: 'pool', joinSeconds: 40 }],
  quotas: [{ namespace: 'shop', name: 'compute', hard: { pods: '24', 'requests.cpu': '8' } }],
  services: DEMO_WORLD.services.map((service) => {
    if (service.name === 'catalog') return { ...service, autoscaler: { min: 3, max: 8, cpuPercent: 70, keda: true } };
    return service.name === 'cart' ? { ...service, route: { name: 'cart', fallback: 'catalog' } } : service;
  }),
  crons: [{ namespace: 'shop', name: 'tidy', schedule: '*/2 * * * *', image: 'shop/tidy:1.0.0', runsSeconds: 20 }],
  prehistorySeconds: 0,
};

function aHabitat(seed: number): Habitat {
  const time = makeSimClock(START);
  const objects = makeObjectStore({ now: time.now, uid: seededUids(seed) });
  return { time, objects, world: makeWorld({ store: objects, seed, scenario: SPEC }) };
}

function live({ time, world }: Habitat, seconds: number): void {
  for (let passed = 0; passed < seconds; passed += 1) {
    time.advance(1_000);
    world.tick(1);
  }
}

/** All that anybody can see of a world. */
function seen({ objects, world, time }: Habitat): object {
  return {
    now: time.now(),
    metrics: world.metricsText(),
    objects: Object.fromEntries([...objects.resources()].sort().map((each) => [each, objects.list(each)])),
    version: objects.resourceVersion(),
    changes: objects.changesSince(Math.max(0, objects.resourceVersion() - 50)),
    truth: world.truth(),
    answers: SPEC.services.map((service) => world.answer(serviceKey(service))),
    signals: SPEC.services.map(({ kind, namespace, name }) => world.signals({ kind, namespace, name }, [])),
    logs: objects
      .list('pods')
      .flatMap(({ metadata: { namespace = '', name } }) => [
        world.logs(namespace, name, undefined, false),
        world.logs(namespace, name, undefined, true),
      ]),
  };
}

/** What people do to a cluster meanwhile. */
const DEEDS = {
  nothing: () => undefined,
  resize: (objects) => change(objects, ['deployments', 'shop', 'cart'], { replicas: 5 }),
  'grow nodes': (objects) => change(objects, ['machinedeployments', 'kube-system', 'pool'], { replicas: 4 }),
  'raise the maximum': (objects) =>
    change(objects, ['scaledobjects', 'shop', 'catalog'], { maxReplicaCount: objects.resourceVersion() }),
  'delete a pod': (objects) => {
    const [pod] = objects.list('pods', { namespace: 'shop' });
    if (pod !== undefined) objects.remove('pods', 'shop', pod.metadata.name);
  },
  'take a pod out': (objects) => {
    const [pod] = objects.list('pods', { namespace: 'shop', labels: ({ app }) => app === 'payment' });
    if (pod !== undefined)
      objects.update('pods', { ...pod, metadata: { ...pod.metadata, labels: { app: 'post-mortem' } } });
  },
  'shift requests': (objects) => {
    const backendRefs = [
      { name: 'cart', weight: 40 },
      { name: 'frontend', weight: 60 },
    ];
    change(objects, ['httproutes', 'shop', 'cart'], { rules: [{ backendRefs }] });
  },
  'run a job that cures': (objects) => {
    const requests = { cpu: '50m', memory: '64Mi' };
    const containers = [{ name: 'app', image: 'shop/cure:1.0.0', resources: { requests } }];
    const metadata = { annotations: { 'simulator.autoheal.io/clears': 'overload' } };
    const template = { metadata, spec: { restartPolicy: 'Never', containers } };
    const spec = { template, ttlSecondsAfterFinished: 60 };
    objects.create('jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: `cure-${objects.resourceVersion()}`, namespace: 'shop' },
      spec,
    });
  },
} satisfies Readonly<Record<string, (objects: ObjectStore) => void>>;

function change(
  objects: ObjectStore,
  [resource, namespace, name]: readonly [string, string, string],
  spec: object,
): void {
  const object = objects.get(resource, namespace, name);
  if (object !== undefined) objects.update(resource, { ...object, spec: { ...object.spec, ...spec } });
}

const aStory = fc.record({
  seed: fc.nat(1_000),
  faults: fc.array(
    fc.record({
      kind: fc.constantFrom(...FAULT_KINDS),
      service: fc.constantFrom('payment', 'cart', 'catalog', 'redis'),
      onsetSeconds: fc.nat(60),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  deed: fc.constantFrom(...(Object.keys(DEEDS) as (keyof typeof DEEDS)[])), // The keys of a constant are its keys.
  before: fc.integer({ min: 5, max: 200 }),
  after: fc.integer({ min: 1, max: 150 }),
});

const OVERLOAD = { kind: 'overload', service: 'catalog', onsetSeconds: 1 } as const;

type Story = typeof aStory extends fc.Arbitrary<infer Told> ? Told : never;

function told(story: Story): Habitat {
  const origin = aHabitat(story.seed);
  live(origin, 40);
  for (const [index, { kind, service, onsetSeconds }] of story.faults.entries()) {
    origin.world.inject({ id: `f${index}`, kind, target: { namespace: 'shop', service }, onsetSeconds });
  }
  live(origin, Math.ceil(story.before / 2));
  DEEDS[story.deed](origin.objects);
  live(origin, Math.floor(story.before / 2));
  return origin;
}

describe('a fork', () => {
  test('does what the origin would do, and the origin does not see it', () => {
    fc.assert(
      fc.property(aStory, (story) => {
        const origin = told(story);
        const present = seen(origin);

        const fork = forkWorld(origin);

        expect(seen(fork)).toEqual(present);

        live(fork, story.after);
        fork.world.clear('f0');
        live(fork, 5);

        expect(seen(origin)).toEqual(present);

        live(origin, story.after);
        origin.world.clear('f0');
        live(origin, 5);

        expect(seen(origin)).toEqual(seen(fork));
      }),
      { numRuns: 25 },
    );
  });

  test.each(FAULT_KINDS.map((kind) => ({ name: `in the midst of ${kind}`, kind })))(
    '$name goes on alike',
    ({ kind }) => {
      const origin = aHabitat(7);
      live(origin, 40);
      const service = kind === 'disk-filling' ? 'redis' : kind === 'bad-hpa-bounds' ? 'catalog' : 'payment';
      origin.world.inject({ id: 'f', kind, target: { namespace: 'shop', service } });
      live(origin, 47);

      const fork = forkWorld(origin);
      for (const habitat of [fork, origin]) live(habitat, 73);

      expect(seen(fork)).toEqual(seen(origin));
    },
  );

  test.each(
    // The keys of a constant are its keys.
    (Object.keys(DEEDS) as (keyof typeof DEEDS)[]).map((deed) => ({ name: `after somebody did ${deed}`, deed })),
  )('$name goes on alike', ({ deed }) => {
    const origin = told({ seed: 5, faults: [OVERLOAD], deed, before: 57, after: 0 });

    const fork = forkWorld(origin);
    for (const habitat of [fork, origin]) {
      habitat.world.inject({ id: 'late', kind: 'overload', target: { namespace: 'shop', service: 'catalog' } });
      live(habitat, 2);
      DEEDS[deed](habitat.objects);
    }

    for (let second = 0; second < 12; second += 1) {
      // At each second: what is only late would be forgotten at the end.
      for (const habitat of [fork, origin]) live(habitat, 1);
      expect(fork.objects.changesSince(0)).toEqual(origin.objects.changesSince(0));
    }
    for (const habitat of [fork, origin]) live(habitat, 30);
    expect(seen(fork)).toEqual(seen(origin));
  });

  test('of a fork does the same, though both go on in turns', () => {
    fc.assert(
      fc.property(aStory, (story) => {
        const origin = told(story);
        const first = forkWorld(origin);
        live(origin, 7);
        live(first, 7);

        const second = forkWorld(first);

        for (const habitat of [second, origin, first]) live(habitat, story.after);
        expect(seen(second)).toEqual(seen(origin));
        expect(seen(first)).toEqual(seen(origin));
      }),
      { numRuns: 8 },
    );
  });

  test('that is reseeded has other luck, the same for the same text', () => {
    const origin = told({ seed: 5, faults: [OVERLOAD], deed: 'resize', before: 24, after: 0 });
    const present = seen(origin);

    const [one, again, other] = ['one', 'one', 'other'].map((reseed) => forkWorld(origin, { reseed }));
    if (one === undefined || again === undefined || other === undefined) throw new Error('three forks were made');

    expect(seen(one)).toEqual(present);
    for (const habitat of [one, again, other]) {
      DEEDS['delete a pod'](habitat.objects);
      live(habitat, 30);
    }
    expect(seen(again)).toEqual(seen(one));
    expect(other.world.metricsText()).not.toBe(one.world.metricsText());
    expect(namesOf(other)).not.toEqual(namesOf(one));
  });
});

function namesOf({ objects }: Habitat): readonly string[] {
  return objects.list('pods').map(({ metadata }) => metadata.name);
}
