import { beforeEach, describe, expect, test } from '@jest/globals';
import { effectOf } from '../../../src/act/effect.ts';
import { makeExecute, makeReadBack } from '../../../src/act/execute.ts';
import { objectPath } from '../../../src/act/objects.ts';
import { makePlan } from '../../../src/act/plan.ts';
import type { Remedy } from '../../../src/act/remedy.ts';
import type { Intent, PlannedWrite } from '../../../src/domain/remedy.ts';
import { recordingEndpoints, type RecordingEndpoints } from '../../fakes/endpoints.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  ACTION,
  aDeployment,
  aPod,
  candidate,
  decidedIncident,
  DEPLOYMENT_UID,
  NOW,
  POLICY,
} from '../../builders/incident.ts';

const PODS = ['cart-a', 'cart-b', 'cart-c'];
const refusedByBudget = { kind: 'refused', code: 'BUDGET', status: 429, message: 'budget says no' } as const;

let cluster: RecordingCluster;
let endpoints: RecordingEndpoints;
let now: number;

beforeEach(() => {
  cluster = recordingCluster();
  endpoints = recordingEndpoints();
  now = NOW;
  cluster.put('Deployment', aDeployment());
  for (const name of PODS) cluster.put('Pod', aPod(name));
});

function mark(): PlannedWrite {
  const target = { kind: 'Deployment', namespace: 'shop', name: 'cart' };
  const metadata = { uid: DEPLOYMENT_UID, resourceVersion: '100', annotations: { 'autoheal.io/action-id': ACTION } };
  return {
    target,
    uid: DEPLOYMENT_UID,
    resourceVersion: '100',
    write: {
      method: 'PATCH',
      path: objectPath(target),
      contentType: 'application/merge-patch+json',
      body: { metadata, spec: { replicas: 3 } },
    },
    undo: { target, uid: DEPLOYMENT_UID, path: objectPath(target), expect: { '/spec/replicas': 3 }, restore: {} },
  };
}

function eviction(name: string): PlannedWrite {
  const target = { kind: 'Pod', namespace: 'shop', name };
  const { uid } = aPod(name).metadata;
  return {
    target,
    uid,
    resourceVersion: '', // The uid alone: it may have to wait.
    write: {
      method: 'POST',
      path: `${objectPath(target)}/eviction`,
      contentType: 'application/json',
      body: { metadata: { name }, deleteOptions: { preconditions: { uid } } },
    },
  };
}

function intentOf(writes: readonly [PlannedWrite, ...PlannedWrite[]], more: Partial<Intent> = {}): Intent {
  const [first, ...also] = writes;
  const frame = { actionId: ACTION, rung: 1, remedy: 'drain', cures: 'node-pressure', plannedAt: NOW } as const;
  return { ...frame, ...first, summary: 'several', ...(also.length === 0 ? {} : { also }), ...more };
}

const remedy = (intent: Intent): Remedy => ({
  name: 'drain',
  summary: '',
  kinds: [],
  cures: { 'node-pressure': 0.5 },
  afterwards: '',
  changes: [],
  onByDefault: false,
  needs: [],
  refusals: [],
  undoes: '',
  rbac: [],
  consider: () => ({ kind: 'applies', cures: 'node-pressure', because: [] }),
  disruption: () => ({ readyReplicaMinutes: 0, because: '' }),
  plan: async () => ({ kind: 'planned', intent }),
  tookEffect: effectOf,
});

function execute(intent: Intent) {
  return makeExecute({ cluster, endpoints, clock: { now: () => now }, catalogue: [remedy(intent)] })(intent);
}

function readBack(intent: Intent) {
  const refusal = { code: 'silenced', why: 'somebody is at it' } as const;
  return makeReadBack({ cluster, clock: { now: () => now }, catalogue: [remedy(intent)] })(intent, refusal);
}

function plan(intent: Intent) {
  const make = makePlan({ cluster, clock: { now: () => now }, catalogue: [remedy(intent)], policy: POLICY });
  return make(decidedIncident(), candidate({ remedy: 'drain', cures: 'node-pressure' }));
}

const evicted = (): string[] => cluster.writes.map(({ path }) => path).filter((path) => path.endsWith('/eviction'));

describe('several writes of one intent', () => {
  const drain = intentOf([mark(), ...PODS.map(eviction)], { deadline: NOW + 60_000 });

  test('are sent in order, each once', async () => {
    expect(await execute(drain)).toMatchObject({ kind: 'done' });
    expect(cluster.writes).toEqual([drain.write, ...(drain.also ?? []).map(({ write }) => write)]);
  });

  test('after a crash in between only those are sent that do not show', async () => {
    await execute(intentOf([mark(), eviction('cart-a')]));
    cluster.writes.length = 0;

    expect(await execute(drain)).toMatchObject({ kind: 'done' });
    expect(evicted()).toHaveLength(2);
    expect(await execute(drain)).toMatchObject({ kind: 'already-done' });
    expect(evicted()).toHaveLength(2);
  });

  test('a first write that is refused keeps the others from being sent', async () => {
    cluster.touch('Deployment', 'cart');

    expect(await execute(drain)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(cluster.writes).toEqual([]);
  });

  test('a later one that is refused is left out, and the result says so', async () => {
    cluster.remove('Pod', 'cart-b');
    cluster.put('Pod', { ...aPod('cart-b'), metadata: { ...aPod('cart-b').metadata, uid: 'another' } });
    cluster.beforeWrite = (write) =>
      write.path.includes('cart-c') ? { kind: 'refused', code: 'FORBIDDEN', status: 403, message: 'no' } : undefined;

    const result = await execute(drain);

    // Another pod of that name: the one that was meant is gone.
    expect(result).toMatchObject({ kind: 'done', left: [{ step: 3, why: expect.stringContaining('forbidden') }] });
    expect(result).toMatchObject({ detail: expect.stringContaining('create pods/eviction in namespace shop') });
  });

  test('independent ones go on past the first', async () => {
    cluster.touch('Deployment', 'cart');
    const cleanup = intentOf([mark(), eviction('cart-a')], { independent: true });

    expect(await execute(cleanup)).toMatchObject({ kind: 'done', left: [{ step: 0 }] });
    expect(evicted()).toHaveLength(1);
  });

  test('none that was possible is a refusal', async () => {
    cluster.touch('Deployment', 'cart');

    expect(await execute(intentOf([mark()], { independent: true }))).toMatchObject({ kind: 'refused' });
    expect(cluster.writes).toEqual([]);
  });

  test('an answer that was lost ends it: what follows is not sent', async () => {
    cluster.beforeWrite = (write) =>
      write.path.includes('cart-a') ? { kind: 'maybe', message: 'timed out' } : undefined;

    expect(await execute(drain)).toMatchObject({ kind: 'unknown' });
    expect(evicted()).toHaveLength(1);
  });
});

describe('a budget that says no', () => {
  const drain = intentOf([mark(), eviction('cart-a'), eviction('cart-b')], { deadline: NOW + 25_000 });

  test('is waited for until the deadline, and never becomes a delete', async () => {
    let allowed = false;
    cluster.beforeWrite = (write) => (write.path.includes('cart-a') && !allowed ? refusedByBudget : undefined);

    expect(await execute(drain)).toMatchObject({ kind: 'waiting', until: NOW + 10_000, detail: 'budget says no' });
    now = NOW + 20_000;
    expect(await execute(drain)).toMatchObject({ kind: 'waiting', until: NOW + 25_000 });
    allowed = true;
    expect(await execute(drain)).toMatchObject({ kind: 'done' });

    // The other pod does not wait for the budget of the first.
    expect(evicted().map((path) => path.includes('cart-a'))).toEqual([true, false, true, true]);
    expect(cluster.writes.every(({ method }) => method !== 'DELETE')).toBe(true);
  });

  test('is given up at the deadline, and what was done stays done', async () => {
    cluster.beforeWrite = (write) => (write.path.endsWith('/eviction') ? refusedByBudget : undefined);
    now = NOW + 25_000;

    expect(await execute(drain)).toMatchObject({ kind: 'done', left: [{ step: 1 }, { step: 2 }] });
  });

  test('is no refusal of the plan where the intent may wait', async () => {
    cluster.beforeDryRun = (write) => (write.path.endsWith('/eviction') ? refusedByBudget : undefined);

    expect(await plan(drain)).toMatchObject({ kind: 'planned', intent: { also: [{}, {}] } });
    expect(await plan(intentOf([eviction('cart-a')]))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'no-disruption-allowed' },
    });
    expect(cluster.writes).toEqual([]);
  });
});

describe('a call that follows a write', () => {
  const reset = intentOf([mark()], { call: { method: 'POST', url: 'http://cart.shop.svc:8080/heal' } });

  test('is made once, with the action id', async () => {
    expect(await execute(reset)).toMatchObject({ kind: 'done', detail: expect.stringContaining('200') });
    expect(endpoints.calls).toEqual([{ call: reset.call, actionId: ACTION }]);
  });

  test('is not made again after a crash: nobody knows whether it was', async () => {
    await execute(intentOf([mark()]));

    expect(await execute(reset)).toMatchObject({ kind: 'unknown' });
    expect(await readBack(reset)).toMatchObject({ kind: 'unknown' });
    expect(endpoints.calls).toEqual([]);
  });

  test('is not made when the mark was refused', async () => {
    cluster.touch('Deployment', 'cart');

    expect(await execute(reset)).toMatchObject({ kind: 'refused' });
    expect(endpoints.calls).toEqual([]);
  });

  test.each([
    { answer: { kind: 'refused', status: 500, message: 'it answered 500' }, expected: 'refused' },
    { answer: { kind: 'maybe', message: 'timed out' }, expected: 'unknown' },
  ] as const)('that is $answer.kind makes the result $expected', async ({ answer, expected }) => {
    endpoints.answer = answer;

    expect(await execute(reset)).toMatchObject({ kind: expected });
  });
});

describe('what must not be sent any more', () => {
  test('is told by any of the objects', async () => {
    const drain = intentOf([mark(), eviction('cart-a')]);
    expect(await readBack(drain)).toMatchObject({ kind: 'refused', refusal: { code: 'silenced' } });

    await execute(intentOf([mark()]));

    expect(await readBack(drain)).toMatchObject({ kind: 'already-done', left: [{ step: 1 }] });
  });
});
