import { describe, expect, test } from '@jest/globals';
import type { NodeObject, PodObject } from '../../../../src/simulator/world/kinds.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

function condition(object: PodObject | NodeObject | undefined, type: string): object | undefined {
  return object?.status?.conditions?.find((each) => each.type === type);
}

function nodesOf(bench: Bench, app: string): readonly string[] {
  return bench
    .pods(app)
    .map((pod) => pod.spec?.nodeName ?? '')
    .sort();
}

describe('the scheduler', () => {
  test('spreads the pods of one owner over the nodes', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 4 })]));

    bench.run(10);

    expect(nodesOf(bench, 'web')).toEqual(['node-1', 'node-1', 'node-2', 'node-2']);
  });

  test.each([
    {
      name: 'more CPU than a node has',
      requests: { cpu: '500', memory: '64Mi' },
      cordoned: [],
      why: '2 Insufficient cpu',
    },
    {
      name: 'more memory than a node has',
      requests: { cpu: '1', memory: '64Gi' },
      cordoned: [],
      why: '2 Insufficient memory',
    },
    {
      name: 'a cordoned node counts for itself',
      requests: { cpu: '500', memory: '64Mi' },
      cordoned: ['node-2'],
      why: '1 Insufficient cpu, 1 node(s) were unschedulable',
    },
  ])('says why a pod waits: $name', ({ requests, cordoned, why }) => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 1, requests, limits: {} })]));
    for (const node of cordoned) {
      bench.patch('nodes', node, { unschedulable: true });
    }

    bench.run(10);

    const [pod] = bench.pods('web');
    expect(pod?.status?.phase).toBe('Pending');
    expect(condition(pod, 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message:
        `0/2 nodes are available: ${why}. no new claims to deallocate, ` +
        'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    });
  });

  test('binds a waiting pod once there is room', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 1 })]));
    for (const node of ['node-1', 'node-2']) {
      bench.patch('nodes', node, { unschedulable: true });
    }
    bench.run(10);

    bench.patch('nodes', 'node-2', { unschedulable: false });
    bench.run(10);

    expect(nodesOf(bench, 'web')).toEqual(['node-2']);
    expect(bench.ready('web')).toBe(1);
  });
});

describe('a node', () => {
  test('that is cordoned gets the taint, and keeps its pods', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(10);

    bench.patch('nodes', 'node-1', { unschedulable: true });
    bench.run(10);

    expect(bench.get('nodes', 'node-1').spec?.taints).toMatchObject([
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
    ]);
    expect(nodesOf(bench, 'web')).toEqual(['node-1', 'node-2']);
  });

  test('that falls silent is known to be so after its grace period; its pods move when their toleration is over', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(10);

    bench.world.inject({ id: 'f', kind: 'node-not-ready', target: { namespace: '', service: 'node-1' } });
    bench.run(30);
    const inGrace = bench.ready('web');
    bench.run(30);
    const known = { node: bench.get('nodes', 'node-1'), ready: bench.ready('web'), pods: bench.pods('web').length };
    bench.run(320);

    expect(inGrace).toBe(2);
    expect(condition(known.node, 'Ready')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' });
    expect(known.node.spec?.taints?.map((taint) => [taint.key, taint.effect])).toEqual([
      ['node.kubernetes.io/unreachable', 'NoSchedule'],
      ['node.kubernetes.io/unreachable', 'NoExecute'],
    ]);
    expect(known).toMatchObject({ ready: 1, pods: 2 });
    expect(bench.ready('web')).toBe(2);
    expect(nodesOf(bench, 'web')).toEqual(['node-1', 'node-2', 'node-2']);
  });

  test('that reports again ends the pods it still had and is ready', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(10);
    bench.world.inject({ id: 'f', kind: 'node-not-ready', target: { namespace: '', service: 'node-1' } });
    bench.run(400);

    bench.world.clear('f');
    bench.run(15);

    expect(condition(bench.get('nodes', 'node-1'), 'Ready')).toMatchObject({ status: 'True', reason: 'KubeletReady' });
    expect(bench.get('nodes', 'node-1').spec).not.toHaveProperty('taints');
    expect(nodesOf(bench, 'web')).toEqual(['node-2', 'node-2']);
  });

  test('that was silent for a moment gives its pods their readiness back', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(10);
    bench.world.inject({
      id: 'f',
      kind: 'node-not-ready',
      target: { namespace: '', service: 'node-1' },
      durationSeconds: 60,
    });

    bench.run(58);
    const during = bench.ready('web');
    bench.run(12);

    expect(during).toBe(1);
    expect(bench.ready('web')).toBe(2);
  });
});

describe('a PodDisruptionBudget', () => {
  test.each([
    { name: 'a fixed minimum', budget: { minAvailable: 2 }, replicas: 3, desired: 2, allowed: 1 },
    { name: 'a fixed minimum of all', budget: { minAvailable: 3 }, replicas: 3, desired: 3, allowed: 0 },
    { name: 'a percentage rounds up', budget: { minAvailable: '50%' }, replicas: 3, desired: 2, allowed: 1 },
    { name: 'so many may be away', budget: { maxUnavailable: 1 }, replicas: 3, desired: 2, allowed: 1 },
    { name: 'a percentage may be away', budget: { maxUnavailable: '34%' }, replicas: 3, desired: 1, allowed: 2 },
    { name: 'nothing may be away', budget: { maxUnavailable: 0 }, replicas: 2, desired: 2, allowed: 0 },
  ])('$name', ({ budget, replicas, desired, allowed }) => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas, budget })]));

    bench.run(15);

    expect(bench.get('poddisruptionbudgets', 'web').status).toMatchObject({
      expectedPods: replicas,
      currentHealthy: replicas,
      desiredHealthy: desired,
      disruptionsAllowed: allowed,
      conditions: [{ type: 'DisruptionAllowed', status: allowed > 0 ? 'True' : 'False' }],
    });
  });

  test('allows less while a pod is away, and again when it is back', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 3, budget: { minAvailable: 2 } })]));
    bench.run(15);
    const allowed: (number | undefined)[] = [];

    bench.evict(bench.pods('web')[0]!);
    bench.run(20, () => allowed.push(bench.get('poddisruptionbudgets', 'web').status?.disruptionsAllowed));

    expect(Math.min(...allowed.map(Number))).toBe(0);
    expect(allowed.at(-1)).toBe(1);
  });

  test('gives an eviction back whose pod never ended, after two minutes', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 3, budget: { minAvailable: 2 } })]));
    bench.run(15);
    const name = bench.pods('web')[0]!.metadata.name;
    const budget = bench.get('poddisruptionbudgets', 'web');
    const disruptedPods = { [name]: new Date(bench.clock.now()).toISOString() };
    bench.store.update('poddisruptionbudgets', { ...budget, status: { ...budget.status, disruptedPods } });

    bench.run(10);
    const booked = bench.get('poddisruptionbudgets', 'web').status;
    bench.run(120);

    expect(booked).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 2, disruptedPods });
    expect(bench.get('poddisruptionbudgets', 'web').status).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 3 });
    expect(bench.get('poddisruptionbudgets', 'web').status).not.toHaveProperty('disruptedPods');
  });
});

describe('an EndpointSlice', () => {
  test('names the ready pods of its Service, and says which are not', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(10);
    bench.world.inject({ id: 'f', kind: 'deadlock-one-pod', target: { namespace: 'shop', service: 'web' } });

    bench.run(15);

    const [slice] = bench.all('endpointslices');
    expect(slice?.metadata.labels).toEqual({ 'kubernetes.io/service-name': 'web' });
    const endpoints = slice?.endpoints as readonly { conditions: { ready: boolean }; targetRef: { name: string } }[];
    expect(endpoints.map(({ conditions }) => String(conditions.ready)).sort()).toEqual(['false', 'true']);
    expect(endpoints.map(({ targetRef }) => targetRef.name)).toEqual(bench.pods('web').map((pod) => pod.metadata.name));
  });
});

describe('a HorizontalPodAutoscaler', () => {
  const load = { rootRate: 85, cpuMillisPerRequest: 2, idleCpuMillis: 0, latencySeconds: 0.01, errorRatio: 0 };
  const web = aService({ name: 'web', limits: {}, autoscaler: { min: 2, max: 6, cpuPercent: 50 }, load });

  test('scales up to what the load needs, and says when it may not', () => {
    const bench = aBench(aSpec([web]));

    bench.run(180);

    // About 92 requests a second at this hour, 2 ms each, are 184 millicores: at 50 % of 100 each, four pods.
    const scaler = bench.get('horizontalpodautoscalers', 'web');
    expect(bench.get('deployments', 'web').spec?.replicas).toBe(4);
    expect(scaler.status).toMatchObject({ currentReplicas: 4, desiredReplicas: 4 });
    expect(scaler.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'ScalingLimited', status: 'False' }),
    );
  });

  test('stops at its maximum', () => {
    const bench = aBench(aSpec([web]));
    bench.world.inject({ id: 'f', kind: 'overload', target: { namespace: 'shop', service: 'web' }, strength: 4 });

    bench.run(180);

    const scaler = bench.get('horizontalpodautoscalers', 'web');
    expect(bench.get('deployments', 'web').spec?.replicas).toBe(6);
    expect(scaler.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' }),
    );
  });

  test('a raised maximum is used at once; a lower need only after five quiet minutes', () => {
    const bench = aBench(aSpec([web]));
    bench.world.inject({ id: 'f', kind: 'overload', target: { namespace: 'shop', service: 'web' }, strength: 2 });
    bench.run(180);
    bench.patch('horizontalpodautoscalers', 'web', { maxReplicas: 10 });
    bench.run(60);
    const raised = bench.get('deployments', 'web').spec?.replicas;

    bench.world.clear('f');
    bench.run(200);
    const soon = bench.get('deployments', 'web').spec?.replicas;
    bench.run(200);

    expect(raised).toBe(8);
    expect(soon).toBe(8);
    expect(bench.get('deployments', 'web').spec?.replicas).toBe(4);
  });

  test('a raised minimum is used at once', () => {
    const bench = aBench(aSpec([web]));
    bench.run(120);

    bench.patch('horizontalpodautoscalers', 'web', { minReplicas: 5 });
    bench.run(30);

    expect(bench.get('deployments', 'web').spec?.replicas).toBe(5);
  });

  test('does nothing for a workload that somebody scaled to zero', () => {
    const bench = aBench(aSpec([web]));
    bench.run(60);

    bench.scale('web', 0);
    bench.run(60);

    expect(bench.get('deployments', 'web').spec?.replicas).toBe(0);
    expect(bench.get('horizontalpodautoscalers', 'web').status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' }),
    );
  });
});
