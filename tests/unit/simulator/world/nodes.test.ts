import { describe, expect, test } from '@jest/globals';
import { makeApi } from '../../../../src/simulator/api/handle.ts';
import { customResourcesOf } from '../../../../src/simulator/custom-resources.ts';
import type { ServiceSpec, WorldSpec } from '../../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001 };
const daemon: ServiceSpec = { ...aService({ name: 'proxy' }), kind: 'DaemonSet' };

function nodesOf(bench: Bench, app: string): readonly string[] {
  return bench.pods(app).map((pod) => pod.spec?.nodeName ?? '');
}

function cordon(bench: Bench, name: string, unschedulable = true): void {
  bench.patch('nodes', name, { unschedulable });
}

function evicted(bench: Bench): readonly string[] {
  return bench
    .all('pods')
    .filter(({ status }) => status?.reason === 'Evicted')
    .map(({ metadata }) => metadata.name);
}

describe('a node that is cordoned', () => {
  test('takes no new pods, and keeps those that it has', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 4 })]));
    bench.run(30);
    const before = nodesOf(bench, 'web').filter((node) => node === 'node-1').length;

    cordon(bench, 'node-1');
    bench.scale('web', 8);
    bench.run(30);

    expect(nodesOf(bench, 'web').filter((node) => node === 'node-1')).toHaveLength(before);
    expect(bench.ready('web')).toBe(8);
    expect(bench.get('nodes', 'node-1').spec?.taints).toMatchObject([{ key: 'node.kubernetes.io/unschedulable' }]);
  });

  test('is drained by evictions, and its daemons stay', () => {
    const spec = aSpec([aService({ name: 'web', replicas: 4 }), daemon]);
    const bench = aBench(spec);
    bench.run(30);
    const api = makeApi({ store: bench.store });
    cordon(bench, 'node-1');

    for (const pod of bench.pods('web').filter((each) => each.spec?.nodeName === 'node-1')) {
      const { name, namespace, uid } = pod.metadata;
      const body = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: { preconditions: { uid } },
      };
      const path = `/api/v1/namespaces/shop/pods/${name}/eviction`;
      expect(api({ method: 'POST', path, body: JSON.stringify(body) })).toMatchObject({ status: 201 });
    }
    bench.run(60);

    expect(new Set(nodesOf(bench, 'web'))).toEqual(new Set(['node-2']));
    expect(bench.ready('web')).toBe(4);
    expect([...nodesOf(bench, 'proxy')].sort()).toEqual(['node-1', 'node-2']);
  });
});

describe('a node that is short of memory', () => {
  /** Eight pods on each of two nodes, of which one is about to lose its memory to its host. */
  function aShop(): Bench {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 16, load: { ...load, rootRate: 40 } }), daemon]));
    bench.run(30);
    bench.world.inject({ id: 'f', kind: 'node-pressure', target: { namespace: '', service: 'node-1' } });
    return bench;
  }

  test('says so, evicts one pod after the other, and takes no new ones', () => {
    const bench = aShop();

    bench.run(200);

    expect(bench.get('nodes', 'node-1').status?.conditions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' }),
        expect.objectContaining({ type: 'Ready', status: 'True' }),
      ]),
    );
    expect(bench.get('nodes', 'node-1').spec?.taints).toMatchObject([{ key: 'node.kubernetes.io/memory-pressure' }]);
    expect(evicted(bench).length).toBeGreaterThanOrEqual(2);
    expect(evicted(bench).every((name) => name.startsWith('web-'))).toBe(true);
    expect(bench.ready('web')).toBe(16);
    const [name] = evicted(bench);
    expect(bench.get('pods', name!).status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: expect.stringMatching(
        /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+Ki\./,
      ),
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 137 } } }],
    });
  });

  test('evicts no more when its pods were moved away, and recovers', () => {
    const bench = aShop();
    bench.run(60);
    cordon(bench, 'node-1');
    for (const pod of bench.pods('web').filter((each) => each.spec?.nodeName === 'node-1')) {
      bench.evict(pod);
    }
    bench.run(30);
    const before = evicted(bench).length;

    bench.run(400);

    expect(evicted(bench)).toHaveLength(before);
    expect(bench.ready('web')).toBe(16);
    expect(bench.world.truth()).toMatchObject([{ present: false }]);
  });

  test('goes on evicting when nothing is done', () => {
    const bench = aShop();
    bench.run(90);
    const before = evicted(bench).length;

    bench.run(120);

    expect(evicted(bench).length).toBeGreaterThan(before);
    expect(bench.world.truth()).toMatchObject([{ present: true }]);
  });

  test('leaves evicted pods until somebody evicts them through the API, whatever a budget says', () => {
    const bench = aBench(
      aSpec([aService({ name: 'web', replicas: 4, budget: { minAvailable: 4 }, load: { ...load, rootRate: 40 } })]),
    );
    bench.run(30);
    bench.world.inject({ id: 'f', kind: 'node-pressure', target: { namespace: '', service: 'node-1' } });
    bench.run(60);
    const [name] = evicted(bench);
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'shop' } };

    const answer = makeApi({ store: bench.store })({
      method: 'POST',
      path: `/api/v1/namespaces/shop/pods/${name ?? ''}/eviction`,
      body: JSON.stringify(body),
    });

    expect(answer).toMatchObject({ status: 201 });
    expect(bench.store.get('pods', 'shop', name ?? '')).toBeUndefined();
  });
});

describe('a node group', () => {
  const spec: WorldSpec = aSpec(
    [aService({ name: 'web', replicas: 2, requests: { cpu: '900m', memory: '64Mi' } }), daemon],
    {
      nodes: [
        { name: 'workers-1', cpu: '1100m', memory: '8Gi', group: 'workers', labels: { pool: 'workers' } },
        { name: 'workers-2', cpu: '1100m', memory: '8Gi', group: 'workers', labels: { pool: 'workers' } },
      ],
      nodeGroups: [{ namespace: 'infra', name: 'workers', joinSeconds: 30 }],
    },
  );

  function scale(bench: Bench, replicas: number): void {
    const api = makeApi({ store: bench.store, customResources: customResourcesOf(spec) });
    const path = '/apis/cluster.x-k8s.io/v1beta1/namespaces/infra/machinedeployments/workers/scale';
    const body = JSON.stringify({ spec: { replicas } });
    expect(api({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body })).toMatchObject({
      status: 200,
    });
  }

  test('that is scaled up gets a node like its others, where waiting pods then run', () => {
    const bench = aBench(spec);
    bench.run(30);
    bench.scale('web', 3);
    bench.run(30);
    const waiting = bench.ready('web');

    scale(bench, 3);
    bench.run(25);
    const joining = bench.all('nodes').length;
    bench.run(40);

    const fresh = bench.get('nodes', 'workers-3');
    expect([waiting, joining]).toEqual([2, 2]);
    expect(fresh.metadata.labels).toMatchObject({ pool: 'workers', 'kubernetes.io/hostname': 'workers-3' });
    expect(fresh.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(bench.ready('web')).toBe(3);
    expect(nodesOf(bench, 'proxy')).toContain('workers-3');
    expect(bench.store.get('machinedeployments', 'infra', 'workers')?.status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      phase: 'Running',
    });
  });

  test('that is scaled down empties its newest node and removes it', () => {
    const bench = aBench(spec);
    bench.run(30);

    scale(bench, 1);
    bench.run(60);

    expect(bench.all('nodes').map(({ metadata }) => metadata.name)).toEqual(['workers-1']);
    expect(bench.all('pods').every((pod) => pod.spec?.nodeName !== 'workers-2')).toBe(true);
    expect(bench.store.get('machinedeployments', 'infra', 'workers')?.status).toMatchObject({ phase: 'Running' });
  });
});

describe('a ScaledObject', () => {
  const web = aService({
    name: 'web',
    load: { ...load, rootRate: 10 },
    autoscaler: { min: 2, max: 4, cpuPercent: 70, keda: true },
  });

  test('has an HPA with its bounds, which follows them', () => {
    const bench = aBench(aSpec([web]));
    bench.run(30);
    const first = bench.get('horizontalpodautoscalers', 'keda-hpa-web');

    bench.patch('scaledobjects', 'web', { minReplicaCount: 3, maxReplicaCount: 6 });
    bench.run(30);

    expect(first.spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 4,
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
    });
    expect(first.metadata.ownerReferences).toMatchObject([{ kind: 'ScaledObject', name: 'web', controller: true }]);
    expect(bench.get('horizontalpodautoscalers', 'keda-hpa-web').spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 6,
    });
    expect(bench.ready('web')).toBe(3);
  });

  test('puts back what somebody else changes on its HPA', () => {
    const bench = aBench(aSpec([web]));
    bench.run(30);

    bench.patch('horizontalpodautoscalers', 'keda-hpa-web', { maxReplicas: 9 });
    bench.run(10);

    expect(bench.get('horizontalpodautoscalers', 'keda-hpa-web').spec?.maxReplicas).toBe(4);
  });

  test('that is paused is left alone', () => {
    const bench = aBench(aSpec([web]));
    bench.run(30);
    const scaled = bench.get('scaledobjects', 'web');
    const annotations = { 'autoscaling.keda.sh/paused': 'true' };
    bench.store.update('scaledobjects', { ...scaled, metadata: { ...scaled.metadata, annotations } });

    bench.patch('scaledobjects', 'web', { maxReplicaCount: 9 });
    bench.run(30);

    expect(bench.get('horizontalpodautoscalers', 'keda-hpa-web').spec?.maxReplicas).toBe(4);
  });
});

test('an HPA that is created through the API scales its workload', () => {
  const bench = aBench(aSpec([aService({ name: 'web', load: { ...load, rootRate: 120 } })]));
  bench.run(60);
  const body = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 100 } } },
      ],
    },
  };

  const answer = makeApi({ store: bench.store })({
    method: 'POST',
    path: '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers',
    body: JSON.stringify(body),
  });
  bench.run(120);

  expect(answer).toMatchObject({ status: 201 });
  expect(bench.ready('web')).toBeGreaterThan(2);
  expect(bench.get('horizontalpodautoscalers', 'web').status).toMatchObject({ currentReplicas: bench.ready('web') });
});

test('pods of a node that is gone are gone too', () => {
  const bench = aBench(aSpec([aService({ name: 'web', replicas: 4 })]));
  bench.run(30);

  bench.store.remove('nodes', undefined, 'node-1');
  bench.run(30);

  expect(new Set(nodesOf(bench, 'web'))).toEqual(new Set(['node-2']));
  expect(bench.ready('web')).toBe(4);
});
