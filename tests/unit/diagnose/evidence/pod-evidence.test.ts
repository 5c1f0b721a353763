import { describe, expect, test } from '@jest/globals';
import { podEvidence } from '../../../../src/diagnose/evidence/pod-evidence.ts';
import type { ContainerStatus, Pod } from '../../../../src/domain/kubernetes.ts';

const started = '2026-11-21T02:53:41Z';
const ready = (status: string) => ({ type: 'Ready', status, lastTransitionTime: started });
const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: started };

/** A pod as the API server sends it, with the container statuses of a real one. */
function pod(status: Pod['status'], containers: readonly ContainerStatus[] = []): Pod {
  return {
    metadata: {
      name: 'web-7565dcd8b8-r7khd',
      namespace: 'rec',
      uid: '78c146a5',
      resourceVersion: '1497',
      creationTimestamp: started,
      labels: { app: 'web', 'pod-template-hash': '7565dcd8b8' },
    },
    spec: {
      nodeName: 'node1',
      containers: [{ name: 'app', image: 'busybox:1.38', resources: { limits: { memory: '32Mi' } } }],
    },
    status: { phase: 'Running', conditions: [ready('False'), scheduled], containerStatuses: containers, ...status },
  };
}

const base = { name: 'app', ready: false, restartCount: 3, image: 'docker.io/library/busybox:1.38' };
const backOff = {
  waiting: {
    reason: 'CrashLoopBackOff',
    message: 'back-off 40s restarting failed container=app pod=crash-7565dcd8b8-r7khd_rec(78c146a5)',
  },
};

describe('podEvidence', () => {
  test('a crashing pod', () => {
    const terminated = { exitCode: 3, reason: 'Error', startedAt: started, finishedAt: '2026-11-21T02:54:19Z' };

    const evidence = podEvidence(pod({}, [{ ...base, state: backOff, lastState: { terminated } }]));

    expect(evidence).toEqual({
      name: 'web-7565dcd8b8-r7khd',
      namespace: 'rec',
      ownerKind: '',
      uid: '78c146a5',
      resourceVersion: '1497',
      node: 'node1',
      phase: 'Running',
      reason: '',
      ready: false,
      terminating: false,
      createdAt: Date.parse(started),
      revisionHash: '7565dcd8b8',
      unschedulable: '',
      containers: [
        {
          name: 'app',
          image: 'busybox:1.38',
          ready: false,
          restarts: 3,
          stateReason: 'CrashLoopBackOff',
          stateMessage: backOff.waiting.message,
          lastTermination: { reason: 'Error', exitCode: 3, finishedAt: Date.parse('2026-11-21T02:54:19Z') },
          memoryLimitBytes: 33_554_432,
        },
      ],
    });
  });

  test.each([
    {
      name: 'out of memory',
      status: { state: backOff, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      container: { stateReason: 'CrashLoopBackOff', lastTermination: { reason: 'OOMKilled', exitCode: 137 } },
    },
    {
      name: 'a missing ConfigMap',
      status: {
        state: { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "missing" not found' } },
        lastState: {},
      },
      container: { stateReason: 'CreateContainerConfigError', stateMessage: 'configmap "missing" not found' },
    },
    {
      name: 'running and unready',
      status: { state: { running: { startedAt: started } }, lastState: {} },
      container: { stateReason: '', stateMessage: '' },
    },
    {
      name: 'ended now: the newest end counts, not the one before',
      status: {
        state: { terminated: { exitCode: 1, reason: 'Error', message: 'a\nb' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      },
      container: { stateReason: 'Error', stateMessage: 'a b', lastTermination: { reason: 'Error', exitCode: 1 } },
    },
    {
      name: 'ended well, as init containers do',
      status: { state: { terminated: { exitCode: 0, reason: 'Completed' } } },
      container: { stateReason: '', lastTermination: { reason: 'Completed', exitCode: 0 } },
    },
  ])('a container: $name', ({ status, container }) => {
    expect(podEvidence(pod({}, [{ ...base, ...status }])).containers[0]).toMatchObject(container);
  });

  test('a pod that waits for a node', () => {
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];

    expect(podEvidence(pod({ phase: 'Pending', conditions }))).toMatchObject({
      phase: 'Pending',
      unschedulable: message,
    });
  });

  test('an evicted pod', () => {
    expect(podEvidence(pod({ phase: 'Failed', reason: 'Evicted' }))).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
    });
  });

  test('a ready pod, a pod being deleted, and a pod of a StatefulSet', () => {
    const plain = pod({ conditions: [ready('True')] });
    const labels = { 'controller-revision-hash': 'db-785cdb5445' };
    const metadata = { ...plain.metadata, deletionTimestamp: started, labels };

    expect(podEvidence(plain)).toMatchObject({ ready: true, terminating: false });
    expect(podEvidence({ ...plain, metadata })).toMatchObject({ terminating: true, revisionHash: 'db-785cdb5445' });
  });

  test('a pod of which nothing is known yet', () => {
    const bare = { metadata: { name: 'p', uid: 'u', resourceVersion: '1' }, spec: { containers: [] } };

    expect(podEvidence(bare)).toEqual({
      name: 'p',
      ownerKind: '',
      uid: 'u',
      resourceVersion: '1',
      node: '',
      phase: '',
      reason: '',
      ready: false,
      terminating: false,
      createdAt: 0,
      revisionHash: '',
      unschedulable: '',
      containers: [],
    });
  });

  test.each([
    { name: 'ready', status: 'True', expected: Date.parse(started) },
    { name: 'not ready', status: 'False', expected: undefined },
  ])('since when it is ready: $name', ({ status, expected }) => {
    expect(podEvidence(pod({ conditions: [ready(status)] })).readySince).toBe(expected);
  });

  test('the kind of its controller, and not of other owners', () => {
    const owner = { apiVersion: 'v1', name: 'x', uid: 'u' };
    const ownerReferences = [
      { ...owner, kind: 'ConfigMap' },
      { ...owner, kind: 'ReplicaSet', controller: true },
    ];
    const given = pod({});

    expect(podEvidence({ ...given, metadata: { ...given.metadata, ownerReferences } }).ownerKind).toBe('ReplicaSet');
  });
});
