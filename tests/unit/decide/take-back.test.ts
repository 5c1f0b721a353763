import { describe, expect, test } from '@jest/globals';
import { makeMayTakeBack } from '../../../src/decide/take-back.ts';
import type { Attempt, Closed, IncidentId, Restore } from '../../../src/domain/incident.ts';
import type { Node } from '../../../src/domain/kubernetes.ts';
import type { WorkloadRef } from '../../../src/domain/workload.ts';
import { actionId } from '../../../src/domain/remedy.ts';
import type { MetricSource } from '../../../src/ports/metrics.ts';
import { AutoHealError } from '../../../src/domain/errors.ts';
import { recordingCluster } from '../../fakes/recording-cluster.ts';
import { aCause, aDiagnosis, anIntent } from '../../builders/journey.ts';
import { aDeployment, LOCATED, NOW, rfc } from '../../builders/incident.ts';

const CLOSED: Closed = {
  id: 'inc-1' as IncidentId, // Tests choose ids.
  openedAt: NOW,
  updatedAt: NOW,
  alerts: [],
  rung: 1,
  attempts: [],
  failures: 0,
  phase: 'closed',
  outcome: 'healed',
  because: '',
  closedAt: NOW,
  location: LOCATED,
};

function aRestore(overrides: Partial<Restore> = {}): Restore {
  const target = { kind: 'Node', namespace: '', name: 'node-1' };
  return {
    actionId: actionId('inc-1', 1),
    step: 0,
    undo: { target, uid: 'uid-node-1', path: '/api/v1/nodes/node-1', expect: {}, restore: {} },
    when: 'always',
    by: 'autoheal',
    dueAt: NOW,
    giveUpAt: NOW + 1,
    state: 'pending',
    detail: '',
    ...overrides,
  };
}

function aNode(ready: string, minutes: number, more: readonly { type: string; status: string }[] = []): Node {
  const since = rfc(NOW - minutes * 60_000);
  return {
    metadata: { name: 'node-1', uid: 'uid-node-1', resourceVersion: '1' },
    status: { conditions: [{ type: 'Ready', status: ready, lastTransitionTime: since }, ...more] },
  };
}

/** Prometheus, with so much of the CPU limits in use. */
function metricsOf(cpu: number | undefined): MetricSource {
  return { signals: async () => (cpu === undefined ? {} : { cpu_per_limit: cpu }) };
}

const HALF = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 };

describe('a temporary change', () => {
  test.each<{ name: string; restore?: Partial<Restore>; deployment?: object; node?: Node; code?: string }>([
    { name: 'goes back when its time has come' },
    {
      name: 'stays where the workload was switched off: whoever did that wants no hands on it',
      deployment: { metadata: { annotations: { 'autoheal.io/mode': 'off' } } },
      code: 'opted-out',
    },
    { name: 'goes back when the workload is well', restore: { when: 'workload-healthy' } },
    {
      name: 'stays while the workload is not well',
      restore: { when: 'workload-healthy' },
      deployment: { status: HALF },
      code: 'workload-not-healthy',
    },
    { name: 'goes back when the node is well for a while', restore: { when: 'node-healthy' }, node: aNode('True', 6) },
    {
      name: 'stays while the node is not ready',
      restore: { when: 'node-healthy' },
      node: aNode('Unknown', 60),
      code: 'node-not-ready',
    },
    {
      name: 'stays while the node has only just come back',
      restore: { when: 'node-healthy' },
      node: aNode('True', 4),
      code: 'node-not-ready',
    },
    {
      name: 'stays while the node has pressure',
      restore: { when: 'node-healthy' },
      node: aNode('True', 60, [{ type: 'DiskPressure', status: 'True' }]),
      code: 'node-not-ready',
    },
    { name: 'stays when the node is gone', restore: { when: 'node-healthy' }, code: 'node-not-ready' },
    {
      name: 'goes back whatever the state when a person asks',
      restore: { when: 'workload-healthy', by: 'ada' },
      deployment: { status: HALF },
    },
  ])('$name', async ({ restore, deployment, node, code }) => {
    const cluster = recordingCluster();
    cluster.put('Deployment', aDeployment(deployment));
    if (node !== undefined) cluster.put('Node', node);

    const refusal = await makeMayTakeBack({ cluster, metrics: metricsOf(0.5), clock: { now: () => NOW } })(
      CLOSED,
      aRestore(restore),
    );

    expect(refusal?.code).toBe(code);
  });

  describe('that added capacity', () => {
    const DEPLOYMENT = { kind: 'Deployment', namespace: 'shop', name: 'web' };
    const AUTOSCALER = { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'web' };

    test.each<{ name: string; cpu?: number; target?: WorkloadRef; before: number; status?: object; why?: string }>([
      { name: 'goes back where fewer pods carry the load', cpu: 0.3, before: 1 },
      {
        name: 'stays while fewer pods would drown in it',
        cpu: 0.4,
        before: 1,
        why: '2 replicas use 40 % of their CPU limits, and 1 would use 80 %',
      },
      { name: 'goes back where nobody knows the CPU', before: 1 },
      { name: 'goes back where it is gone already', cpu: 0.9, before: 2 },
      { name: 'stays while the workload is not well', cpu: 0.1, before: 1, status: HALF, why: 'replicas are ready' },
      { name: 'goes back where the autoscaler keeps no more than its old maximum', target: AUTOSCALER, before: 2 },
      {
        name: 'stays while the autoscaler keeps more than that',
        target: AUTOSCALER,
        before: 1,
        why: 'the autoscaler keeps 2 replicas, and could have 1 at most then',
      },
    ])('$name', async ({ cpu, target = DEPLOYMENT, before, status, why }) => {
      const cluster = recordingCluster();
      cluster.put('Deployment', aDeployment(status === undefined ? {} : { status }));
      const restore = { '/metadata/annotations/x': null, '/spec/replicas': before };
      const undo = { target, uid: 'uid', path: '/x', expect: {}, restore };

      const refusal = await makeMayTakeBack({ cluster, metrics: metricsOf(cpu), clock: { now: () => NOW } })(
        CLOSED,
        aRestore({ when: 'load-allows', undo }),
      );

      expect(refusal?.why).toEqual(why === undefined ? undefined : expect.stringContaining(why));
    });
  });

  test('stays where the CPU that it was added for is not known now: kube-state-metrics may be down', async () => {
    const cluster = recordingCluster();
    cluster.put('Deployment', aDeployment());
    const found = aDiagnosis(aCause('cpu-saturation'));
    const diagnosis = { ...found, evidence: { ...found.evidence, signals: { cpu_per_limit: 0.97 } } };
    const target = { kind: 'Deployment', namespace: 'shop', name: 'web' };
    const undo = { target, uid: 'uid', path: '/x', expect: {}, restore: { '/spec/replicas': 1 } };

    const refusal = await makeMayTakeBack({ cluster, metrics: metricsOf(undefined), clock: { now: () => NOW } })(
      { ...CLOSED, diagnosis },
      aRestore({ when: 'load-allows', undo }),
    );

    expect(refusal).toMatchObject({ code: 'still-needed', why: expect.stringContaining('not known') });
  });

  describe('of a node that was out of CPU', () => {
    test.each([
      { name: 'goes back when it has some again', busy: 0.6, why: undefined },
      { name: 'stays while something still takes it, well as the node says it is', busy: 0.97, why: '97 % of its CPU' },
      { name: 'stays while nobody knows', busy: undefined, why: 'not known' },
    ])('$name', async ({ busy, why }) => {
      const cluster = recordingCluster();
      cluster.put('Node', aNode('True', 60));
      const metrics: MetricSource = { signals: async () => (busy === undefined ? {} : { node_cpu_ratio: busy }) };
      const diagnosis = aDiagnosis({ ...aCause('node-pressure'), symptoms: ['node_cpu_ratio'] });
      const workload = { kind: 'Node', namespace: '', name: 'node-1' };

      const refusal = await makeMayTakeBack({ cluster, metrics, clock: { now: () => NOW } })(
        { ...CLOSED, location: { ...LOCATED, workload }, diagnosis },
        aRestore({ when: 'node-healthy' }),
      );

      expect(refusal?.why).toEqual(why === undefined ? undefined : expect.stringContaining(why));
    });
  });

  test('of a node stays where the last look at it saw nothing, but the watching did see its CPU in use', async () => {
    const cluster = recordingCluster();
    cluster.put('Node', aNode('True', 60));
    const metrics: MetricSource = { signals: async () => ({ node_cpu_ratio: 0.97 }) };
    const trend = { least: { node_cpu_ratio: 0.98 }, fellAt: NOW };
    const attempt: Attempt = {
      intent: anIntent(),
      result: { kind: 'done', at: NOW, detail: '' },
      verification: { verdict: 'not-recovered', reasons: [], at: NOW, trend },
    };

    const refusal = await makeMayTakeBack({ cluster, metrics, clock: { now: () => NOW } })(
      { ...CLOSED, attempts: [attempt], diagnosis: aDiagnosis({ ...aCause('unknown'), symptoms: [] }) },
      aRestore({ when: 'node-healthy' }),
    );

    expect(refusal?.code).toBe('node-not-ready');
  });

  test('stays where nobody knows', async () => {
    const cluster = recordingCluster();
    cluster.readError = new AutoHealError('PORT_TIMEOUT', 'no answer');

    const refusal = await makeMayTakeBack({ cluster, metrics: metricsOf(0.5), clock: { now: () => NOW } })(
      CLOSED,
      aRestore(),
    );

    expect(refusal).toMatchObject({ code: 'guard-failed', why: expect.stringContaining('no answer') });
  });
});
