import { describe, expect, test } from '@jest/globals';
import type { DaemonSet, Deployment, StatefulSet } from '../../../src/domain/kubernetes.ts';
import { rolloutStatus } from '../../../src/domain/rollout-status.ts';

const template = { spec: { containers: [{ name: 'app' }] } };
const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 3 };

function deployment(
  status: Deployment['status'] | undefined,
  spec: Partial<Deployment['spec']> = {},
  generation = 3,
): Deployment {
  return {
    kind: 'Deployment',
    metadata: { ...metadata, generation },
    spec: { replicas: 2, selector: {}, template, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function statefulSet(status: StatefulSet['status'], updateStrategy: StatefulSet['spec']['updateStrategy'] = {}) {
  return {
    kind: 'StatefulSet',
    metadata,
    spec: { replicas: 3, selector: {}, template, updateStrategy },
    status: { observedGeneration: 3, ...status },
  } satisfies StatefulSet;
}

function daemonSet(status: DaemonSet['status'], type = 'RollingUpdate') {
  return {
    kind: 'DaemonSet',
    metadata,
    spec: { selector: {}, template, updateStrategy: { type } },
    status: { observedGeneration: 3, ...status },
  } satisfies DaemonSet;
}

const good = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
const goodSet = {
  replicas: 3,
  readyReplicas: 3,
  updatedReplicas: 3,
  availableReplicas: 3,
  currentRevision: 'db-2',
  updateRevision: 'db-2',
};
const goodDaemon = {
  desiredNumberScheduled: 2,
  currentNumberScheduled: 2,
  updatedNumberScheduled: 2,
  numberReady: 2,
  numberAvailable: 2,
};
const deadline = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];

describe('rolloutStatus', () => {
  test.each([
    { name: 'all replicas updated and ready', workload: deployment(good), kind: 'complete' },
    {
      name: 'scaled to 0: the server leaves counts of 0 out',
      workload: deployment({ observedGeneration: 3 }, { replicas: 0 }),
      kind: 'complete',
    },
    { name: 'no status yet', workload: deployment(undefined), kind: 'unknown' },
    { name: 'the spec is newer than the status', workload: deployment(good, {}, 4), kind: 'progressing' },
    { name: 'paused', workload: deployment(good, { paused: true }), kind: 'paused' },
    { name: 'paused a moment ago, not seen yet', workload: deployment(good, { paused: true }, 4), kind: 'progressing' },
    {
      name: 'the progress deadline is over, with the old pods still serving',
      workload: deployment({ ...good, updatedReplicas: 1, replicas: 3, conditions: deadline }),
      kind: 'stuck',
    },
    {
      name: 'a deadline of the generation before does not count until the controller saw the newest one',
      workload: deployment({ ...good, conditions: deadline }, {}, 4),
      kind: 'progressing',
    },
    { name: 'too few updated', workload: deployment({ ...good, updatedReplicas: 1 }), kind: 'progressing' },
    { name: 'old replicas terminate', workload: deployment({ ...good, replicas: 3 }), kind: 'progressing' },
    { name: 'too few available', workload: deployment({ ...good, availableReplicas: 1 }), kind: 'progressing' },
    { name: 'too few ready', workload: deployment({ ...good, readyReplicas: 1 }), kind: 'progressing' },
    { name: 'scaling down', workload: deployment(good, { replicas: 1 }), kind: 'progressing' },

    { name: 'StatefulSet: all updated and ready', workload: statefulSet(goodSet), kind: 'complete' },
    {
      name: 'StatefulSet: the revisions differ although the counts fit',
      workload: statefulSet({ ...goodSet, currentRevision: 'db-1' }),
      kind: 'progressing',
    },
    {
      name: 'StatefulSet: one pod is not updated',
      workload: statefulSet({ ...goodSet, updatedReplicas: 2 }),
      kind: 'progressing',
    },
    {
      name: 'StatefulSet: the partition is reached and holds the rest',
      workload: statefulSet(
        { ...goodSet, updatedReplicas: 1 },
        { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
      ),
      kind: 'paused',
    },
    {
      name: 'StatefulSet: the partition is not reached',
      workload: statefulSet(
        { ...goodSet, updatedReplicas: 1 },
        { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
      ),
      kind: 'progressing',
    },
    {
      name: 'StatefulSet: everything is updated above and below the partition',
      workload: statefulSet(goodSet, { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }),
      kind: 'complete',
    },
    {
      name: 'StatefulSet with OnDelete: old pods may stay for ever',
      workload: statefulSet({ ...goodSet, updatedReplicas: 1 }, { type: 'OnDelete' }),
      kind: 'unknown',
    },
    {
      name: 'StatefulSet with OnDelete: all were deleted and came back',
      workload: statefulSet(goodSet, { type: 'OnDelete' }),
      kind: 'complete',
    },

    { name: 'DaemonSet: all updated and ready', workload: daemonSet(goodDaemon), kind: 'complete' },
    {
      name: 'DaemonSet: one node has the old pod',
      workload: daemonSet({ ...goodDaemon, updatedNumberScheduled: 1 }),
      kind: 'progressing',
    },
    {
      name: 'DaemonSet: one pod is not available',
      workload: daemonSet({ ...goodDaemon, numberAvailable: 1 }),
      kind: 'progressing',
    },
    {
      name: 'DaemonSet: no node count',
      workload: daemonSet({ numberReady: 2 }),
      kind: 'unknown',
    },
    {
      name: 'DaemonSet with OnDelete: the old pods are ready',
      workload: daemonSet({ ...goodDaemon, updatedNumberScheduled: 0 }, 'OnDelete'),
      kind: 'unknown',
    },
  ])('$name -> $kind', ({ workload, kind }) => {
    expect(rolloutStatus(workload)).toMatchObject({ kind, why: expect.stringMatching(/\.$/) });
  });

  test('an object out of a list carries no kind: it may be given', () => {
    const { kind: _, ...listed } = deployment(good);

    expect(rolloutStatus(listed).kind).toBe('unknown');
    expect(rolloutStatus(listed, 'Deployment').kind).toBe('complete');
  });
});
