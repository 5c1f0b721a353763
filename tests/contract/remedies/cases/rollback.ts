import { expect } from '@jest/globals';
import { rollback } from '../../../../src/act/remedies/rollback.ts';
import type { Located } from '../../../../src/domain/location.ts';
import { ARGO_ROLLOUTS } from '../../../../src/simulator/custom-resources.ts';
import type { NewObject, ObjectStore } from '../../../../src/simulator/objects.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { add, annotate, merge, objectOf, SHOP } from '../hands.ts';
import { aService, ownedRows, rollOut, UNSEEN } from './shop.ts';

/** A rollout that is half way when somebody looks: pods of the revision before it still serve. */
function worldOf(kind: ServiceSpec['kind'], resource: string, seconds: number): RemedyWorld {
  return {
    name: `a ${kind} in the middle of a bad rollout`,
    services: [aService('cart', { kind, configMap: 'cart-settings' })],
    cause: 'errors-after-rollout',
    symptomAgeSeconds: 1,
    arrange({ objects, run }) {
      add(objects, 'secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cart-key', namespace: SHOP } });
      rollOut(objects, resource, 'cart', { image: 'shop/cart:3', envFrom: NEEDS });
      run(120);
      rollOut(objects, resource, 'cart', { image: 'shop/cart:4', envFrom: [] });
      run(seconds);
    },
    effect({ objects, run }) {
      run(120);

      const { spec = {}, status = {} } = objectOf(objects, resource, 'cart');
      expect(JSON.stringify(spec['template'])).toContain('shop/cart:3');
      expect(status['readyReplicas'] ?? status['numberReady']).toBe(3);
    },
  };
}

const NEEDS = [{ configMapRef: { name: 'cart-settings' } }, { secretRef: { name: 'cart-key' } }];

const ARGO: RemedyWorld = {
  name: 'an Argo Rollout in the middle of an update',
  services: [aService('cart')],
  more: { customResources: [ARGO_ROLLOUTS] },
  cause: 'errors-after-rollout',
  symptomAgeSeconds: 1,
  arrange({ objects, run }) {
    const labels = { app: 'canary' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'shop/canary:2' }] } };
    const { metadata } = add(objects, 'rollouts', {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'canary', namespace: SHOP },
      spec: { replicas: 4, selector: { matchLabels: labels }, template },
      status: { currentPodHash: 'hash2', stableRS: 'hash1', observedGeneration: '1', replicas: 4, updatedReplicas: 1 },
    });
    add(objects, 'replicasets', argoSet(1, metadata.uid));
    run(900);
    add(objects, 'replicasets', argoSet(2, metadata.uid));
    run(5);
  },
  located: canary,
  effect({ objects, intent }) {
    const { metadata, status } = objectOf(objects, 'rollouts', 'canary');
    expect(status).toMatchObject({ abort: true });
    expect(metadata.annotations).toMatchObject({ 'autoheal.io/action-id': intent.actionId });
  },
};

function canary(objects: ObjectStore): Partial<Located> {
  const workload = { kind: 'Rollout', namespace: SHOP, name: 'canary' };
  return { workload, uid: objectOf(objects, 'rollouts', 'canary').metadata.uid };
}

function argoSet(revision: number, uid: string): NewObject {
  const labels = { app: 'canary', 'rollouts-pod-template-hash': `hash${revision}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `canary-${revision}`,
      namespace: SHOP,
      labels,
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'canary', uid, controller: true }],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: `shop/canary:${revision}` }] } },
    },
    status: { replicas: 0 },
  };
}

/** Without pods of an older revision nothing serves, and no older one ran for long. */
function forgetOlder(objects: ObjectStore): void {
  for (const { metadata } of objects.list('replicasets', { namespace: SHOP })) {
    merge(objects, 'replicasets', metadata.name, { status: { readyReplicas: 0 } });
  }
}

function onlyTheNewest(objects: ObjectStore): void {
  const revision = objectOf(objects, 'deployments', 'cart').metadata.annotations?.[REVISION];
  for (const { metadata } of objects.list('replicasets', { namespace: SHOP })) {
    if (metadata.annotations?.[REVISION] !== revision) objects.remove('replicasets', SHOP, metadata.name);
  }
}

const REVISION = 'deployment.kubernetes.io/revision';

export const rollbackCase: RemedyCase = {
  remedy: rollback,
  disruption: 'grows',
  worlds: [
    worldOf('Deployment', 'deployments', 8),
    worldOf('StatefulSet', 'statefulsets', 14),
    worldOf('DaemonSet', 'daemonsets', 14),
    ARGO,
  ],
  refusals: [
    {
      code: 'paused',
      when: 'the rollout is paused',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { paused: true } }),
    },
    {
      code: 'rollout-in-progress',
      when: 'the controller has not seen the newest spec',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', UNSEEN),
      at: 'after',
    },
    {
      code: 'no-rollback-annotation',
      when: 'somebody forbids it',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/no-rollback': 'true' }),
    },
    {
      code: 'no-rollback-annotation',
      when: 'somebody has forbidden it since',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/no-rollback': 'true' }),
      at: 'after',
    },
    ...ownedRows('deployments', 'cart'),
    ...ownedRows('deployments', 'cart', { at: 'after' }),
    {
      code: 'no-healthy-revision',
      when: 'no older one serves or ran for long',
      arrange: ({ objects }) => forgetOlder(objects),
    },
    {
      code: 'no-healthy-revision',
      when: 'no pod of an older one serves any more',
      arrange: ({ objects }) => forgetOlder(objects),
      at: 'after',
    },
    { code: 'no-revision-history', when: 'no older one is kept', arrange: ({ objects }) => onlyTheNewest(objects) },
    {
      code: 'no-revision-history',
      when: 'somebody wants none to be kept',
      arrange: ({ objects }) => {
        const patch = { spec: { revisionHistoryLimit: 0 }, status: { observedGeneration: 99 } };
        merge(objects, 'deployments', 'cart', patch);
      },
      at: 'after',
    },
    {
      code: 'revision-needs-missing',
      when: 'the ConfigMap of the older one is gone',
      arrange: ({ objects }) => objects.remove('configmaps', SHOP, 'cart-settings'),
      at: 'after',
    },
    { code: 'forbidden', when: 'whether its Secret still exists cannot be told', mayNot: 'secrets' },
    {
      code: 'no-rollout-in-progress',
      when: 'the update of the Rollout is complete',
      world: ARGO.name,
      arrange: ({ objects }) => void merge(objects, 'rollouts', 'canary', { status: { stableRS: 'hash2' } }),
      at: 'after',
    },
    {
      code: 'symptom-older-than-revision',
      when: 'the alert began before the rollout',
      incident: (incident) => ({
        ...incident,
        alerts: incident.alerts.map((alert) => ({ ...alert, startsAt: alert.startsAt - 600_000 })),
      }),
    },
  ],
};
