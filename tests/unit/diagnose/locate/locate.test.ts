import { describe, expect, test } from '@jest/globals';

import { AutoHealError } from '../../../../src/domain/errors.ts';
import type { ClusterReader } from '../../../../src/ports/cluster.ts';
import { makeSnapshotCluster } from '../../../fakes/snapshot-cluster.ts';
import { alertOf, clusterItems, locateIn, webhookAlerts, type Item } from './fixtures.ts';

const CART = { kind: 'Deployment', namespace: 'shop', name: 'cart' };
const ORDERS = { kind: 'StatefulSet', namespace: 'shop', name: 'orders-db' };
const CART_PODS = ['cart-7d9c5b8f6-q8w2k', 'cart-7d9c5b8f6-x2x4z'] as const;

function podAlert(pod: string): ReturnType<typeof alertOf> {
  return alertOf({ alertname: 'KubePodCrashLooping', namespace: 'shop', pod });
}

/** A cluster that counts what it is asked. */
function counting(items: readonly Item[]): ClusterReader & { readonly asked: string[] } {
  const cluster = makeSnapshotCluster({ items });
  const asked: string[] = [];
  return {
    ...cluster,
    asked,
    get: (kind, ref) => (asked.push(`get ${kind} ${ref.name}`), cluster.get(kind, ref)),
    getAny: (ref) => (asked.push(`get ${ref.kind} ${ref.name}`), cluster.getAny(ref)),
    list: (kind, query) => (asked.push(`list ${kind}`), cluster.list(kind, query)),
  };
}

describe('several alerts', () => {
  const [x2x4z, q8w2k] = [podAlert(CART_PODS[1]), podAlert(CART_PODS[0])];
  const deployment = alertOf({ alertname: 'KubeDeploymentReplicasMismatch', namespace: 'shop', deployment: 'cart' });

  const cases = [
    {
      name: 'of one workload: the pods of all',
      alerts: [x2x4z, deployment, q8w2k, x2x4z],
      expected: { workload: CART, pods: CART_PODS },
    },
    {
      name: 'of two workloads are ambiguous, with both as candidates',
      alerts: [x2x4z, podAlert('orders-db-0')],
      expected: { reason: 'ambiguous', candidates: [CART, ORDERS] },
    },
    {
      name: 'of which one is about a pod that is gone: the others count (kubernaut#451)',
      alerts: [podAlert('gone-0123456789-abcde'), x2x4z],
      expected: { workload: CART, pods: [CART_PODS[1]] },
    },
    {
      name: 'of which one may mean anything are ambiguous',
      alerts: [
        x2x4z,
        alertOf({ alertname: 'KubePdbNotEnoughHealthyPods', namespace: 'shop', poddisruptionbudget: 'web-tier' }),
      ],
      expected: {
        reason: 'ambiguous',
        candidates: [CART, { kind: 'Deployment', namespace: 'shop', name: 'front.v2' }],
      },
    },
    {
      name: 'of which one is resolved: only those that fire count',
      alerts: [{ ...podAlert('orders-db-0'), status: 'resolved' as const }, x2x4z],
      expected: { workload: CART, pods: [CART_PODS[1]] },
    },
    {
      name: 'that are all resolved count',
      alerts: [{ ...x2x4z, status: 'resolved' as const }],
      expected: { workload: CART },
    },
    {
      name: 'of which one forbids to act: nobody acts',
      alerts: webhookAlerts('KubePersistentVolumeFillingUp').concat(webhookAlerts('KubePersistentVolumeErrors')),
      expected: { workload: ORDERS, notifyOnly: 'volume' },
    },
    { name: 'none', alerts: [], expected: { reason: 'no-subject' } },
  ];

  test.each(cases)('$name', async ({ alerts, expected }) => {
    expect(await locateIn(clusterItems())(alerts)).toMatchObject(expected);
  });

  test('the order of the alerts does not matter for what is named', async () => {
    const locate = locateIn(clusterItems());

    const [one, other] = [await locate([x2x4z, q8w2k]), await locate([q8w2k, x2x4z])];

    expect(one).toMatchObject({ workload: CART, pods: CART_PODS });
    expect(other).toMatchObject({ workload: CART, pods: CART_PODS });
  });

  test('a storm of one workload asks the cluster once', async () => {
    const cluster = counting(clusterItems());
    const storm = Array.from({ length: 2_000 }, (_, index) => podAlert(CART_PODS[index % 2] ?? CART_PODS[0]));

    const location = await locateIn([], { cluster })(storm);

    expect(location).toMatchObject({ workload: CART, pods: CART_PODS });
    expect(cluster.asked.length).toBeLessThanOrEqual(4);
  });
});

describe('names are untrusted text', () => {
  test.each([
    { name: 'a path', labels: { namespace: 'shop', pod: '../../nodes/node-1' } },
    { name: 'capitals', labels: { namespace: 'shop', deployment: 'Cart' } },
    { name: 'a selector', labels: { namespace: 'shop', statefulset: 'a,b=c' } },
    { name: 'a bad namespace', labels: { namespace: 'shop/pods', pod: 'cart' } },
    { name: 'a bad namespace beside a workload', labels: { namespace: '..', deployment: 'cart' } },
    { name: 'a line break at the end', labels: { namespace: 'shop', pod: 'cart\n' } },
    { name: 'too long a name', labels: { namespace: 'shop', pod: 'a'.repeat(254) } },
    { name: 'two dots', labels: { namespace: 'shop', pod: 'a..b' } },
    { name: 'a bad Service', labels: { alertname: 'TargetDown', namespace: 'shop', service: 'cart)' } },
    { name: 'a bad APIService', labels: { alertname: 'KubeAggregatedAPIDown', name: 'v1/apps' } },
    { name: 'a bad node', labels: { alertname: 'KubeNodeNotReady', node: 'node 1' } },
    { name: 'a bad instance', labels: { alertname: 'NodeCPUHighUsage', instance: 'node_1/x:9100' } },
    { name: 'an exported one', labels: { namespace: 'shop', deployment: 'cart', exported_deployment: '%2e%2e' } },
  ])('$name is refused before anything is asked', async ({ labels }) => {
    const cluster = counting(clusterItems());

    const location = await locateIn([], { cluster })([alertOf(labels)]);

    expect(location).toMatchObject({ kind: 'unlocated', reason: 'invalid-name' });
    expect(cluster.asked).toEqual([]);
  });

  test('a bad pod label does not keep a plainer label from deciding', async () => {
    const labels = { alertname: 'KubeDeploymentReplicasMismatch', namespace: 'shop', deployment: 'cart', pod: 'A B' };

    expect(await locateIn(clusterItems())([alertOf(labels)])).toMatchObject({ workload: CART });
  });
});

describe('a cluster that cannot be asked', () => {
  test.each([
    { name: 'times out', error: new AutoHealError('PORT_TIMEOUT', 'no answer within 2000 ms') },
    { name: 'forbids it', error: new AutoHealError('PORT_AUTH', '403 forbidden') },
    { name: 'answers what nobody expects', error: new TypeError('spec is undefined') },
  ])('that $name says nothing about the workload', async ({ error }) => {
    const cluster = { ...makeSnapshotCluster({ items: [] }), get: () => Promise.reject(error) };

    const location = await locateIn([], { cluster })([podAlert('cart-1')]);

    expect(location).toEqual({
      kind: 'unlocated',
      reason: 'lookup-failed',
      why: `the cluster could not be asked: ${error.message}`,
      candidates: [],
    });
  });

  test('for one alert of several: nothing is named', async () => {
    const cluster = makeSnapshotCluster({ items: clusterItems() });
    const flaky: ClusterReader = {
      ...cluster,
      get: (kind, ref) =>
        ref.name === 'orders-db-0' ? Promise.reject(new AutoHealError('PORT_SERVER', '500')) : cluster.get(kind, ref),
    };

    const location = await locateIn([], { cluster: flaky })([podAlert(CART_PODS[0]), podAlert('orders-db-0')]);

    expect(location).toMatchObject({ reason: 'lookup-failed' });
  });
});

describe('autoheal_target', () => {
  const base = { alertname: 'HighErrorRatio', namespace: 'shop', deployment: 'cart' };

  test.each([
    { name: 'names a workload', target: 'statefulset/shop/orders-db', expected: { workload: ORDERS } },
    {
      name: 'names a pod: its workload',
      target: 'Pod/shop/cart-7d9c5b8f6-x2x4z',
      expected: { workload: CART, pods: [CART_PODS[1]] },
    },
    { name: 'names a node', target: 'Node//node-1', expected: { workload: { kind: 'Node', name: 'node-1' } } },
    { name: 'names what does not exist', target: 'Deployment/shop/gone', expected: { reason: 'not-found' } },
    { name: 'names a kind that is no workload', target: 'Secret/shop/tls', expected: { reason: 'invalid-name' } },
    { name: 'lacks the namespace', target: 'Deployment//cart', expected: { reason: 'invalid-name' } },
    { name: 'has too many parts', target: 'Deployment/shop/cart/scale', expected: { reason: 'invalid-name' } },
  ])('that $name decides where the policy allows it', async ({ target, expected }) => {
    const alert = alertOf(base, { annotations: { autoheal_target: target } });

    const location = await locateIn(clusterItems(), { allowTargetOverride: true })([alert]);

    expect(location).toMatchObject(expected);
  });

  test('may be a label', async () => {
    const alert = alertOf({ ...base, autoheal_target: 'statefulset/shop/orders-db' });

    const location = await locateIn(clusterItems(), { allowTargetOverride: true })([alert]);

    expect(location).toMatchObject({ workload: ORDERS, decidedBy: 'autoheal_target' });
  });

  test('is not read where the policy does not allow it', async () => {
    const alert = alertOf(base, { annotations: { autoheal_target: 'statefulset/shop/orders-db' } });

    expect(await locateIn(clusterItems())([alert])).toMatchObject({ workload: CART, decidedBy: 'deployment' });
  });

  test('does not make a heartbeat an illness', async () => {
    const alert = alertOf({ alertname: 'Watchdog', autoheal_target: 'Deployment/shop/cart' });

    const location = await locateIn(clusterItems(), { allowTargetOverride: true })([alert]);

    expect(location).toMatchObject({ reason: 'heartbeat' });
  });

  test('tells two alerts apart that are alike otherwise', async () => {
    const alerts = ['Deployment/shop/cart', 'StatefulSet/shop/orders-db'].map((target) =>
      alertOf(base, { annotations: { autoheal_target: target } }),
    );

    const location = await locateIn(clusterItems(), { allowTargetOverride: true })(alerts);

    expect(location).toMatchObject({ reason: 'ambiguous', candidates: [CART, ORDERS] });
  });
});
