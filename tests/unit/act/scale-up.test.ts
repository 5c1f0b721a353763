import { afterEach, describe, expect, test } from '@jest/globals';
import { scaleUp } from '../../../src/act/remedies/scale-up.ts';
import type { CauseName, Evidence } from '../../../src/domain/diagnosis.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import type { NewObject, OwnerReference } from '../../../src/simulator/objects.ts';
import { podEvidence, stateEvidence } from '../../builders/incident.ts';
import {
  AN_OPERATOR,
  aNamedNode,
  anHpa,
  aScaledObject,
  cartIn,
  CART,
  scalingWorld,
  using,
  type ScalingParts,
  type Using,
} from '../../builders/scaling.ts';
import type { SimulatedCluster } from '../../fakes/simulated-cluster.ts';

let world: SimulatedCluster;

afterEach(async () => {
  await world.close();
});

const overload = { cause: 'cpu-saturation' } as const;
const DEPLOYMENT_PATH = '/apis/apps/v1/namespaces/shop/deployments/cart';
const HPA_PATH = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/cart';
const KEDA_PATH = '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/cart-scaler';
const HELD_BY = '/metadata/annotations/autoheal.io~1held-by';
const ORIGINAL = '/metadata/annotations/autoheal.io~1original';

async function open(parts: ScalingParts = {}): Promise<Using> {
  world = await scalingWorld(parts);
  return using(world, scaleUp, overload);
}

function annotationsFor(field: string, was: number | null, left: number): Readonly<Record<string, string>> {
  return {
    'autoheal.io/action-id': 'inc-1/1',
    'autoheal.io/held-by': 'inc-1/1',
    'autoheal.io/original': JSON.stringify({ [`/spec/${field}`]: { was, left } }),
  };
}

function aQuota(hard: Readonly<Record<string, string>>, used: Readonly<Record<string, string>>): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'team', namespace: 'shop' },
    spec: { hard },
    status: { hard, used },
  };
}

describe('what is sent', () => {
  test('more replicas are a marked merge patch on the workload itself, for a time', async () => {
    const asked = await open();
    const { uid, resourceVersion } = cartIn(world).metadata;

    const intent = await asked.planned();

    expect(intent).toMatchObject({ uid, resourceVersion, summary: 'replicas 2 -> 3' });
    expect(intent.write).toEqual({
      method: 'PATCH',
      path: DEPLOYMENT_PATH,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { uid, resourceVersion, annotations: annotationsFor('replicas', 2, 3) },
        spec: { replicas: 3 },
      },
    });
    expect(intent.undo).toEqual({
      target: intent.target,
      uid,
      path: DEPLOYMENT_PATH,
      expect: { [HELD_BY]: 'inc-1/1', '/spec/replicas': 3 },
      restore: { [HELD_BY]: null, [ORIGINAL]: null, '/spec/replicas': 2 },
    });
    expect(intent.giveBack).toEqual({ afterMs: 900_000, when: 'load-allows' });
    expect(world.writes()).toEqual([]);
  });

  test.each([
    { name: 'half as many again without signals', replicas: 4, signals: {}, wanted: 6 },
    { name: 'as many as the CPU needs', replicas: 4, signals: { cpu_per_limit: 0.96 }, wanted: 7 },
    { name: 'at most the factor of the policy', replicas: 3, signals: { cpu_per_limit: 3 }, wanted: 6 },
    { name: 'at most the maximum of the policy', replicas: 8, signals: {}, wanted: 10 },
    { name: 'one replica becomes two', replicas: 1, signals: {}, wanted: 2 },
  ])('how many replicas: $name', async ({ replicas, signals, wanted }) => {
    world = await scalingWorld({ replicas });

    const intent = await using(world, scaleUp, { ...overload, found: { signals } }).planned();

    expect(intent.write.body).toMatchObject({ spec: { replicas: wanted } });
  });

  test.each([
    {
      name: 'at its maximum, the maximum',
      hpa: { min: 2, max: 4, current: 4 },
      replicas: 4,
      field: 'maxReplicas',
      was: 4,
      left: 6,
    },
    {
      name: 'below it, the minimum',
      hpa: { min: 2, max: 6, current: 2 },
      replicas: 2,
      field: 'minReplicas',
      was: 2,
      left: 3,
    },
    {
      name: 'the minimum up to the maximum only',
      hpa: { min: 2, max: 5, current: 4 },
      replicas: 4,
      field: 'minReplicas',
      was: 2,
      left: 5,
    },
    {
      name: 'a minimum that was left out',
      hpa: { max: 6, current: 2 },
      replicas: 2,
      field: 'minReplicas',
      was: null,
      left: 3,
    },
  ])('an autoscaler is raised: $name', async ({ hpa, replicas, field, was, left }) => {
    const asked = await open({ replicas, more: { horizontalpodautoscalers: [anHpa(hpa)] } });

    const intent = await asked.planned();

    const { uid, resourceVersion } = intent;
    expect(intent.target.kind).toBe('HorizontalPodAutoscaler');
    expect(intent.write).toEqual({
      method: 'PATCH',
      path: HPA_PATH,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { uid, resourceVersion, annotations: annotationsFor(field, was, left) },
        spec: { [field]: left },
      },
    });
    expect(intent.undo).toMatchObject({ path: HPA_PATH, restore: { [`/spec/${field}`]: was } });
    expect(intent.giveBack).toEqual({ afterMs: 900_000, when: field === 'maxReplicas' ? 'load-allows' : 'always' });
  });

  test.each([
    {
      name: 'below its maximum, the minimum',
      spec: { minReplicaCount: 1, maxReplicaCount: 8 },
      field: 'minReplicaCount',
      was: 1,
      left: 3,
    },
    { name: 'at its maximum, the maximum', spec: { maxReplicaCount: 2 }, field: 'maxReplicaCount', was: 2, left: 3 },
    { name: 'bounds that were left out', spec: {}, field: 'minReplicaCount', was: null, left: 3 },
  ])('a ScaledObject of KEDA is raised in place of its autoscaler: $name', async ({ spec, field, was, left }) => {
    const asked = await open({ more: { scaledobjects: [aScaledObject(spec)] } });
    const keda = world.objects.get('scaledobjects', 'shop', 'cart-scaler');
    world.objects.create(
      'horizontalpodautoscalers',
      anHpa({ max: 8 }, { name: 'keda-hpa-cart', ownerReferences: [ownerOf(keda?.metadata.uid ?? '')] }),
    );

    const intent = await asked.planned();

    const { uid, resourceVersion } = intent;
    expect(intent).toMatchObject({ apiVersion: 'keda.sh/v1alpha1', uid: keda?.metadata.uid });
    expect(intent.target).toEqual({ kind: 'ScaledObject', namespace: 'shop', name: 'cart-scaler' });
    expect(intent.write).toEqual({
      method: 'PATCH',
      path: KEDA_PATH,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { uid, resourceVersion, annotations: annotationsFor(field, was, left) },
        spec: { [field]: left },
      },
    });
    expect(intent.undo).toMatchObject({ apiVersion: 'keda.sh/v1alpha1', path: KEDA_PATH });
    expect(intent.giveBack?.when).toBe(field === 'maxReplicaCount' ? 'load-allows' : 'always');
  });
});

function ownerOf(uid: string): OwnerReference {
  return { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'cart-scaler', uid, controller: true };
}

describe('no more replicas than there is room for', () => {
  test('as many as the nodes can take, one after the other, and why not more', async () => {
    const asked = await open({ replicas: 4, nodes: [aNamedNode('node-1', '700m')] });

    const intent = await asked.planned();

    expect(intent.write.body).toMatchObject({ spec: { replicas: 5 } });
    expect(intent.summary).toBe(
      'replicas 4 -> 5 (not 6: 1 of 1 nodes: not enough cpu (needs 500m, 200m free at most))',
    );
  });

  test('as many as the quota allows, and why not more', async () => {
    const asked = await open({ replicas: 4, more: { resourcequotas: [aQuota({ pods: '5' }, { pods: '4' })] } });

    const intent = await asked.planned();

    expect(intent.write.body).toMatchObject({ spec: { replicas: 5 } });
    expect(intent.summary).toBe('replicas 4 -> 5 (not 6: quota team has 1 of 5 pods left, a pod needs 1)');
  });

  test('an autoscaler may go no further than there is room', async () => {
    const asked = await open({
      replicas: 4,
      nodes: [aNamedNode('node-1', '700m')],
      more: { horizontalpodautoscalers: [anHpa({ min: 2, max: 4, current: 4 })] },
    });

    const intent = await asked.planned();

    expect(intent.write.body).toMatchObject({ spec: { maxReplicas: 5 } });
  });

  test('what other pods have requested is not there for it', async () => {
    const other: NewObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'other', namespace: 'elsewhere' },
      spec: { nodeName: 'node-1', containers: [{ name: 'a', image: 'a', resources: { requests: { cpu: '3600m' } } }] },
      status: { phase: 'Running' },
    };
    const asked = await open({ more: { pods: [other] } });

    expect(await asked.plan()).toMatchObject({ kind: 'refused', refusal: { code: 'no-node-fits' } });
    world.touch('pods', 'other', (pod) => ({ ...pod, status: { phase: 'Succeeded' } }));
    expect(await asked.plan()).toMatchObject({ kind: 'planned' });
  });
});

interface Refused extends ScalingParts {
  readonly name: string;
  readonly cause?: CauseName;
  readonly found?: Partial<Evidence>;
  readonly code: RefusalCode;
  readonly why?: string;
  readonly suggests?: string;
}

const hpas = (...list: readonly NewObject[]): Pick<ScalingParts, 'more'> => ({
  more: { horizontalpodautoscalers: list },
});
const keda = (metadata: Partial<NewObject['metadata']>): Pick<ScalingParts, 'more'> => ({
  more: { scaledobjects: [aScaledObject({}, metadata)] },
});

const refusals: readonly Refused[] = [
  { name: 'a cause it does not cure', cause: 'memory-leak', code: 'does-not-cure' },
  { name: 'a dependency that fails', cause: 'dependency-failure', code: 'upstream-cause' },
  {
    name: 'a pod that waits for a node',
    found: { pods: [podEvidence('cart-a', { unschedulable: 'no node' })] },
    code: 'at-upper-bound',
  },
  { name: 'scaled to zero on purpose', replicas: 0, code: 'at-lower-bound' },
  { name: 'as many as the policy allows', replicas: 10, code: 'at-upper-bound' },
  {
    name: 'replicas that Argo CD owns',
    annotations: { 'argocd.argoproj.io/tracking-id': 'cart' },
    code: 'gitops-owned',
  },
  { name: 'the operator of a custom resource', owners: [AN_OPERATOR], code: 'operator-owned' },
  {
    name: 'a ScaledObject that Flux owns',
    ...keda({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'cart' } }),
    code: 'gitops-owned',
  },
  {
    name: 'an autoscaler that Flux owns',
    ...hpas(anHpa({ max: 8 }, { labels: { 'helm.toolkit.fluxcd.io/name': 'cart' } })),
    code: 'gitops-owned',
  },
  {
    name: 'a ScaledObject that is paused',
    ...keda({ annotations: { 'autoscaling.keda.sh/paused': 'true' } }),
    code: 'paused',
    why: 'ScaledObject cart-scaler is paused (autoscaling.keda.sh/paused); somebody holds it',
    suggests: 'remove the annotation',
  },
  {
    name: 'a ScaledObject that is paused at a number',
    ...keda({ annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } }),
    code: 'paused',
  },
  {
    name: 'an autoscaler of a kind that AutoHeal does not know',
    ...hpas(
      anHpa(
        { max: 8 },
        {
          ownerReferences: [
            { apiVersion: 'acme.example/v1', kind: 'AutoPilot', name: 'cart', uid: 'u', controller: true },
          ],
        },
      ),
    ),
    code: 'autoscaler-owned',
    why: 'autoscaler cart belongs to AutoPilot cart, which would put back what is changed on it',
    suggests: 'change the bounds in AutoPilot cart',
  },
  {
    name: 'an autoscaler whose ScaledObject is gone',
    ...hpas(anHpa({ max: 8 }, { ownerReferences: [ownerOf('gone')] })),
    code: 'autoscaler-owned',
  },
  {
    name: 'two autoscalers for one workload',
    ...hpas(anHpa({ max: 8 }), anHpa({ max: 8 }, { name: 'cart-2' })),
    code: 'autoscaler-owned',
    why: '2 autoscalers claim the workload: cart, cart-2',
  },
  {
    name: 'a ScaledObject beside an autoscaler of its own',
    more: { scaledobjects: [aScaledObject({})], horizontalpodautoscalers: [anHpa({ max: 8 })] },
    code: 'autoscaler-owned',
    why: '2 autoscalers claim the workload: ScaledObject cart-scaler, cart',
  },
  {
    name: 'an autoscaler at the maximum of the policy',
    replicas: 9,
    ...hpas(anHpa({ max: 10, current: 10 })),
    code: 'at-upper-bound',
  },
  {
    name: 'an autoscaler whose minimum is there already',
    ...hpas(anHpa({ min: 3, max: 6, current: 2 })),
    code: 'at-upper-bound',
    why: "the autoscaler's minimum is 3 already; it is still adding pods",
  },
  {
    name: 'an autoscaler that is still adding the pods that there is room for',
    nodes: [aNamedNode('node-1', '700m')],
    replicas: 4,
    ...hpas(anHpa({ min: 5, max: 9, current: 4 })),
    code: 'at-upper-bound',
  },
  {
    name: 'no room on any node',
    nodes: [aNamedNode('node-1', '400m'), aNamedNode('node-2', '4', { spec: { unschedulable: true } })],
    code: 'no-node-fits',
    why: 'no node can take another pod: 1 of 2 nodes: not enough cpu (needs 500m, 400m free at most); 1 of 2 nodes: cordoned',
    suggests: 'add a node (scale-nodes), or lower what the pods request',
  },
  {
    name: 'no room for an autoscaler either',
    nodes: [aNamedNode('node-1', '400m')],
    ...hpas(anHpa({ min: 2, max: 2, current: 2 })),
    code: 'no-node-fits',
  },
  {
    name: 'a quota that is used up',
    more: { resourcequotas: [aQuota({ 'requests.cpu': '1' }, { 'requests.cpu': '1' })] },
    code: 'quota-exceeded',
    why: 'quota team has 0 of 1 requests.cpu left, a pod needs 500m',
    suggests: 'raise the quota of namespace shop, or lower what its pods request',
  },
];

describe('what is refused, without a write', () => {
  test.each(refusals)(
    '$name -> $code',
    async ({ cause = 'cpu-saturation', found = {}, code, why, suggests, ...parts }) => {
      world = await scalingWorld(parts);
      const asked = using(world, scaleUp, { cause, found });

      const answer = await asked.plan();

      expect(answer).toMatchObject({
        kind: 'refused',
        refusal: {
          code,
          ...(why === undefined ? {} : { why }),
          ...(suggests === undefined ? {} : { suggest: suggests }),
        },
      });
      expect(scaleUp.refusals).toContain(code);
      expect(world.writes()).toEqual([]);
    },
  );

  test('another workload under the name, or none -> changed-since', async () => {
    await open();
    const { uid } = cartIn(world).metadata;
    world.objects.remove('deployments', 'shop', 'cart');
    world.objects.create('deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'cart', namespace: 'shop', labels: CART },
      spec: { replicas: 2, selector: { matchLabels: CART }, template: { spec: { containers: [] } } },
    });

    const answer = await using(world, scaleUp, { ...overload, uid }).plan();

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('replicas that the evidence shows to be many already', async () => {
    world = await scalingWorld();
    const asked = using(world, scaleUp, { ...overload, found: { state: stateEvidence({ desired: 10 }) } });

    expect(await asked.plan()).toMatchObject({ kind: 'refused', refusal: { code: 'at-upper-bound' } });
  });
});

describe('on the cluster', () => {
  const owners: readonly (ScalingParts & { readonly name: string; readonly read: () => unknown })[] = [
    { name: 'the workload', read: () => cartIn(world).spec?.['replicas'] },
    {
      name: 'an autoscaler',
      ...hpas(anHpa({ min: 2, max: 8 })),
      read: () => world.objects.get('horizontalpodautoscalers', 'shop', 'cart')?.spec?.['minReplicas'],
    },
    {
      name: 'a ScaledObject',
      more: { scaledobjects: [aScaledObject({ minReplicaCount: 2 })] },
      read: () => world.objects.get('scaledobjects', 'shop', 'cart-scaler')?.spec?.['minReplicaCount'],
    },
  ];

  test.each(owners)(
    'is written once, recognised afterwards, and undone, with its own rights only: $name',
    async ({ read, ...parts }) => {
      const asked = await open({ ...parts, rbac: scaleUp.rbac });
      const intent = await asked.planned();

      const results = [await asked.execute(intent), await asked.execute(intent)];
      const written = world.writes().length;
      const left = read();
      const undone = [await asked.undo(intent), await asked.undo(intent)];

      expect(results.map(({ kind }) => kind)).toEqual(['done', 'already-done']);
      expect([written, left]).toEqual([1, 3]);
      expect(undone.map(({ kind }) => kind)).toEqual(['undone', 'already-undone']);
      expect(read()).toBe(2);
      expect(JSON.stringify(world.objects.list('deployments'))).not.toContain('autoheal.io/held-by');
      expect(world.writes()).toHaveLength(2);
    },
  );

  test('an object that was changed after the plan is left alone', async () => {
    const asked = await open();
    const intent = await asked.planned();
    world.touch('deployments', 'cart', (object) => ({ ...object, spec: { ...object.spec, replicas: 5 } }));

    const result = await asked.execute(intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('of two changes in a row the later one puts back what was there before the first', async () => {
    world = await scalingWorld({ annotations: { keep: 'me' } });
    const [first, second] = ['inc-1', 'inc-2'].map((incident) => using(world, scaleUp, { ...overload, incident }));
    if (first === undefined || second === undefined) throw new Error('two are asked');
    const earlier = await first.planned();
    await first.execute(earlier);
    const later = await second.planned();
    await second.execute(later);

    const tooEarly = await first.undo(earlier);
    const between = cartIn(world).spec?.['replicas'];
    const answer = await second.undo(later);

    expect([later.summary, between]).toEqual(['replicas 3 -> 5', 5]);
    expect(tooEarly).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(answer.kind).toBe('undone');
    expect(cartIn(world).spec?.['replicas']).toBe(2);
    expect(cartIn(world).metadata.annotations).toEqual({ keep: 'me', 'autoheal.io/action-id': 'inc-2/1/undo' });
  });

  test('a number that a person set in between is theirs', async () => {
    world = await scalingWorld();
    const asked = using(world, scaleUp, overload);
    const intent = await asked.planned();
    await asked.execute(intent);
    world.touch('deployments', 'cart', (object) => ({ ...object, spec: { ...object.spec, replicas: 7 } }));

    const answer = await asked.undo(intent);

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(cartIn(world).spec?.['replicas']).toBe(7);
  });

  test('a hold that a person took away keeps what is there', async () => {
    const asked = await open();
    const intent = await asked.planned();
    await asked.execute(intent);
    world.touch('deployments', 'cart', (object) => ({ ...object, metadata: { ...object.metadata, annotations: {} } }));

    expect(await asked.undo(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
  });

  test('without KEDA in the cluster nothing is asked of it', async () => {
    world = await scalingWorld({ custom: [] });

    expect(await using(world, scaleUp, overload).plan()).toMatchObject({ kind: 'planned' });
  });

  test('a StatefulSet is scaled as well', async () => {
    const asked = await open({ kind: 'StatefulSet' });

    const intent = await asked.planned();

    expect(intent.write.path).toBe('/apis/apps/v1/namespaces/shop/statefulsets/cart');
    expect((await asked.execute(intent)).kind).toBe('done');
    expect(cartIn(world).spec?.['replicas']).toBe(3);
  });
});
