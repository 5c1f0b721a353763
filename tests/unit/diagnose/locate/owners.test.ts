import { describe, expect, test } from '@jest/globals';

import { AutoHealError } from '../../../../src/domain/errors.ts';
import type { OwnerReference } from '../../../../src/domain/kubernetes.ts';
import type { ClusterReader } from '../../../../src/ports/cluster.ts';
import { makeSnapshotCluster } from '../../../fakes/snapshot-cluster.ts';
import { alertOf, clusterItems, itemOf, locateIn, without, type Item } from './fixtures.ts';

const CART_POD = 'cart-7d9c5b8f6-x2x4z';
const CART_SET = 'cart-7d9c5b8f6';

function podAlert(pod: string, namespace = 'shop'): ReturnType<typeof alertOf> {
  return alertOf({ alertname: 'KubePodCrashLooping', namespace, pod });
}

/** The fixture with an object under another owner. */
function withOwner(of: { kind: string; name: string }, change: Partial<OwnerReference>): Item[] {
  const items = clusterItems();
  const item = itemOf(items, of.kind, of.name);
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: '', controller: true };
  const [reference = owner] = item.metadata.ownerReferences ?? [];
  item.metadata = { ...item.metadata, ownerReferences: [{ ...reference, ...change }] };
  return items;
}

function deploymentOwnedBy(owner: Omit<OwnerReference, 'controller'>): Item[] {
  return withOwner({ kind: 'Deployment', name: 'cart' }, owner);
}

function custom(apiVersion: string, kind: string, name: string): Item {
  return { apiVersion, kind, metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' } };
}

const kruise = { apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet', name: 'orders-db', uid: 'uid-orders-db' };
const shop = { apiVersion: 'example.org/v1', kind: 'Shop', name: 'main', uid: 'uid-main' };

describe('the walk to the top', () => {
  const cases = [
    {
      name: 'a bare pod is named, but only reported',
      alert: podAlert('debug-shell'),
      expected: { workload: { kind: 'Pod', namespace: 'shop', name: 'debug-shell' }, notifyOnly: 'bare-pod' },
    },
    {
      name: 'a static pod is named, but only reported',
      alert: podAlert('kube-apiserver-cp-1', 'kube-system'),
      expected: { workload: { kind: 'Pod', name: 'kube-apiserver-cp-1' }, notifyOnly: 'static-pod' },
    },
    {
      name: 'a custom kind that owns pods is named',
      alert: podAlert('events-kafka-0'),
      expected: { workload: { kind: 'StrimziPodSet', name: 'events-kafka' }, notifyOnly: 'unknown-owner' },
    },
    {
      name: 'a Deployment below a custom kind stays the one that is named',
      items: [...deploymentOwnedBy(shop), custom('example.org/v1', 'Shop', 'main')],
      alert: podAlert(CART_POD),
      expected: { workload: { kind: 'Deployment', name: 'cart' }, notifyOnly: 'unknown-owner', pods: [CART_POD] },
    },
    {
      name: 'and is the same one by its own label',
      items: [...deploymentOwnedBy(shop), custom('example.org/v1', 'Shop', 'main')],
      alert: alertOf({ alertname: 'KubeDeploymentReplicasMismatch', namespace: 'shop', deployment: 'cart' }),
      expected: { workload: { kind: 'Deployment', name: 'cart' }, notifyOnly: 'unknown-owner' },
    },
    {
      name: 'a StatefulSet of another group is a custom kind',
      items: [
        ...withOwner({ kind: 'Pod', name: 'orders-db-0' }, kruise),
        custom(kruise.apiVersion, kruise.kind, kruise.name),
      ],
      alert: podAlert('orders-db-0'),
      expected: {
        workload: { kind: 'StatefulSet', name: 'orders-db' },
        uid: 'uid-orders-db',
        notifyOnly: 'unknown-owner',
      },
    },
    {
      name: 'an owner that is gone is no owner, what it owned is a candidate',
      items: without(clusterItems(), 'Deployment', 'cart'),
      alert: podAlert(CART_POD),
      expected: { reason: 'not-found', candidates: [{ kind: 'ReplicaSet', namespace: 'shop', name: CART_SET }] },
    },
    {
      name: 'an owner that was made anew under the same name is another one',
      items: withOwner({ kind: 'ReplicaSet', name: CART_SET }, { uid: 'uid-of-before' }),
      alert: podAlert(CART_POD),
      expected: { reason: 'uid-changed', candidates: [{ kind: 'ReplicaSet', namespace: 'shop', name: CART_SET }] },
    },
    {
      name: 'an owner that does not control is none',
      items: withOwner({ kind: 'Pod', name: CART_POD }, { controller: false }),
      alert: podAlert(CART_POD),
      expected: { workload: { kind: 'Pod', name: CART_POD }, notifyOnly: 'bare-pod' },
    },
  ];

  // The one custom kind that AutoHeal has a remedy for.
  test.each([
    { name: 'by one of its pods', items: clusterItems(), alert: podAlert('checkout-5d5f6c8f7b-t9c4j') },
    {
      name: 'by its own label',
      items: clusterItems(),
      alert: alertOf({ alertname: 'RolloutDegraded', namespace: 'shop', rollout: 'checkout' }),
    },
  ])('an Argo Rollout is named to be acted on $name', async ({ items, alert }) => {
    const location = await locateIn(items)([alert]);

    expect(location).toMatchObject({ workload: { kind: 'Rollout', namespace: 'shop', name: 'checkout' } });
    expect(location).not.toHaveProperty('notifyOnly');
  });

  test.each([
    {
      name: 'of another group is a custom kind like any other',
      owner: { apiVersion: 'example.org/v1', kind: 'Rollout', name: 'other', uid: 'uid-other' },
    },
    { name: 'below another custom kind is only reported on', owner: shop, above: 'Rollout' },
  ])('a Rollout $name', async ({ owner, above = 'ReplicaSet' }) => {
    const of = above === 'Rollout' ? { kind: above, name: 'checkout' } : { kind: above, name: 'checkout-5d5f6c8f7b' };
    const items = [...withOwner(of, owner), custom(owner.apiVersion, owner.kind, owner.name)];

    const location = await locateIn(items)([podAlert('checkout-5d5f6c8f7b-t9c4j')]);

    const name = above === 'Rollout' ? 'checkout' : 'other';
    expect(location).toMatchObject({ workload: { kind: 'Rollout', name }, notifyOnly: 'unknown-owner' });
  });

  test.each(cases)('$name', async ({ items = clusterItems(), alert, expected }) => {
    expect(await locateIn(items)([alert])).toMatchObject(expected);
  });

  test('owners in a circle end', async () => {
    const items = clusterItems();
    const { uid } = itemOf(items, 'ReplicaSet', CART_SET).metadata;
    const circle = deploymentOwnedBy({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: CART_SET, uid });

    expect(await locateIn(circle)([podAlert(CART_POD)])).toMatchObject({ kind: 'unlocated', reason: 'ambiguous' });
  });

  test('a custom kind that may not be read leaves what is below it named', async () => {
    const cluster = makeSnapshotCluster({ items: deploymentOwnedBy(shop) });
    const forbidden = { ...cluster, getAny: () => Promise.reject(new AutoHealError('PORT_AUTH', '403 forbidden')) };

    const location = await locateIn([], { cluster: forbidden })([podAlert(CART_POD)]);

    expect(location).toMatchObject({ workload: { kind: 'Deployment', name: 'cart' }, notifyOnly: 'unknown-owner' });
  });

  test('a built-in kind that may not be read says nothing about the workload', async () => {
    const cluster = makeSnapshotCluster({ items: clusterItems() });
    const refusal = new AutoHealError('PORT_AUTH', '403 forbidden');
    const forbidden: ClusterReader = {
      ...cluster,
      get: (kind, ref) => (kind === 'ReplicaSet' ? Promise.reject(refusal) : cluster.get(kind, ref)),
    };

    const location = await locateIn([], { cluster: forbidden })([podAlert(CART_POD)]);

    expect(location).toMatchObject({ kind: 'unlocated', reason: 'lookup-failed', candidates: [] });
  });

  test.each([
    { name: 'listed', namespaces: ['monitoring'], notifyOnly: 'monitoring-plane' },
    { name: 'that a pattern fits', namespaces: ['other', 'moni*'], notifyOnly: 'monitoring-plane' },
    { name: 'not listed', namespaces: ['moni'], notifyOnly: 'unknown-owner' },
  ])('a workload in a namespace $name is reported as $notifyOnly', async ({ namespaces, notifyOnly }) => {
    const labels = {
      alertname: 'KubeStatefulSetReplicasMismatch',
      namespace: 'monitoring',
      statefulset: 'prometheus-kps',
    };

    const location = await locateIn(clusterItems(), { monitoringNamespaces: namespaces })([alertOf(labels)]);

    expect(location).toMatchObject({ workload: { kind: 'StatefulSet', name: 'prometheus-kps' }, notifyOnly });
  });
});
