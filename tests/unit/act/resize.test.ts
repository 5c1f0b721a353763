import { afterEach, describe, expect, test } from '@jest/globals';
import { newLimit } from '../../../src/act/capacity/new-limit.ts';
import { resize } from '../../../src/act/remedies/resize.ts';
import type { RemedyContext } from '../../../src/act/remedy.ts';
import type { CauseName } from '../../../src/domain/diagnosis.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import { writesOf } from '../../../src/domain/remedy.ts';
import type { ObjectStore, StoredObject } from '../../../src/simulator/objects.ts';
import type { ServiceSpec, WorldSpec } from '../../../src/simulator/world/spec.ts';
import { annotated, changed, openActing, planned, SERVICE, stored, type Acting } from '../../builders/acting.ts';
import { ACTION, context, LOCATED, NOW, podEvidence, POLICY, stateEvidence } from '../../builders/incident.ts';

const MIB = 2 ** 20;
const RESIZED = 'autoheal.io/resized';
const TOO_LOW: CauseName = 'memory-limit-too-low';
const GUARANTEED: ServiceSpec = { ...SERVICE, requests: { cpu: '200m', memory: '128Mi' } };
const VPAS = {
  group: 'autoscaling.k8s.io',
  version: 'v1',
  plural: 'verticalpodautoscalers',
  kind: 'VerticalPodAutoscaler',
} as const;

let acting: Acting | undefined;

afterEach(() => acting?.close());

interface Given {
  readonly service?: ServiceSpec;
  readonly more?: Partial<WorldSpec>;
  readonly limits?: Partial<typeof POLICY.limits.resize>;
  readonly arrange?: (objects: ObjectStore) => void;
}

async function open({ service = SERVICE, more, limits, arrange }: Given = {}): Promise<Acting> {
  acting = await openActing(resize, {
    services: [service],
    limits: { resize: { ...POLICY.limits.resize, ...limits } },
    ...(more === undefined ? {} : { more }),
    ...(arrange === undefined ? {} : { arrange }),
  });
  return acting;
}

function pods(on: Acting): readonly StoredObject[] {
  return on.objects.list('pods', { namespace: 'shop' });
}

/** Limits and requests of the only container. */
function resourcesOf(spec: unknown): unknown {
  const { containers } = spec as { containers: readonly { resources: unknown }[] }; // A pod's spec.
  return containers[0]?.resources;
}

function template(on: Acting, resource = 'deployments'): unknown {
  const { spec = {} } = stored(on.objects, resource, 'cart');
  return resourcesOf((spec['template'] as { spec: unknown }).spec); // A workload's.
}

function editPods(change: (pod: StoredObject) => StoredObject): (objects: ObjectStore) => void {
  return (objects) => {
    for (const pod of objects.list('pods')) objects.update('pods', change(pod));
  };
}

function withStatus(change: (container: object) => object): (objects: ObjectStore) => void {
  return editPods((pod) => {
    const { status = {} } = pod;
    const containerStatuses = (status['containerStatuses'] as object[]).map(change); // A running pod's.
    return { ...pod, status: { ...status, containerStatuses } };
  });
}

/** Kubelets that know nothing of resizing say nothing of resources. */
const oldKubelets = withStatus((container) => ({ ...container, resources: undefined }));

describe('resize', () => {
  test('raises the limit of each running pod in place, and then the template, each in one preconditioned write', async () => {
    const on = await open();
    const before = pods(on);
    const deployment = stored(on.objects, 'deployments', 'cart').metadata;

    const intent = planned(await on.plan(TOO_LOW));
    const result = await on.execute(intent);

    const record = JSON.stringify({ 'app/memory': { original: '128Mi', left: '192Mi', at: NOW } });
    expect(result).toMatchObject({ kind: 'done' });
    expect(intent.summary).toBe('memory limit of container app 128Mi -> 192Mi; 3 pods in place, then the template');
    expect(on.writes().map(({ path, body }) => ({ path, body }))).toEqual([
      ...before.map(({ metadata: { name, uid, resourceVersion } }) => ({
        path: `/api/v1/namespaces/shop/pods/${name}/resize`,
        body: {
          metadata: { uid, resourceVersion, annotations: { 'autoheal.io/action-id': ACTION } },
          spec: { containers: [{ name: 'app', resources: { limits: { memory: '192Mi' } } }] },
        },
      })),
      {
        path: '/apis/apps/v1/namespaces/shop/deployments/cart',
        body: {
          metadata: {
            uid: deployment.uid,
            resourceVersion: deployment.resourceVersion,
            annotations: { 'autoheal.io/action-id': ACTION, [RESIZED]: record },
          },
          spec: {
            template: { spec: { containers: [{ name: 'app', resources: { limits: { memory: '192Mi' } } }] } },
          },
        },
      },
    ]);
    expect(template(on)).toMatchObject({ limits: { cpu: '200m', memory: '192Mi' }, requests: { memory: '64Mi' } });
    expect(pods(on).map(({ spec }) => resourcesOf(spec))).toMatchObject(
      before.map(() => ({ limits: { memory: '192Mi' } })),
    );
  });

  test('of CPU moves the CPU limit', async () => {
    const on = await open();

    await on.execute(planned(await on.plan('cpu-throttling')));

    expect(template(on)).toMatchObject({ limits: { cpu: '300m', memory: '128Mi' }, requests: { cpu: '100m' } });
  });

  test('of a guaranteed pod moves the request with the limit, because its class may not change', async () => {
    const on = await open({ service: GUARANTEED });

    const intent = planned(await on.plan(TOO_LOW));
    expect(await on.execute(intent)).toMatchObject({ kind: 'done' });

    const raised = { limits: { cpu: '200m', memory: '192Mi' }, requests: { cpu: '200m', memory: '192Mi' } };
    expect(template(on)).toEqual(raised);
    expect(pods(on).map(({ spec }) => resourcesOf(spec))).toEqual([raised, raised, raised]);
    expect(await on.undo(intent)).toMatchObject([{ kind: 'undone' }, ...pods(on).map(() => ({ kind: 'undone' }))]);
    expect(template(on)).toEqual({ limits: GUARANTEED.limits, requests: GUARANTEED.requests });
  });

  test.each([
    { kind: 'StatefulSet', resource: 'statefulsets' },
    { kind: 'DaemonSet', resource: 'daemonsets' },
  ] as const)('works on a $kind', async ({ kind, resource }) => {
    const on = await open({ service: { ...SERVICE, kind } });

    expect(await on.execute(planned(await on.plan(TOO_LOW)))).toMatchObject({ kind: 'done' });

    expect(template(on, resource)).toMatchObject({ limits: { memory: '192Mi' } });
  });

  test('where pods cannot be resized in place changes the template alone', async () => {
    const on = await open({ arrange: oldKubelets });

    const intent = planned(await on.plan(TOO_LOW));
    await on.execute(intent);

    expect(on.writes().map(({ path }) => path)).toEqual(['/apis/apps/v1/namespaces/shop/deployments/cart']);
    expect(intent).toMatchObject({ summary: expect.stringContaining('by a rollout') });
  });

  test('is undone exactly, on pods and template', async () => {
    const on = await open({ arrange: (objects) => annotated(objects, 'deployments', 'cart', { mine: 'yes' }) });
    const before = stored(on.objects, 'deployments', 'cart');
    const beforePods = pods(on).map(({ spec }) => spec);
    const intent = planned(await on.plan(TOO_LOW));
    await on.execute(intent);

    expect((await on.undo(intent)).map(({ kind }) => kind)).toEqual(['undone', 'undone', 'undone', 'undone']);

    const after = stored(on.objects, 'deployments', 'cart');
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.annotations).toEqual({
      ...before.metadata.annotations,
      'autoheal.io/action-id': 'undo-1',
    });
    expect(pods(on).map(({ spec }) => spec)).toEqual(beforePods);
  });

  test('is not undone in the template when somebody changed the limit since', async () => {
    const on = await open({ arrange: oldKubelets });
    const intent = planned(await on.plan(TOO_LOW));
    await on.execute(intent);
    setTemplate(on.objects, { limits: { cpu: '200m', memory: '1Gi' } });

    expect(await on.undo(intent)).toMatchObject([{ kind: 'refused', refusal: { code: 'changed-since' } }]);
    expect(on.writes()).toHaveLength(1);
  });

  test('after a crash between write and record each write is recognised, and sent no second time', async () => {
    const on = await open();
    const intent = planned(await on.plan(TOO_LOW));
    await on.execute(intent);

    const effects = await Promise.all(writesOf(intent).map((write) => resize.tookEffect(write, on.cluster)));

    expect(effects.map(({ kind }) => kind)).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(await on.execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(on.writes()).toHaveLength(4);
  });

  test('leaves out a pod that changed after the plan, and the template where that changed', async () => {
    const on = await open();
    const intent = planned(await on.plan(TOO_LOW));
    const [first] = pods(on);
    annotated(on.objects, 'pods', first?.metadata.name ?? '', { looked: 'at' });
    annotated(on.objects, 'deployments', 'cart', { looked: 'at' });

    expect(await on.execute(intent)).toMatchObject({ kind: 'done', left: [{ step: 0 }, { step: 3 }] });
    expect(on.writes()).toHaveLength(2);
    expect(template(on)).toMatchObject({ limits: { memory: '128Mi' } });
  });

  test('changes nothing where everything changed after the plan', async () => {
    const on = await open({ arrange: oldKubelets });
    const intent = planned(await on.plan(TOO_LOW));
    annotated(on.objects, 'deployments', 'cart', { looked: 'at' });

    expect(await on.execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test('takes what the node has left, where that is less', async () => {
    // Two of the three pods are on one node, with 64Mi requested for each.
    const nodes = [
      { name: 'node-1', cpu: '4', memory: '256Mi' },
      { name: 'node-2', cpu: '4', memory: '256Mi' },
    ];
    const on = await open({ more: { nodes }, limits: { factor: 4 } });

    const intent = planned(await on.plan(TOO_LOW));

    expect(intent.summary).toMatch(/128Mi -> 192Mi; .*not 512Mi: node node-\d has 128Mi of memory left, for 2 pods/);
  });

  test('takes what the quota has left, where that is less', async () => {
    const quotas = [{ namespace: 'shop', name: 'all', hard: { 'limits.memory': '480Mi' } }];
    const on = await open({ more: { quotas }, limits: { factor: 4 } });

    expect(planned(await on.plan(TOO_LOW)).summary).toMatch(/-> 160Mi; .*quota all has 96Mi of limits.memory left/);
  });

  test('says what the next helm upgrade does', async () => {
    const release = { 'meta.helm.sh/release-name': 'shop' };
    const on = await open({ arrange: (objects) => annotated(objects, 'deployments', 'cart', release) });

    expect(planned(await on.plan(TOO_LOW)).summary).toMatch(/helm upgrade/);
  });

  test('costs a rollout', () => {
    expect(resize.disruption(context(TOO_LOW)).readyReplicaMinutes).toBeGreaterThan(0);
    expect(
      resize.disruption(context(TOO_LOW, { found: { state: stateEvidence({ maxUnavailable: 0 }) } })),
    ).toMatchObject({ readyReplicaMinutes: 0 });
  });
});

function setTemplate(objects: ObjectStore, resources: object): void {
  changed(objects, 'deployments', 'cart', (each) => {
    const own = each.spec?.['template'] as { spec: { containers: object[] } }; // A Deployment's.
    const containers = own.spec.containers.map((container) => ({ ...container, resources }));
    return { ...each, spec: { ...each.spec, template: { ...own, spec: { ...own.spec, containers } } } };
  });
}

describe('the new limit', () => {
  const day = 24 * 3_600_000;
  const now = { resource: 'memory', limit: 128 * MIB, at: NOW } as const;
  const bounds = { factor: 2, maxMemory: '8Gi', maxCpu: '4' };

  test.each([
    { name: 'times the factor', given: now, last: undefined, expected: 256 },
    { name: 'at most the policy’s', given: { ...now, limit: 6000 * MIB }, last: undefined, expected: 8192 },
    {
      name: 'at most four times the first',
      given: { ...now, limit: 192 * MIB },
      last: ['64Mi', '192Mi'],
      expected: 256,
    },
    { name: 'from what somebody set since', given: now, last: ['16Mi', '64Mi'], expected: 256 },
  ])('$name', ({ given, last, expected }) => {
    const [original = '', left = ''] = last ?? [];
    const raise = last === undefined ? undefined : { original, left, at: NOW - 2 * day };

    expect(newLimit(given, raise, bounds)).toMatchObject({ kind: 'goal', amount: expected * MIB });
  });

  test('a program that leaks gets four times its limit at most, and that not within three days', () => {
    let [limit, at, raises] = [64 * MIB, NOW, 0];
    let last: { original: string; left: string; at: number } | undefined;
    for (let hour = 0; hour < 24 * 30; hour += 1, at += 3_600_000) {
      const goal = newLimit({ resource: 'memory', limit, at }, last, { ...bounds, factor: 1.5 });
      if (goal.kind === 'refused') continue;
      limit = goal.amount;
      raises += 1;
      last = { original: goal.original, left: String(goal.amount), at };
    }

    expect([limit, raises]).toEqual([256 * MIB, 4]);
  });
});

interface Refused extends Given {
  readonly name: string;
  readonly cause?: CauseName;
  readonly expected: RefusalCode;
  readonly why: RegExp;
}

const DAY_OLD = JSON.stringify({ 'app/memory': { original: '32Mi', left: '128Mi', at: NOW - 25 * 3_600_000 } });
const HOUR_OLD = JSON.stringify({ 'app/memory': { original: '100Mi', left: '128Mi', at: NOW - 3_600_000 } });

const refusals: readonly Refused[] = [
  {
    name: 'no limit is set',
    service: withoutLimits(),
    expected: 'no-limit-set',
    why: /nothing to raise/,
  },
  {
    name: 'no CPU limit is set',
    service: withoutLimits(),
    cause: 'cpu-throttling',
    expected: 'no-limit-set',
    why: /cpu/,
  },
  {
    name: 'the limit is at the policy’s bound',
    limits: { maxMemory: '128Mi' },
    expected: 'at-upper-bound',
    why: /128Mi is as much as the policy allows \(128Mi\)/,
  },
  {
    name: 'the CPU limit is at the policy’s bound',
    cause: 'cpu-saturation',
    limits: { maxCpu: '200m' },
    expected: 'at-upper-bound',
    why: /200m/,
  },
  {
    name: 'it was raised an hour ago',
    arrange: (objects) => annotated(objects, 'deployments', 'cart', { [RESIZED]: HOUR_OLD }),
    expected: 'at-upper-bound',
    why: /raised 1 h ago/,
  },
  {
    name: 'it is four times what it was',
    arrange: (objects) => annotated(objects, 'deployments', 'cart', { [RESIZED]: DAY_OLD }),
    expected: 'at-upper-bound',
    why: /4 times what it was \(32Mi\)/,
  },
  {
    name: 'GitOps owns it',
    arrange: (objects) => annotated(objects, 'deployments', 'cart', { 'argocd.argoproj.io/tracking-id': 'shop' }),
    expected: 'gitops-owned',
    why: /argocd/,
  },
  {
    name: 'an operator owns it',
    arrange: (objects) =>
      changed(objects, 'deployments', 'cart', (each) => ({
        ...each,
        metadata: {
          ...each.metadata,
          ownerReferences: [
            { apiVersion: 'example.com/v1', kind: 'Shop', name: 'shop', uid: 'shop', controller: true },
          ],
        },
      })),
    expected: 'operator-owned',
    why: /Shop/,
  },
  {
    name: 'a vertical autoscaler decides',
    more: { customResources: [VPAS] },
    arrange: (objects) =>
      void objects.create('verticalpodautoscalers', {
        apiVersion: 'autoscaling.k8s.io/v1',
        kind: 'VerticalPodAutoscaler',
        metadata: { name: 'cart', namespace: 'shop' },
        spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } },
      }),
    expected: 'autoscaler-owned',
    why: /VerticalPodAutoscaler cart/,
  },
  {
    name: 'its rollout is paused',
    arrange: (objects) =>
      changed(objects, 'deployments', 'cart', (each) => ({ ...each, spec: { ...each.spec, paused: true } })),
    expected: 'paused',
    why: /paused/,
  },
  {
    name: 'a rollout is under way, which is not held up by the illness itself',
    cause: 'cpu-throttling',
    arrange: (objects) =>
      changed(objects, 'deployments', 'cart', (each) => ({ ...each, status: { ...each.status, updatedReplicas: 1 } })),
    expected: 'rollout-in-progress',
    why: /1 of 3/,
  },
  {
    name: 'the node has nothing left',
    more: {
      nodes: [
        { name: 'node-1', cpu: '4', memory: '128Mi' },
        { name: 'node-2', cpu: '4', memory: '128Mi' },
      ],
    },
    expected: 'no-node-fits',
    why: /node node-\d has 0 of memory left/,
  },
  {
    name: 'the quota has nothing left',
    more: { quotas: [{ namespace: 'shop', name: 'all', hard: { 'limits.memory': '390Mi' } }] },
    expected: 'quota-exceeded',
    why: /quota all has 6Mi of limits.memory left/,
  },
];

function withoutLimits(): ServiceSpec {
  const { limits: _, ...rest } = SERVICE;
  return rest;
}

describe('is refused, and nothing is sent, when', () => {
  test.each(refusals)('$name', async ({ cause = TOO_LOW, expected, why, ...given }) => {
    const on = await open(given);

    const plan = await on.plan(cause);

    expect(plan).toMatchObject({ kind: 'refused', refusal: { code: expected, why: expect.stringMatching(why) } });
    expect(on.writes()).toEqual([]);
  });

  test('GitOps owns it, with the limit that Git should say', async () => {
    const on = await open({
      arrange: (objects) => annotated(objects, 'deployments', 'cart', { 'argocd.argoproj.io/tracking-id': 'shop' }),
    });

    expect(await on.plan(TOO_LOW)).toMatchObject({
      refusal: { suggest: expect.stringMatching(/the memory limit 192Mi for container app: .*Git/) },
    });
  });

  test('the API server finds it infeasible', async () => {
    const on = await open({ service: GUARANTEED });
    const { also: _, independent: __, ...first } = planned(await on.plan(TOO_LOW));
    // More than any node has, as when the node was replaced by a smaller one after the plan.
    const huge = { limits: { memory: '500Gi' }, requests: { memory: '500Gi' } };
    const body = { ...(first.write.body as object), spec: { containers: [{ name: 'app', resources: huge }] } };

    const result = await on.execute({ ...first, write: { ...first.write, body } });

    expect(result).toMatchObject({
      kind: 'refused',
      refusal: { code: 'infeasible', why: expect.stringContaining("node didn't have enough allocatable resources") },
    });
    // No right is missing, and nobody is told to grant one.
    expect(JSON.stringify(result)).not.toContain('the rule for it');
    expect(on.writes()).toEqual([]);
  });

  test.each<{ name: string; given: RemedyContext; expected: RefusalCode }>([
    {
      name: 'a bare pod',
      given: context(TOO_LOW, { location: { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } } }),
      expected: 'bare-pod',
    },
    {
      name: 'a kind that it does not know',
      given: context(TOO_LOW, {
        location: { ...LOCATED, workload: { kind: 'CronJob', namespace: 'shop', name: 'x' } },
      }),
      expected: 'wrong-kind',
    },
    { name: 'a cause that it does not cure', given: context('memory-leak'), expected: 'does-not-cure' },
    { name: 'tried before', given: context(TOO_LOW, { tried: ['resize'] }), expected: 'already-tried' },
    { name: 'no limit', given: context(TOO_LOW), expected: 'no-limit-set' },
    {
      name: 'a limit at the bound',
      given: context(TOO_LOW, { found: { pods: [killed(8192)] } }),
      expected: 'at-upper-bound',
    },
    {
      name: 'GitOps',
      given: context(TOO_LOW, {
        found: {
          pods: [killed(128)],
          state: stateEvidence({ annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }),
        },
      }),
      expected: 'gitops-owned',
    },
  ])('the evidence shows $name', ({ given, expected }) => {
    expect(resize.consider(given)).toMatchObject({ kind: 'refused', refusal: { code: expected } });
  });

  test('the container that was killed is the one that is raised', () => {
    const given = context(TOO_LOW, { found: { pods: [killed(128)] } });

    expect(resize.consider(given)).toMatchObject({ kind: 'applies', cures: TOO_LOW });
  });
});

function killed(mebibytes: number): ReturnType<typeof podEvidence> {
  const side = { image: 'a', ready: true, restarts: 0, stateReason: '', stateMessage: '' };
  return podEvidence('cart-2-a', {
    containers: [
      { ...side, name: 'proxy', memoryLimitBytes: 8192 * MIB },
      {
        ...side,
        name: 'app',
        restarts: 4,
        memoryLimitBytes: mebibytes * MIB,
        lastTermination: { reason: 'OOMKilled', exitCode: 137 },
      },
    ],
  });
}
