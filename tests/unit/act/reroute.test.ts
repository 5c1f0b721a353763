import { afterEach, describe, expect, test } from '@jest/globals';
import { reroute } from '../../../src/act/remedies/reroute.ts';
import { undo } from '../../../src/act/undo.ts';
import type { RemedyContext } from '../../../src/act/remedy.ts';
import type { CauseName } from '../../../src/domain/diagnosis.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import type { ObjectStore, StoredObject } from '../../../src/simulator/objects.ts';
import type { ServiceSpec } from '../../../src/simulator/world/spec.ts';
import { annotated, changed, openActing, planned, SERVICE, stored, type Acting } from '../../builders/acting.ts';
import { ACTION, context, crashing, LOCATED, NOW, podEvidence, stateEvidence } from '../../builders/incident.ts';

const FALLBACK = 'autoheal.io/fallback';
const CART: ServiceSpec = { ...SERVICE, annotations: { [FALLBACK]: 'service/spare' } };
const SPARE: ServiceSpec = { ...SERVICE, name: 'spare', replicas: 2 };
const SICK: CauseName = 'errors-after-rollout';

let acting: Acting | undefined;

afterEach(() => acting?.close());

async function open(
  arrange: (objects: ObjectStore) => void = () => {},
  services: readonly ServiceSpec[] = [CART, SPARE],
): Promise<Acting> {
  acting = await openActing(reroute, { services, arrange });
  return acting;
}

function podsOf(on: Acting, app: string): readonly StoredObject[] {
  return on.objects.list('pods', { namespace: 'shop' }).filter(({ metadata }) => metadata.labels?.['app'] === app);
}

function podNames(on: Acting): readonly string[] {
  return podsOf(on, 'cart').map(({ metadata }) => metadata.name);
}

/** Names the first pod of the workload, as an alert would. */
function oneBad(on: Acting): { readonly pods: readonly string[] } {
  return { pods: podNames(on).slice(0, 1) };
}

function edit(
  resource: string,
  name: string,
  change: (object: StoredObject) => object,
): (objects: ObjectStore) => void {
  // The changes keep the shape of the object.
  return (objects) => changed(objects, resource, name, (object) => ({ ...object, ...change(object) }));
}

describe('the quarantine of a bad pod', () => {
  test('takes away the label that Service and controller select it by, in one preconditioned write', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    const before = stored(on.objects, 'pods', name);

    const intent = planned(await on.plan('one-bad-pod', oneBad(on)));
    const result = await on.execute(intent);

    expect(result).toMatchObject({ kind: 'done' });
    expect(on.writes()).toMatchObject([
      {
        method: 'PATCH',
        path: `/api/v1/namespaces/shop/pods/${name}`,
        body: [
          { op: 'test', path: '/metadata/uid', value: before.metadata.uid },
          { op: 'test', path: '/metadata/resourceVersion', value: before.metadata.resourceVersion },
          { op: 'remove', path: '/metadata/labels/app' },
          { op: 'add', path: '/metadata/labels/autoheal.io~1quarantined-by', value: 'inc-1' },
          {
            op: 'add',
            path: '/metadata/annotations',
            value: { 'autoheal.io/action-id': ACTION, 'autoheal.io/held-by': ACTION },
          },
        ],
      },
    ]);
    expect(intent.giveBack).toMatchObject({ afterMs: 86_400_000, when: 'always', instead: { kind: 'evict' } });
  });

  test('is replaced at once, gets no traffic, and is kept', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    await on.execute(planned(await on.plan('one-bad-pod', oneBad(on))));
    on.run(30);

    expect(on.world.serving('shop/cart').map(({ metadata }) => metadata.name)).not.toContain(name);
    expect(on.world.serving('shop/cart')).toHaveLength(3);
    expect(stored(on.objects, 'pods', name).metadata.deletionTimestamp).toBeUndefined();
    expect(stored(on.objects, 'pods', name).metadata.ownerReferences).toBeUndefined();
  });

  test('is evicted when its time is over, but not when somebody has taken it over', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    const intent = planned(await on.plan('one-bad-pod', oneBad(on)));
    await on.execute(intent);
    on.run(30);
    const instead = intent.giveBack?.instead;
    if (instead === undefined) throw new Error('it is evicted in the end');
    const ids = { actionId: ACTION, undoId: 'undo-1' };
    annotated(on.objects, 'pods', name, { 'autoheal.io/held-by': 'ada' });
    const kept = await undo(instead, on.cluster, ids);
    annotated(on.objects, 'pods', name, { 'autoheal.io/held-by': ACTION });

    const evicted = await undo(instead, on.cluster, ids);
    on.run(60);

    expect([kept.kind, evicted.kind]).toEqual(['refused', 'undone']);
    expect(on.objects.get('pods', 'shop', name)).toBeUndefined();
  });

  test('is undone exactly: its controller takes it back', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    const { labels, ownerReferences } = stored(on.objects, 'pods', name).metadata;
    const intent = planned(await on.plan('one-bad-pod', oneBad(on)));
    await on.execute(intent);
    on.run(5);

    expect(await on.undo(intent)).toMatchObject([{ kind: 'undone' }]);
    const { metadata } = stored(on.objects, 'pods', name);
    expect(metadata.labels).toEqual(labels);
    expect(metadata.annotations).toEqual({ 'autoheal.io/action-id': 'undo-1' });
    on.run(5);
    expect(stored(on.objects, 'pods', name).metadata.ownerReferences).toEqual(ownerReferences);
    expect(podsOf(on, 'cart').filter((pod) => pod.metadata.deletionTimestamp === undefined)).toHaveLength(3);
  });

  test('is not undone when somebody changed a label meanwhile', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    const intent = planned(await on.plan('one-bad-pod', oneBad(on)));
    await on.execute(intent);
    changed(on.objects, 'pods', name, (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, app: 'debug' } },
    }));

    expect(await on.undo(intent)).toMatchObject([{ kind: 'refused', refusal: { code: 'changed-since' } }]);
    expect(on.writes()).toHaveLength(1);
  });

  test('after a crash between write and record it is recognised, and sent no second time', async () => {
    const on = await open();
    const intent = planned(await on.plan('one-bad-pod', oneBad(on)));
    await on.execute(intent);

    expect(await reroute.tookEffect(intent, on.cluster)).toMatchObject({ kind: 'yes' });
    expect(await on.execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(on.writes()).toHaveLength(1);
  });

  test('is not sent when the pod changed after the plan', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    const intent = planned(await on.plan('one-bad-pod', oneBad(on)));
    annotated(on.objects, 'pods', name, { looked: 'at' });

    expect(await on.execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test('leaves a Service by its own labels where it selects by others than the controller', async () => {
    const on = await open((objects) => {
      const labels = { tier: 'web' };
      for (const pod of objects.list('pods').filter(({ metadata }) => metadata.labels?.['app'] === 'cart')) {
        objects.update('pods', {
          ...pod,
          metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...labels } },
        });
      }
      changed(objects, 'services', 'cart', (each) => ({ ...each, spec: { ...each.spec, selector: labels } }));
    });

    const { write } = planned(await on.plan('one-bad-pod', oneBad(on)));

    expect(write.body).toContainEqual({ op: 'remove', path: '/metadata/labels/tier' });
    expect(write.body).toContainEqual({ op: 'remove', path: '/metadata/labels/app' });
  });
});

const ROUTED: ServiceSpec = { ...CART, route: { name: 'cart', fallback: 'spare' } };

function route(on: Acting): unknown {
  return stored(on.objects, 'httproutes', 'cart').spec;
}

describe('the shift to a stand-in', () => {
  test('sets the weights of the route that has both', async () => {
    const on = await open(undefined, [ROUTED, SPARE]);
    const before = route(on);
    const { uid, resourceVersion } = stored(on.objects, 'httproutes', 'cart').metadata;

    const intent = planned(await on.plan(SICK));
    await on.execute(intent);

    const held = {
      '/spec/rules/0/backendRefs/0/weight': { was: 100, left: 0 },
      '/spec/rules/0/backendRefs/1/weight': { was: 0, left: 100 },
    };
    expect(on.writes()).toMatchObject([
      {
        method: 'PATCH',
        path: '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/cart',
        body: [
          { op: 'test', path: '/metadata/uid', value: uid },
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          { op: 'add', path: '/spec/rules/0/backendRefs/0/weight', value: 0 },
          { op: 'add', path: '/spec/rules/0/backendRefs/1/weight', value: 100 },
          {
            op: 'add',
            path: '/metadata/annotations',
            value: {
              'autoheal.io/action-id': ACTION,
              'autoheal.io/held-by': ACTION,
              'autoheal.io/original': JSON.stringify(held),
            },
          },
        ],
      },
    ]);
    expect(intent.giveBack).toEqual({ afterMs: 900_000, when: 'workload-healthy' });
    expect(await on.execute(intent)).toMatchObject({ kind: 'already-done' });

    expect(await on.undo(intent)).toMatchObject([{ kind: 'undone' }]);
    expect(route(on)).toEqual(before);
    expect(stored(on.objects, 'httproutes', 'cart').metadata.annotations).toEqual({
      'autoheal.io/action-id': 'undo-1',
    });
  });

  test('is not undone when somebody put another rule before it', async () => {
    const on = await open(undefined, [ROUTED, SPARE]);
    const intent = planned(await on.plan(SICK));
    await on.execute(intent);
    edit('httproutes', 'cart', ({ spec = {} }) => {
      const rules = spec['rules'] as object[]; // It has been read as a route.
      return { spec: { ...spec, rules: [...rules, ...rules] } };
    })(on.objects);

    expect(await on.undo(intent)).toMatchObject([{ kind: 'refused', refusal: { code: 'changed-since' } }]);
    expect(on.writes()).toHaveLength(1);
  });

  test('else replaces the selector of the Service, and puts it back exactly', async () => {
    const on = await open(edit('services', 'cart', ({ spec }) => ({ spec: { ...spec, note: 'mine' } })));
    const before = stored(on.objects, 'services', 'cart').spec;

    const intent = planned(await on.plan(SICK));
    await on.execute(intent);

    expect(on.writes()).toMatchObject([
      {
        method: 'PATCH',
        path: '/api/v1/namespaces/shop/services/cart',
        body: [
          { op: 'test', path: '/metadata/uid' },
          { op: 'test', path: '/metadata/resourceVersion' },
          { op: 'replace', path: '/spec/selector', value: { app: 'spare' } },
          { op: 'add', path: '/metadata/annotations' },
        ],
      },
    ]);
    on.run(10);
    expect(on.world.serving('shop/cart').map(({ metadata }) => metadata.labels?.['app'])).toEqual(['spare', 'spare']);
    expect(await reroute.tookEffect(intent, on.cluster)).toMatchObject({ kind: 'yes' });
    expect(await on.execute(intent)).toMatchObject({ kind: 'already-done' });

    expect(await on.undo(intent)).toMatchObject([{ kind: 'undone' }]);
    expect(stored(on.objects, 'services', 'cart').spec).toEqual(before);
  });

  test('is not undone when somebody changed the selector meanwhile', async () => {
    const on = await open();
    const intent = planned(await on.plan(SICK));
    await on.execute(intent);
    edit('services', 'cart', ({ spec }) => ({ spec: { ...spec, selector: { app: 'third' } } }))(on.objects);

    expect(await on.undo(intent)).toMatchObject([{ kind: 'refused', refusal: { code: 'changed-since' } }]);
    expect(on.writes()).toHaveLength(1);
  });

  test('is not sent when the Service changed after the plan', async () => {
    const on = await open();
    const intent = planned(await on.plan(SICK));
    annotated(on.objects, 'services', 'cart', { looked: 'at' });

    expect(await on.execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test('costs nothing, and the quarantine one pod', () => {
    const shift = context(SICK, { found: { state: stateEvidence({ annotations: { [FALLBACK]: 'service/spare' } }) } });
    const quarantine = context('one-bad-pod', { location: { ...LOCATED, pods: ['cart-2-a'] } });

    expect(reroute.disruption(shift).readyReplicaMinutes).toBe(0);
    expect(reroute.disruption(quarantine).readyReplicaMinutes).toBeGreaterThan(0);
  });
});

interface Refused {
  readonly name: string;
  readonly cause: CauseName;
  readonly services?: readonly ServiceSpec[];
  readonly arrange?: (objects: ObjectStore) => void;
  readonly pods?: number;
  readonly expected: RefusalCode;
  readonly why: RegExp;
}

/** Makes the pods of the workload look as they do when they are not ready, all but so many. */
function unready(keep: number): (objects: ObjectStore) => void {
  return (objects) => {
    const pods = objects.list('pods').filter(({ metadata }) => metadata.labels?.['app'] === 'cart');
    for (const pod of pods.slice(0, pods.length - keep)) {
      objects.update('pods', { ...pod, status: { ...pod.status, conditions: [{ type: 'Ready', status: 'False' }] } });
    }
  };
}

function withPods(change: (spec: Record<string, unknown>) => object): (objects: ObjectStore) => void {
  return (objects) => {
    for (const pod of objects.list('pods').filter(({ metadata }) => metadata.labels?.['app'] === 'cart')) {
      objects.update('pods', { ...pod, spec: { ...pod.spec, ...change({ ...pod.spec }) } });
    }
  };
}

const GITOPS = { 'argocd.argoproj.io/tracking-id': 'shop:/Service:shop/cart' };

const refusals: readonly Refused[] = [
  {
    name: 'no pod is plainly bad',
    cause: 'one-bad-pod',
    expected: 'no-pod-named',
    why: /no alert names a living pod/,
  },
  { name: 'two pods may be the bad one', cause: 'one-bad-pod', pods: 2, expected: 'no-pod-named', why: /2 pods could/ },
  {
    name: 'no other pod is ready',
    cause: 'one-bad-pod',
    pods: 1,
    services: [{ ...CART, replicas: 1 }],
    expected: 'last-healthy-pod',
    why: /no pod of the workload is ready besides/,
  },
  {
    name: 'only the bad pod is ready',
    cause: 'one-bad-pod',
    arrange: unready(0),
    pods: 1,
    expected: 'last-healthy-pod',
    why: /no pod of the workload is ready besides/,
  },
  {
    name: 'a StatefulSet waits for the name',
    cause: 'one-bad-pod',
    pods: 1,
    services: [{ ...CART, kind: 'StatefulSet' }],
    expected: 'wrong-kind',
    why: /keeps its name/,
  },
  {
    name: 'the pod holds a volume',
    cause: 'one-bad-pod',
    pods: 1,
    arrange: withPods(() => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] })),
    expected: 'wrong-kind',
    why: /holds volume data/,
  },
  {
    name: 'the pod holds ports of its node',
    cause: 'one-bad-pod',
    pods: 1,
    arrange: withPods(() => ({ hostNetwork: true })),
    expected: 'wrong-kind',
    why: /holds ports of its node/,
  },
  {
    name: 'no Service reaches the pod',
    cause: 'one-bad-pod',
    pods: 1,
    arrange: (objects) => objects.remove('services', 'shop', 'cart'),
    expected: 'no-service',
    why: /no Service sends traffic to pod/,
  },
  {
    name: 'the budget allows no disruption',
    cause: 'one-bad-pod',
    pods: 1,
    services: [{ ...CART, budget: { minAvailable: 3 } }],
    expected: 'no-disruption-allowed',
    why: /budget/,
  },
  {
    name: 'no fallback is annotated',
    cause: SICK,
    arrange: (objects) => annotated(objects, 'deployments', 'cart', { [FALLBACK]: undefined }),
    expected: 'no-fallback',
    why: /no annotation/,
  },
  ...['spare', 'service/', 'service/Spare', 'service/a/b', 'http://evil.example', 'service/spare.other'].map(
    (value) => ({
      name: `the annotation is ${value}`,
      cause: SICK,
      arrange: (objects: ObjectStore) => annotated(objects, 'deployments', 'cart', { [FALLBACK]: value }),
      expected: 'no-fallback' as const,
      why: /names no Service/,
    }),
  ),
  {
    name: 'the fallback does not exist',
    cause: SICK,
    services: [CART],
    expected: 'no-fallback',
    why: /does not exist/,
  },
  {
    name: 'the fallback is outside the cluster',
    cause: SICK,
    arrange: edit('services', 'spare', ({ spec }) => ({ spec: { ...spec, type: 'ExternalName' } })),
    expected: 'no-fallback',
    why: /outside the cluster/,
  },
  {
    name: 'the fallback has no selector, and there is no route',
    cause: SICK,
    arrange: edit('services', 'spare', ({ spec }) => ({ spec: { ...spec, selector: {} } })),
    expected: 'no-fallback',
    why: /has no selector/,
  },
  {
    name: 'the fallback serves other ports',
    cause: SICK,
    arrange: edit('services', 'spare', ({ spec }) => ({
      spec: { ...spec, ports: [{ port: 8080, targetPort: 9090 }] },
    })),
    expected: 'no-fallback',
    why: /does not serve the ports/,
  },
  {
    name: 'all of the traffic goes to the fallback already',
    cause: SICK,
    services: [ROUTED, SPARE],
    arrange: edit('httproutes', 'cart', ({ spec }) => ({
      spec: {
        ...spec,
        rules: [
          {
            backendRefs: [
              { name: 'cart', port: 8080, weight: 0 },
              { name: 'spare', port: 8080, weight: 1 },
            ],
          },
        ],
      },
    })),
    expected: 'no-fallback',
    why: /goes to Service spare already/,
  },
  {
    name: 'no endpoint of the fallback is ready',
    cause: SICK,
    services: [CART, { ...SPARE, replicas: 0 }],
    expected: 'fallback-not-healthy',
    why: /no endpoint that is ready/,
  },
  {
    name: 'the fallback leads to the ill workload',
    cause: SICK,
    arrange: edit('services', 'spare', ({ spec }) => ({ spec: { ...spec, selector: { app: 'cart' } } })),
    expected: 'fallback-not-healthy',
    why: /ill workload itself/,
  },
  {
    name: 'no Service leads to the workload',
    cause: SICK,
    arrange: (objects) => objects.remove('services', 'shop', 'cart'),
    expected: 'no-service',
    why: /no Service sends traffic/,
  },
  {
    name: 'its Service is headless',
    cause: SICK,
    arrange: edit('services', 'cart', ({ spec }) => ({ spec: { ...spec, clusterIP: 'None' } })),
    expected: 'no-service',
    why: /headless/,
  },
  {
    name: 'GitOps owns the Service',
    cause: SICK,
    arrange: (objects) => annotated(objects, 'services', 'cart', GITOPS),
    expected: 'gitops-owned',
    why: /argocd/i,
  },
  {
    name: 'GitOps owns the route',
    cause: SICK,
    services: [ROUTED, SPARE],
    arrange: (objects) => annotated(objects, 'httproutes', 'cart', GITOPS),
    expected: 'gitops-owned',
    why: /argocd/i,
  },
  {
    name: 'an operator owns the route',
    cause: SICK,
    services: [ROUTED, SPARE],
    arrange: edit('httproutes', 'cart', ({ metadata }) => ({
      metadata: {
        ...metadata,
        ownerReferences: [
          { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'cart', uid: 'canary', controller: true },
        ],
      },
    })),
    expected: 'operator-owned',
    why: /Canary/,
  },
];

describe('is refused, and nothing is sent, when', () => {
  test.each(refusals)('$name', async ({ cause, services, arrange, pods = 0, expected, why }) => {
    const on = await open(arrange, services);

    const plan = await on.plan(cause, { pods: podNames(on).slice(0, pods) });

    expect(plan).toMatchObject({ kind: 'refused', refusal: { code: expected, why: expect.stringMatching(why) } });
    expect(on.writes()).toEqual([]);
  });

  test('the workload is another one by now', async () => {
    const on = await open();

    expect(await on.plan(SICK, { uid: 'another' })).toMatchObject({ refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test('the bad pod is gone by now', async () => {
    const on = await open();
    const [name = ''] = podNames(on);
    const seen = await on.context('one-bad-pod', oneBad(on));
    on.objects.remove('pods', 'shop', name);

    const deps = { cluster: on.cluster, actionId: ACTION, rung: 1, cures: 'one-bad-pod', now: NOW } as const;
    expect(await reroute.plan(seen, deps)).toMatchObject({ refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test.each<{ name: string; given: RemedyContext; expected: RefusalCode }>([
    {
      name: 'a bare pod',
      given: context(SICK, { location: { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } } }),
      expected: 'bare-pod',
    },
    {
      name: 'a node',
      given: context(SICK, { location: { ...LOCATED, workload: { kind: 'Node', namespace: '', name: 'x' } } }),
      expected: 'wrong-kind',
    },
    { name: 'a cause that it does not cure', given: context('memory-leak'), expected: 'does-not-cure' },
    { name: 'tried before', given: context(SICK, { tried: ['reroute'] }), expected: 'already-tried' },
    { name: 'nothing annotated', given: context(SICK), expected: 'no-fallback' },
    { name: 'no bad pod', given: context('one-bad-pod'), expected: 'no-pod-named' },
    {
      name: 'no healthy pod besides',
      given: context('one-bad-pod', { found: { pods: [crashing('a'), podEvidence('b', { ready: false })] } }),
      expected: 'no-pod-named',
    },
    {
      name: 'a budget that allows nothing',
      given: context('one-bad-pod', {
        location: { ...LOCATED, pods: ['cart-2-a'] },
        found: { disruptionsAllowed: 0 },
      }),
      expected: 'no-disruption-allowed',
    },
  ])('the evidence shows $name', ({ given, expected }) => {
    expect(reroute.consider(given)).toMatchObject({ kind: 'refused', refusal: { code: expected } });
  });
});
