import { describe, expect, test } from '@jest/globals';
import { argoRevisions, argoRolloutEvidence, argoSelector } from '../../../../src/diagnose/evidence/argo-rollout.ts';
import { makeGatherEvidence } from '../../../../src/diagnose/evidence/gather.ts';
import type { KubernetesObject, ReplicaSet } from '../../../../src/domain/kubernetes.ts';
import { makeSnapshotCluster } from '../../../fakes/snapshot-cluster.ts';
import { LOCATED, meta, NOW, template } from '../../../builders/incident.ts';

const labels = { app: 'cart' };
const workload = { kind: 'Rollout', namespace: 'shop', name: 'cart' };

function rollout(more: { spec?: object; status?: object } = {}): KubernetesObject & Record<string, unknown> {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: meta('cart', { generation: 4 }),
    spec: { replicas: 4, selector: { matchLabels: labels }, ...more.spec },
    status: {
      observedGeneration: '4',
      replicas: 4,
      updatedReplicas: 1,
      readyReplicas: 3,
      availableReplicas: 3,
      currentPodHash: 'hash2',
      stableRS: 'hash1',
      conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }, 'nonsense'],
      ...more.status,
    },
  };
}

function owned(kind: string, name: string, apiVersion = 'apps/v1') {
  return [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true }];
}

function set(revision: number, ready: number): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: meta(`cart-${revision}`, {
      labels: { ...labels, 'rollouts-pod-template-hash': `hash${revision}` },
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      creationTimestamp: '2026-11-21T02:00:00Z',
      ownerReferences: owned('Rollout', 'cart', 'argoproj.io/v1alpha1'),
    }),
    spec: { selector: { matchLabels: labels }, template: template(`cart:${revision}`) },
    status: { readyReplicas: ready },
  };
}

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta('cart-2-a', {
    labels: { ...labels, 'rollouts-pod-template-hash': 'hash2' },
    ownerReferences: owned('ReplicaSet', 'cart-2'),
  }),
  spec: { containers: [] },
  status: { phase: 'Running' },
};

describe('how an Argo Rollout stands', () => {
  test('its counts, of which the generation is text', () => {
    expect(argoRolloutEvidence(rollout())).toMatchObject({
      generation: 4,
      observedGeneration: 4,
      desired: 4,
      updated: 1,
      ready: 3,
      available: 3,
      total: 4,
      paused: false,
      conditions: [{ type: 'Progressing' }],
    });
  });

  test.each([
    { name: 'paused', more: { spec: { paused: true } }, expected: { paused: true } },
    {
      name: 'a hash for a generation',
      more: { status: { observedGeneration: '58c97' } },
      expected: { observedGeneration: 0 },
    },
    { name: 'no conditions', more: { status: { conditions: 'none' } }, expected: { conditions: [] } },
  ])('$name', ({ more, expected }) => {
    expect(argoRolloutEvidence(rollout(more))).toMatchObject(expected);
  });

  test('one that was just made', () => {
    const { status: _, ...made } = rollout();

    expect(argoRolloutEvidence(made)).toMatchObject({ observedGeneration: 0, desired: 4, updated: 0, total: 0 });
    expect(argoRevisions(made, [set(1, 0)])).toMatchObject([{ revision: 1, current: false }]);
  });

  test('its revisions, newest first, the current one by its status', () => {
    expect(argoRevisions(rollout(), [set(1, 3), set(2, 0)])).toMatchObject([
      { revision: 2, hash: 'hash2', images: ['cart:2'], readyReplicas: 0, current: true },
      { revision: 1, hash: 'hash1', images: ['cart:1'], readyReplicas: 3, current: false },
    ]);
  });

  test('a selector that it takes from a Deployment is not its own', () => {
    expect(argoSelector(rollout())).toEqual({ matchLabels: labels });
    expect(argoSelector(rollout({ spec: { selector: undefined } }))).toEqual({});
  });
});

describe('the evidence of an Argo Rollout', () => {
  const gather = makeGatherEvidence({
    cluster: makeSnapshotCluster({ items: [rollout(), set(1, 3), set(2, 0), pod] }),
    metrics: { signals: async () => ({}) },
    clock: { now: () => NOW, sleep: () => new Promise(() => {}) },
    deadlineMs: 1000,
  });

  test('is its state, its revisions and its pods with their revision', async () => {
    const evidence = await gather({ ...LOCATED, workload, uid: 'uid-cart' }, []);

    expect(evidence).toMatchObject({
      state: { desired: 4, updated: 1 },
      revisions: [{ revision: 2, current: true }, { revision: 1 }],
      pods: [{ name: 'cart-2-a', revisionHash: 'hash2' }],
      missing: [],
    });
  });

  test.each([
    { name: 'another object has taken its name', change: { uid: 'other' } },
    { name: 'it is gone', change: { workload: { ...workload, name: 'other' } } },
  ])('is missing when $name', async ({ change }) => {
    const evidence = await gather({ ...LOCATED, workload, uid: 'uid-cart', ...change }, []);

    expect(evidence).not.toHaveProperty('state');
    expect(evidence.missing).toEqual([expect.stringMatching(/^workload: Rollout \w+ not found/)]);
  });
});
