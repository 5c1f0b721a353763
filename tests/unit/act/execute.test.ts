import { beforeEach, describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../../src/act/catalogue.ts';
import { makeExecute, makeReadBack } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { AutoHealError } from '../../../src/domain/errors.ts';
import type { Diagnosis } from '../../../src/domain/diagnosis.ts';
import type { Intent, RemedyName } from '../../../src/domain/remedy.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  aDeployment,
  aPod,
  aReplicaSet,
  candidate,
  crashing,
  decidedIncident,
  diagnosis,
  NOW,
  POLICY,
} from '../../builders/incident.ts';

let cluster: RecordingCluster;
const clock = { now: () => NOW };

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment());
  cluster.put('ReplicaSet', aReplicaSet(1, { ageMinutes: 2000 }));
  cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 20 }));
  cluster.put('Pod', aPod('cart-2-a'));
});

async function intentFor(remedy: RemedyName, found: Diagnosis): Promise<Intent> {
  const plan = makePlan({ cluster, clock, catalogue: CATALOGUE, policy: POLICY });
  const answer = await plan(decidedIncident({ diagnosis: found }), candidate({ remedy, cures: found.causes[0].name }));
  if (answer.kind === 'refused') throw new Error(answer.refusal.why);
  return answer.intent;
}

const execute = (intent: Intent) =>
  makeExecute({ endpoints: recordingEndpoints(), cluster, clock, catalogue: CATALOGUE })(intent);
const readBack = (intent: Intent) =>
  makeReadBack({ cluster, clock, catalogue: CATALOGUE })(intent, { code: 'silenced', why: 'somebody is at it' });

const restart = () => intentFor('rollout-restart', diagnosis('memory-leak'));
const eviction = () => intentFor('restart-pod', diagnosis('one-bad-pod', { pods: [crashing('cart-2-a')] }));
const rollback = () => intentFor('rollback', diagnosis('crash-loop-after-rollout'));

describe.each([
  { name: 'a restart of the rollout', make: restart, kind: 'Deployment', object: 'cart' },
  { name: 'an eviction', make: eviction, kind: 'Pod', object: 'cart-2-a' },
  { name: 'a rollback', make: rollback, kind: 'Deployment', object: 'cart' },
] as const)('$name', ({ make, kind, object }) => {
  test('is written once', async () => {
    const intent = await make();

    expect(await execute(intent)).toMatchObject({ kind: 'done', at: NOW });
    expect(cluster.writes).toEqual([intent.write]);
  });

  test('is not written a second time after a crash', async () => {
    const intent = await make();
    await execute(intent);

    expect(await execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(cluster.writes).toHaveLength(1);
  });

  test('is not written to an object that changed since', async () => {
    const intent = await make();
    cluster.touch(kind, object);

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(cluster.writes).toEqual([]);
  });

  test('is done when only the answer was lost', async () => {
    const intent = await make();
    cluster.afterWrite = () => ({ kind: 'maybe', message: 'connection reset' });

    expect(await execute(intent)).toMatchObject({ kind: 'done' });
    expect(cluster.writes).toHaveLength(1);
  });

  test('is unknown when the write was lost and nothing shows: it may still be on its way', async () => {
    const intent = await make();
    cluster.beforeWrite = () => ({ kind: 'maybe', message: 'timed out' });

    const result = await execute(intent);

    expect(result).toMatchObject({ kind: 'unknown' });
    expect(cluster.writes).toHaveLength(1);
  });

  test('is unknown when the answer was lost and the object cannot be read back', async () => {
    const intent = await make();
    cluster.beforeWrite = () => {
      cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');
      return { kind: 'maybe', message: 'timed out' };
    };

    expect(await execute(intent)).toMatchObject({ kind: 'unknown' });
    expect(cluster.writes).toHaveLength(1);
  });

  test('nothing is sent while the object cannot be read', async () => {
    const intent = await make();
    cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');

    await expect(execute(intent)).rejects.toMatchObject({ code: 'PORT_UNREACHABLE', retryable: true });
    expect(cluster.writes).toEqual([]);
  });

  test.each([
    { code: 'CONFLICT', expected: 'changed-since' },
    { code: 'NOT_FOUND', expected: 'changed-since' },
    { code: 'BUDGET', expected: 'no-disruption-allowed' },
    { code: 'FORBIDDEN', expected: 'forbidden' },
    { code: 'INVALID', expected: 'dry-run-refused' },
    { code: 'RATE_LIMITED', expected: 'api-unavailable' },
    { code: 'OTHER', expected: 'api-unavailable' },
  ] as const)('the API server says $code -> $expected, and it is sent once', async ({ code, expected }) => {
    const intent = await make();
    cluster.beforeWrite = () => ({ kind: 'refused', code, status: 400, message: 'no' });

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: expected } });
    expect(cluster.writes).toHaveLength(1);
  });

  test('INVALID on an object that changed in between is changed-since', async () => {
    const intent = await make();
    cluster.beforeWrite = () => {
      cluster.touch(kind, object);
      return { kind: 'refused', code: 'INVALID', status: 422, message: 'the server rejected our request' };
    };

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
  });

  test('reading back tells done from not done, and sends nothing', async () => {
    const intent = await make();

    expect(await readBack(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'silenced' } });
    expect(cluster.writes).toEqual([]);

    await execute(intent);

    expect(await readBack(intent)).toMatchObject({ kind: 'already-done' });

    cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');

    expect(await readBack(intent)).toMatchObject({ kind: 'unknown' });
    expect(cluster.writes).toHaveLength(1);
  });
});

test('an object that was replaced by another of its name is not written to', async () => {
  const intent = await restart();
  cluster.put('Deployment', aDeployment({ metadata: { uid: 'other' } }));

  expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
  expect(cluster.writes).toEqual([]);
});

test('a pod that is replaced already needs no eviction', async () => {
  const intent = await eviction();
  cluster.remove('Pod', 'cart-2-a');

  expect(await execute(intent)).toMatchObject({ kind: 'already-done' });
  expect(cluster.writes).toEqual([]);
});
