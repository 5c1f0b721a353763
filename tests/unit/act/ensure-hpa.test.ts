import { afterEach, describe, expect, test } from '@jest/globals';
import { ensureHpa } from '../../../src/act/remedies/ensure-hpa.ts';
import type { CauseName, Evidence } from '../../../src/domain/diagnosis.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import type { NewObject, StoredObject } from '../../../src/simulator/objects.ts';
import { stateEvidence } from '../../builders/incident.ts';
import {
  AN_OPERATOR,
  anHpa,
  aScaledObject,
  cartIn,
  scalingWorld,
  using,
  type ScalingParts,
} from '../../builders/scaling.ts';
import type { SimulatedCluster } from '../../fakes/simulated-cluster.ts';

let world: SimulatedCluster;

afterEach(async () => {
  await world.close();
});

const COLLECTION = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers';
const OWN = {
  labels: { 'app.kubernetes.io/managed-by': 'autoheal' },
  annotations: { 'autoheal.io/action-id': 'inc-0/1' },
};

function hpaNow(): StoredObject | undefined {
  return world.objects.get('horizontalpodautoscalers', 'shop', 'cart');
}

const hpas = (...list: readonly NewObject[]): Pick<ScalingParts, 'more'> => ({
  more: { horizontalpodautoscalers: list },
});

describe('where there is no autoscaler', () => {
  test('one is created, from the replicas there are up to the bounds of the policy', async () => {
    world = await scalingWorld({ replicas: 3 });

    const intent = await using(world, ensureHpa, { cause: 'cpu-saturation' }).planned();

    expect(intent).toMatchObject({
      target: { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'cart' },
      uid: '',
      resourceVersion: '',
      summary: 'create autoscaler cart: 3 to 6 replicas',
    });
    expect(intent.write).toEqual({
      method: 'POST',
      path: COLLECTION,
      contentType: 'application/json',
      body: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: {
          name: 'cart',
          namespace: 'shop',
          labels: { 'app.kubernetes.io/managed-by': 'autoheal' },
          annotations: { 'autoheal.io/action-id': 'inc-1/1' },
        },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
          minReplicas: 3,
          maxReplicas: 6,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
          ],
        },
      },
    });
    expect(intent.undo).toEqual({
      kind: 'delete',
      target: intent.target,
      uid: '',
      path: `${COLLECTION}/cart`,
      expect: { '/spec/minReplicas': 3, '/spec/maxReplicas': 6 },
    });
    expect(intent.giveBack).toBeUndefined();
    expect(hpaNow()).toBeUndefined();
  });

  test('is created once, recognised after a crash, and deleted by the undo, with its own rights only', async () => {
    world = await scalingWorld({ rbac: ensureHpa.rbac });
    const asked = using(world, ensureHpa, { cause: 'cpu-saturation' });
    const intent = await asked.planned();

    const results = [await asked.execute(intent), await asked.execute(intent)];
    const written = world.writes().length;
    const made = hpaNow();
    const undone = [await asked.undo(intent), await asked.undo(intent)];

    expect(results.map(({ kind }) => kind)).toEqual(['done', 'already-done']);
    expect(written).toBe(1);
    expect(made?.metadata.annotations).toEqual({ 'autoheal.io/action-id': 'inc-1/1' });
    expect(undone.map(({ kind }) => kind)).toEqual(['undone', 'already-undone']);
    expect(hpaNow()).toBeUndefined();
  });

  test('what somebody made of it since stays', async () => {
    world = await scalingWorld();
    const asked = using(world, ensureHpa, { cause: 'cpu-saturation' });
    const intent = await asked.planned();
    await asked.execute(intent);
    world.touch('horizontalpodautoscalers', 'cart', (object) => ({
      ...object,
      spec: { ...object.spec, maxReplicas: 40 },
    }));

    const answer = await asked.undo(intent);

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(hpaNow()?.spec?.['maxReplicas']).toBe(40);
  });

  test('one that somebody else made meanwhile is left alone', async () => {
    world = await scalingWorld();
    const asked = using(world, ensureHpa, { cause: 'cpu-saturation' });
    const intent = await asked.planned();
    world.objects.create('horizontalpodautoscalers', anHpa({ max: 9 }));

    const result = await asked.execute(intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
    expect(await asked.undo(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(hpaNow()?.spec?.['maxReplicas']).toBe(9);
  });

  test.each([
    {
      name: 'a limit stands in for a request',
      containers: [{ name: 'a', image: 'a', resources: { limits: { cpu: '1' } } }],
    },
    {
      name: 'the request of the whole pod',
      containers: [{ name: 'a', image: 'a' }],
      podSpec: { resources: { requests: { cpu: '1' } } },
    },
    {
      name: 'an init container that ends needs none',
      podSpec: { initContainers: [{ name: 'init', image: 'a' }] },
    },
  ])('$name', async (parts) => {
    world = await scalingWorld(parts);

    expect(await using(world, ensureHpa, { cause: 'cpu-saturation' }).plan()).toMatchObject({ kind: 'planned' });
  });
});

describe('where there is one of AutoHeal’s', () => {
  test('its maximum is raised, and an undo sets it again', async () => {
    world = await scalingWorld({
      replicas: 4,
      rbac: ensureHpa.rbac,
      ...hpas(anHpa({ min: 2, max: 4, current: 4 }, OWN)),
    });
    const asked = using(world, ensureHpa, { cause: 'autoscaler-at-maximum' });
    const intent = await asked.planned();

    const results = [await asked.execute(intent), await asked.execute(intent)];
    const left = hpaNow();
    const answer = await asked.undo(intent);

    const { uid, resourceVersion } = intent;
    expect(intent.write).toEqual({
      method: 'PATCH',
      path: `${COLLECTION}/cart`,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { uid, resourceVersion, annotations: { 'autoheal.io/action-id': 'inc-1/1' } },
        spec: { maxReplicas: 8 },
      },
    });
    expect(intent.giveBack).toBeUndefined();
    expect(results.map(({ kind }) => kind)).toEqual(['done', 'already-done']);
    expect([left?.spec?.['maxReplicas'], answer.kind, hpaNow()?.spec?.['maxReplicas']]).toEqual([8, 'undone', 4]);
  });
});

interface Refused extends ScalingParts {
  readonly name: string;
  readonly cause?: CauseName;
  readonly found?: Partial<Evidence>;
  readonly code: RefusalCode;
  readonly suggests?: string;
}

const refusals: readonly Refused[] = [
  { name: 'a cause it does not cure', cause: 'memory-leak', code: 'does-not-cure' },
  { name: 'a dependency that fails', cause: 'dependency-failure', code: 'upstream-cause' },
  {
    name: 'an autoscaler of another name, by the evidence',
    found: { autoscaler: { name: 'web', min: 1, max: 4, current: 4, desired: 4, scalingActive: true } },
    code: 'autoscaler-exists',
  },
  { name: 'scaled to zero, by the evidence', found: { state: stateEvidence({ desired: 0 }) }, code: 'at-lower-bound' },
  { name: 'scaled to zero by now', replicas: 0, code: 'at-lower-bound' },
  {
    name: 'Argo CD, by the evidence',
    found: { state: stateEvidence({ annotations: { 'argocd.argoproj.io/tracking-id': 'cart' } }) },
    code: 'gitops-owned',
  },
  { name: 'the operator of a custom resource', owners: [AN_OPERATOR], code: 'operator-owned' },
  { name: 'Argo CD by now', annotations: { 'argocd.argoproj.io/tracking-id': 'cart' }, code: 'gitops-owned' },
  {
    name: 'an autoscaler that somebody else made',
    ...hpas(anHpa({ max: 2, current: 2 })),
    code: 'autoscaler-exists',
    suggests: 'check the bounds and the target of cart',
  },
  {
    name: 'one with the label alone',
    ...hpas(anHpa({ max: 2, current: 2 }, { labels: OWN.labels })),
    code: 'autoscaler-exists',
  },
  { name: 'a ScaledObject', more: { scaledobjects: [aScaledObject({})] }, code: 'autoscaler-exists' },
  {
    name: 'a paused ScaledObject',
    more: { scaledobjects: [aScaledObject({}, { annotations: { 'autoscaling.keda.sh/paused': 'true' } })] },
    code: 'autoscaler-exists',
  },
  {
    name: 'two of them',
    ...hpas(anHpa({ max: 2 }, OWN), anHpa({ max: 2 }, { name: 'web' })),
    code: 'autoscaler-exists',
  },
  {
    name: 'one of that name for another workload',
    ...hpas({
      ...anHpa({ max: 2 }, OWN),
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 2 },
    }),
    code: 'autoscaler-exists',
  },
  {
    name: 'a container without a request',
    containers: [
      { name: 'app', image: 'a', resources: { requests: { cpu: '1' } } },
      { name: 'side', image: 'a', resources: { requests: { memory: '1Gi' } } },
    ],
    code: 'no-requests-set',
    suggests: 'set resources.requests.cpu of container side',
  },
  {
    name: 'a sidecar without a request',
    podSpec: { initContainers: [{ name: 'mesh', image: 'a', restartPolicy: 'Always' }] },
    code: 'no-requests-set',
    suggests: 'set resources.requests.cpu of container mesh',
  },
  { name: 'as many as the policy allows', replicas: 10, code: 'at-upper-bound' },
  {
    name: 'AutoHeal’s own at the maximum of the policy',
    replicas: 10,
    ...hpas(anHpa({ max: 10, current: 10 }, OWN)),
    code: 'at-upper-bound',
  },
  {
    name: 'AutoHeal’s own below its maximum',
    ...hpas(anHpa({ max: 6, current: 3 }, OWN)),
    code: 'at-upper-bound',
  },
];

describe('what is refused, without a write', () => {
  test.each(refusals)('$name -> $code', async ({ cause = 'cpu-saturation', found = {}, code, suggests, ...parts }) => {
    world = await scalingWorld(parts);

    const answer = await using(world, ensureHpa, { cause, found }).plan();

    expect(answer).toMatchObject({
      kind: 'refused',
      refusal: { code, ...(suggests === undefined ? {} : { suggest: suggests }) },
    });
    expect(ensureHpa.refusals).toContain(code);
    expect(world.writes()).toEqual([]);
  });

  test('another workload under the name -> changed-since', async () => {
    world = await scalingWorld();

    const answer = await using(world, ensureHpa, { cause: 'cpu-saturation', uid: 'another' }).plan();

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(cartIn(world).metadata.annotations).toBeUndefined();
  });
});
