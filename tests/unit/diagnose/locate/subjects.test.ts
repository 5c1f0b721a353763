import { describe, expect, test } from '@jest/globals';

import { makeSnapshotCluster } from '../../../fakes/snapshot-cluster.ts';
import { alertOf, clusterItems, itemOf, locateIn, webhookAlerts, without, type Item } from './fixtures.ts';

type Labels = Readonly<Record<string, string>>;

const CART = { kind: 'Deployment', namespace: 'shop', name: 'cart' };
const FRONT = { kind: 'Deployment', namespace: 'shop', name: 'front.v2' };

/** The fixture with another `spec` of an object. */
function withSpec(kind: string, name: string, spec: object): Item[] {
  const items = clusterItems();
  itemOf(items, kind, name)['spec'] = spec;
  return items;
}

/** The claim of orders-db-0, mounted by a pod of a Job that has ended as well. */
function withEndedClaimant(): Item[] {
  return withSpec('Pod', 'nightly-report-29384040-7xk2p', {
    containers: [],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-orders-db-0' } }],
  });
}

function withManyBarePods(): Item[] {
  const metadata = { namespace: 'shop', labels: { app: 'cart' }, resourceVersion: '1' };
  const bare = Array.from({ length: 25 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: `bare-${index}`, uid: `uid-bare-${index}` },
    spec: { containers: [] },
  }));
  return [...clusterItems(), ...bare];
}

function withoutClaimants(): Item[] {
  const items = clusterItems();
  for (const name of ['orders-db-0', 'orders-db-1']) {
    const pod = itemOf(items, 'Pod', name);
    pod['spec'] = { nodeName: 'node-1', containers: [{ name: 'postgres' }] };
  }
  return items;
}

describe('what a subject label leads to', () => {
  const budget: Labels = { alertname: 'KubePdbNotEnoughHealthyPods', namespace: 'shop' };
  const claim: Labels = { alertname: 'KubePersistentVolumeFillingUp', namespace: 'shop' };
  const target: Labels = { alertname: 'TargetDown', namespace: 'shop', service: 'cart', job: 'cart' };
  const aggregated: Labels = { alertname: 'KubeAggregatedAPIDown', namespace: 'kube-system' };
  const volume = webhookAlerts('KubePersistentVolumeErrors')[0]?.labels ?? {};

  const cases = [
    {
      name: 'a budget over two workloads is ambiguous, with both as candidates',
      labels: { ...budget, poddisruptionbudget: 'web-tier' },
      expected: { reason: 'ambiguous', candidates: [CART, FRONT] },
    },
    {
      name: 'a budget that selects the whole namespace names nobody',
      labels: { ...budget, poddisruptionbudget: 'cart' },
      items: withSpec('PodDisruptionBudget', 'cart', { selector: {} }),
      expected: { reason: 'not-found', candidates: [] },
    },
    {
      name: 'a budget over more owners than anybody can name is ambiguous, without candidates',
      labels: { ...budget, poddisruptionbudget: 'cart' },
      items: withManyBarePods(),
      expected: { reason: 'ambiguous', candidates: [] },
    },
    {
      name: 'a budget over two workloads of which one is gone names neither',
      labels: { ...budget, poddisruptionbudget: 'web-tier' },
      items: without(clusterItems(), 'Deployment', 'front.v2'),
      expected: { reason: 'not-found' },
    },
    {
      name: 'a budget that does not exist',
      labels: { ...budget, poddisruptionbudget: 'gone' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'a claim that no pod mounts is of the StatefulSet whose template made it',
      labels: { ...claim, persistentvolumeclaim: 'data-orders-db-1' },
      items: withoutClaimants(),
      expected: { workload: { kind: 'StatefulSet', name: 'orders-db' }, pods: [] },
    },
    {
      name: 'a claim that two StatefulSets could have made is ambiguous',
      labels: { ...claim, persistentvolumeclaim: 'data-orders-db-1' },
      items: [
        ...withoutClaimants(),
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          metadata: { name: 'db', namespace: 'shop', uid: 'uid-db', resourceVersion: '1' },
          spec: { volumeClaimTemplates: [{ metadata: { name: 'data-orders' } }] },
        },
      ],
      expected: {
        reason: 'ambiguous',
        candidates: [
          { kind: 'StatefulSet', namespace: 'shop', name: 'orders-db' },
          { kind: 'StatefulSet', namespace: 'shop', name: 'db' },
        ],
      },
    },
    {
      name: 'a claim is of those who use it, not of those who have ended',
      labels: { ...claim, persistentvolumeclaim: 'data-orders-db-0' },
      items: withEndedClaimant(),
      expected: { workload: { kind: 'StatefulSet', name: 'orders-db' }, pods: ['orders-db-0'] },
    },
    {
      name: 'a claim that does not exist',
      labels: { ...claim, persistentvolumeclaim: 'data-orders-db-7' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'a claim that two workloads mount is ambiguous',
      labels: { ...claim, persistentvolumeclaim: 'data-orders-db-0' },
      items: withSpec('Pod', 'cart-7d9c5b8f6-q8w2k', {
        containers: [],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-orders-db-0' } }],
      }),
      expected: { reason: 'ambiguous' },
    },
    {
      name: 'a volume that nobody claims',
      labels: volume,
      items: withSpec('PersistentVolume', volume['persistentvolume'] ?? '', {}),
      expected: { reason: 'not-found' },
    },
    {
      name: 'an autoscaler of a custom kind is only reported',
      labels: { alertname: 'KubeHpaMaxedOut', namespace: 'shop', horizontalpodautoscaler: 'cart' },
      items: withSpec('HorizontalPodAutoscaler', 'cart', {
        scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'checkout' },
      }),
      expected: { workload: { kind: 'Rollout', name: 'checkout' } },
    },
    {
      name: 'an autoscaler whose manifest names the former group',
      labels: { alertname: 'KubeHpaMaxedOut', namespace: 'shop', horizontalpodautoscaler: 'cart' },
      items: withSpec('HorizontalPodAutoscaler', 'cart', {
        scaleTargetRef: { apiVersion: 'extensions/v1beta1', kind: 'Deployment', name: 'cart' },
      }),
      expected: { workload: CART, decidedBy: 'horizontalpodautoscaler' },
    },
    {
      name: 'an autoscaler of nothing',
      labels: { alertname: 'KubeHpaMaxedOut', namespace: 'shop', horizontalpodautoscaler: 'cart' },
      items: without(clusterItems(), 'Deployment', 'cart'),
      expected: { reason: 'not-found' },
    },
    {
      name: 'a Service without endpoints is told by its selector',
      labels: target,
      items: clusterItems().filter(({ kind }) => kind !== 'EndpointSlice'),
      expected: { workload: CART, decidedBy: 'service' },
    },
    {
      name: 'a Service is what its endpoints are, whatever its selector says by now',
      labels: target,
      items: withSpec('Service', 'cart', { selector: { tier: 'web' } }),
      expected: { workload: CART, decidedBy: 'service' },
    },
    {
      name: 'a Service over two workloads is ambiguous',
      labels: target,
      items: withSpec('Service', 'cart', { selector: { tier: 'web' } }).filter(({ kind }) => kind !== 'EndpointSlice'),
      expected: { reason: 'ambiguous', candidates: [CART, FRONT] },
    },
    {
      name: 'a Service that does not exist',
      labels: { ...target, service: 'gone' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'an API that the API server serves itself',
      labels: { ...aggregated, name: 'v1.apps' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'an API of a Service without a name',
      labels: { ...aggregated, name: 'v1beta1.metrics.k8s.io' },
      items: withSpec('APIService', 'v1beta1.metrics.k8s.io', { service: { namespace: 'kube-system' } }),
      expected: { reason: 'not-found' },
    },
    {
      name: 'the most specific label decides',
      labels: {
        alertname: 'Mixed',
        namespace: 'shop',
        pod: 'orders-db-0',
        statefulset: 'orders-db',
        deployment: 'cart',
      },
      expected: { workload: CART, decidedBy: 'deployment' },
    },
    {
      name: 'a node that does not exist',
      labels: { alertname: 'KubeNodeNotReady', node: 'node-9' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'a kubelet whose address no node has',
      labels: { alertname: 'KubeletInstanceUnreachable', instance: '10.0.0.99:10250', job: 'kubelet' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'the monitoring where it cannot be named',
      labels: { alertname: 'PrometheusBadConfig', namespace: 'monitoring', pod: 'gone-0', job: 'prometheus' },
      expected: { workload: { kind: 'Cluster', namespace: '', name: '' }, notifyOnly: 'monitoring-plane' },
    },
  ];

  test.each(cases)('$name', async ({ labels, items = clusterItems(), expected }) => {
    expect(await locateIn(items)([alertOf(labels)])).toMatchObject(expected);
  });
});

test('a Service that is called longer than any label can be is not asked for', async () => {
  const labels = { alertname: 'TargetDown', namespace: 'shop', service: 'a'.repeat(64) };
  const never = { list: () => Promise.reject(new Error('the API server answers 400')) };
  const cluster = { ...makeSnapshotCluster({ items: [] }), ...never };

  expect(await locateIn([], { cluster })([alertOf(labels)])).toMatchObject({ reason: 'not-found' });
});

describe('a namespace is never guessed', () => {
  const inDefault = clusterItems().map((item) =>
    item.metadata.namespace === 'shop' ? { ...item, metadata: { ...item.metadata, namespace: 'default' } } : item,
  );

  test.each([
    { name: 'of a Deployment', labels: { deployment: 'cart' } },
    { name: 'of a pod', labels: { pod: 'cart-7d9c5b8f6-x2x4z' } },
    { name: 'of a Service', labels: { alertname: 'TargetDown', service: 'cart' } },
    { name: 'of a claim, beside an empty one', labels: { persistentvolumeclaim: 'data-orders-db-0', namespace: '' } },
  ])('$name', async ({ labels }) => {
    expect(await locateIn(inDefault)([alertOf(labels)])).toMatchObject({ reason: 'no-subject', candidates: [] });
  });

  test('labels that name no object at all', async () => {
    const labels = { alertname: 'HighErrorRatio', namespace: 'shop', service: 'cart', container: 'app' };

    expect(await locateIn(clusterItems())([alertOf(labels)])).toMatchObject({ reason: 'no-subject' });
  });
});
