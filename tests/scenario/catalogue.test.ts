import { describe, expect, test } from '@jest/globals';
import type { WorldSpec } from '../../src/simulator/world/spec.ts';
import { lawfulStages, makeIll, untilEnded } from './lawful.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();

describe('a heal endpoint', () => {
  test('of the workload itself is called once, and the incident says what came of it', async () => {
    const cart = aService('cart', { replicas: 1, healEndpoint: { path: '/heal' } });
    const on = await open({ scenario: worldOf(cart), policy: { remedies: ['none', 'soft-reset'] } });
    makeIll(on, 'memory-leak', 'cart');

    const end = await untilEnded(on, 'cart', 3000);

    expect(on.calls()).toEqual([{ url: 'http://cart.shop.svc:8080/heal', actionId: `${end.id}/1`, status: 200 }]);
    expect(end.attempts.map(({ intent }) => intent.remedy)).toEqual(['soft-reset']);
    expect(end.outcome).toBe('healed');
  });
});

describe('a pod that finds no node', () => {
  function small(): WorldSpec {
    const cart = aService('cart');
    const nodes = ['node-1', 'node-2'].map((name) => ({ name, cpu: '16', memory: '64Gi', group: 'workers' }));
    return { ...worldOf(cart), nodes, nodeGroups: [{ namespace: 'infra', name: 'workers' }] };
  }
  const group = {
    apiVersion: 'cluster.x-k8s.io/v1beta1',
    kind: 'MachineDeployment',
    namespace: 'infra',
    name: 'workers',
  };

  test('gets one more from the group that the policy names', async () => {
    const limits = { nodeGroups: [{ ...group, maxReplicas: 3 }] };
    const on = await open({ scenario: small(), policy: { remedies: ['none', 'scale-nodes'], limits } });
    makeIll(on, 'unschedulable', 'cart');

    const end = await untilEnded(on, 'cart', 3000);

    expect(end.attempts.map(({ intent }) => intent.summary)).toEqual([expect.stringContaining('2 -> 3')]);
    expect(end.outcome).toBe('healed');
  });

  test('gets none where the policy names no group', async () => {
    const on = await open({ scenario: small(), policy: { remedies: ['none', 'scale-nodes'] } });
    makeIll(on, 'unschedulable', 'cart');

    const end = await untilEnded(on, 'cart', 3000);

    expect(end).toMatchObject({ outcome: 'escalated', because: expect.stringContaining('the policy names none') });
    expect(on.writes()).toEqual([]);
  });
});

describe('a runbook', () => {
  const spec = {
    backoffLimit: 0,
    activeDeadlineSeconds: 300,
    template: {
      metadata: {
        annotations: { 'simulator.autoheal.io/runs-seconds': '30', 'simulator.autoheal.io/clears': 'disk-filling' },
      },
      spec: { restartPolicy: 'Never', containers: [{ name: 'tidy', image: 'tools/tidy:1' }] },
    },
  };
  function withRunbook(): WorldSpec {
    const redis = aService('redis', { kind: 'StatefulSet', volume: { size: '10Gi', usedRatio: 0.5 } });
    const job = JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', spec });
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'tidy', namespace: 'runbooks' },
      data: { 'job.yaml': job },
    };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'runbooks' } };
    const objects = [
      { resource: 'namespaces', object: namespace },
      { resource: 'configmaps', object: configMap },
    ];
    return { ...worldOf(redis), objects };
  }

  test('that the policy allows is started once, and its Job counts for the recovery', async () => {
    const runbook = {
      name: 'tidy',
      causes: ['volume-filling'],
      configMap: { namespace: 'runbooks', name: 'tidy' },
      namespaces: ['shop'],
    };
    const policy = { remedies: ['none', 'run-job'], limits: { runbooks: [runbook] } };
    const on = await open({ scenario: withRunbook(), policy });
    makeIll(on, 'disk-filling', 'redis');

    const end = await untilEnded(on, 'redis', 6000);

    expect(on.objects.list('jobs').filter(({ metadata }) => metadata.namespace === 'runbooks')).toHaveLength(1);
    expect(end.attempts.map(({ intent }) => intent.remedy)).toEqual(['run-job']);
    expect(end.verification?.reasons.join()).toContain('completed');
  });
});
