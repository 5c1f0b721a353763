import { beforeEach, describe, expect, test } from '@jest/globals';
import { undo } from '../../../src/act/undo.ts';
import { AutoHealError } from '../../../src/domain/errors.ts';
import type { Undo } from '../../../src/domain/remedy.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import { aDeployment, anAutoscaler, DEPLOYMENT_UID, LOCATED } from '../../builders/incident.ts';

const IDS = { actionId: 'inc-1/1', undoId: 'undo-1' };

const REPLICAS: Undo = {
  target: LOCATED.workload,
  uid: DEPLOYMENT_UID,
  path: '/apis/apps/v1/namespaces/shop/deployments/cart',
  expect: { '/spec/replicas': 4 },
  restore: { '/spec/replicas': 2 },
};

let cluster: RecordingCluster;

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment({ spec: { replicas: 4 } }));
});

test('restores the value, in one marked write with tests, after a dry run', async () => {
  const answer = await undo(REPLICAS, cluster, IDS);

  expect(answer.kind).toBe('undone');
  expect(cluster.read('Deployment', 'cart')).toMatchObject({
    metadata: { annotations: { 'autoheal.io/action-id': 'undo-1' } },
    spec: { replicas: 2 },
  });
  expect(cluster.dryRuns).toEqual(cluster.writes);
  expect(cluster.writes).toHaveLength(1);
});

test('changes nothing the second time, even when somebody set the old value again', async () => {
  await undo(REPLICAS, cluster, IDS);
  cluster.touch('Deployment', 'cart', (object) => Object.assign(object['spec'] as object, { replicas: 4 }));

  expect(await undo(REPLICAS, cluster, IDS)).toMatchObject({ kind: 'already-undone' });
  expect(cluster.writes).toHaveLength(1);
});

test('removes what was not there before', async () => {
  cluster.put('HorizontalPodAutoscaler', anAutoscaler({ min: 3, max: 6 }));
  const what: Undo = {
    target: { kind: 'HorizontalPodAutoscaler', namespace: 'shop', name: 'cart' },
    uid: 'uid-hpa',
    path: '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/cart',
    expect: { '/spec/minReplicas': 3 },
    restore: { '/spec/minReplicas': null },
  };

  expect(await undo(what, cluster, IDS)).toMatchObject({ kind: 'undone' });
  expect(cluster.read('HorizontalPodAutoscaler', 'cart')['spec']).not.toHaveProperty('minReplicas');
});

describe('refuses with changed-since and writes nothing when', () => {
  test.each([
    {
      name: 'the value is another one by now',
      arrange: () => cluster.put('Deployment', aDeployment({ spec: { replicas: 5 } })),
    },
    { name: 'the object is gone', arrange: () => cluster.remove('Deployment', 'cart') },
    {
      name: 'another object took its name',
      arrange: () => cluster.put('Deployment', aDeployment({ metadata: { uid: 'other' }, spec: { replicas: 4 } })),
    },
  ])('$name', async ({ arrange }) => {
    arrange();

    expect(await undo(REPLICAS, cluster, IDS)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'changed-since' },
    });
    expect([...cluster.writes, ...cluster.dryRuns]).toEqual([]);
  });

  test('it changes between the dry run and the write', async () => {
    cluster.beforeWrite = () => {
      cluster.touch('Deployment', 'cart');
      return undefined;
    };

    expect(await undo(REPLICAS, cluster, IDS)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'changed-since' },
    });
    expect(cluster.read('Deployment', 'cart')).toMatchObject({ spec: { replicas: 4 } });
  });
});

test.each([
  { name: 'a lost answer to a write that shows', lose: 'after', expected: 'undone' },
  { name: 'a lost write', lose: 'before', expected: 'unknown' },
] as const)('$name -> $expected', async ({ lose, expected }) => {
  cluster[lose === 'after' ? 'afterWrite' : 'beforeWrite'] = () => ({ kind: 'maybe', message: 'timed out' });

  expect(await undo(REPLICAS, cluster, IDS)).toMatchObject({ kind: expected });
  expect(cluster.writes).toHaveLength(1);
});

test.each([
  { answer: { kind: 'refused', code: 'FORBIDDEN', status: 403, message: 'no' }, expected: 'forbidden' },
  { answer: { kind: 'refused', code: 'INVALID', status: 422, message: 'no' }, expected: 'dry-run-refused' },
  { answer: { kind: 'refused', code: 'OTHER', status: 500, message: 'no' }, expected: 'api-unavailable' },
  { answer: { kind: 'maybe', message: 'timed out' }, expected: 'api-unavailable' },
] as const)(
  'a dry run that is answered $answer.kind $answer.code is the end: $expected',
  async ({ answer, expected }) => {
    cluster.beforeDryRun = () => answer;

    expect(await undo(REPLICAS, cluster, IDS)).toMatchObject({ kind: 'refused', refusal: { code: expected } });
    expect(cluster.writes).toEqual([]);
  },
);

test('what cannot be read is thrown', async () => {
  cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');

  await expect(undo(REPLICAS, cluster, IDS)).rejects.toMatchObject({ code: 'PORT_TIMEOUT' });
});
