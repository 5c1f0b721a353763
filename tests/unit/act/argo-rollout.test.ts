import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeExecute } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { rollback } from '../../../src/act/remedies/rollback.ts';
import { undo } from '../../../src/act/undo.ts';
import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import type { CauseName, Evidence } from '../../../src/domain/diagnosis.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Intent, RefusalCode } from '../../../src/domain/remedy.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import type { WriteRecord } from '../../../src/simulator/api/context.ts';
import { startApiServer } from '../../../src/simulator/api/server.ts';
import { makeObjectStore, type ObjectStore, type StoredObject } from '../../../src/simulator/objects.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import {
  ACTION,
  candidate,
  decidedIncident,
  diagnosis,
  MINUTE,
  NOW,
  POLICY,
  revisionEvidence,
  stateEvidence,
  template,
} from '../../builders/incident.ts';

const clock = { now: () => NOW };
const rollouts = { group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', kind: 'Rollout', status: true };
const PATH = '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart';

let objects: ObjectStore;
let cluster: Cluster;
let written: WriteRecord[];
let close: () => Promise<void>;
let now: number;
let uid: string;

beforeEach(async () => {
  now = NOW - 2000 * MINUTE;
  written = [];
  objects = makeObjectStore({ now: () => now });
  const api = await startApiServer({
    store: objects,
    customResources: [rollouts],
    onWrite: (record) => written.push(record),
  });
  close = () => api.close();
  cluster = makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 2000, retryMs: 1 });
  const made = objects.create('rollouts', {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { replicas: 4, selector: { matchLabels: { app: 'cart' } }, template: template('cart:2') },
    status: { currentPodHash: 'hash2', stableRS: 'hash1', observedGeneration: '1', replicas: 4, updatedReplicas: 1 },
  });
  uid = made.metadata.uid;
  set(1);
  now = NOW - 20 * MINUTE;
  set(2);
});
afterEach(() => close());

function set(revision: number): void {
  const labels = { app: 'cart', 'rollouts-pod-template-hash': `hash${revision}` };
  objects.create('replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `cart-${revision}`,
      namespace: 'shop',
      labels,
      annotations: { 'rollout.argoproj.io/revision': String(revision) },
      ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'cart', uid, controller: true }],
    },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { ...template('cart:1'), metadata: { labels } } },
    status: { replicas: 1, readyReplicas: 2 - revision },
  });
}

function read(): StoredObject {
  const found = objects.get('rollouts', 'shop', 'cart');
  if (found === undefined) throw new Error('no Rollout');
  return found;
}

function change(part: { spec?: object; status?: object; annotations?: Readonly<Record<string, string>> }): void {
  const before = read();
  const { spec, status } = before;
  objects.update('rollouts', {
    ...before,
    metadata: { ...before.metadata, annotations: { ...before.metadata.annotations, ...part.annotations } },
    ...(part.spec === undefined ? {} : { spec: { ...spec, ...part.spec } }),
    ...(part.status === undefined ? {} : { status: { ...status, ...part.status } }),
  });
}

function plan(cause: CauseName = 'errors-after-rollout', found: Partial<Evidence> = {}) {
  const workload = { kind: 'Rollout', namespace: 'shop', name: 'cart' };
  const location: Located = { kind: 'located', workload, uid, pods: [], decidedBy: 'rollout', why: '' };
  const incident = decidedIncident({ location, diagnosis: diagnosis(cause, { workload, ...found }) });
  const make = makePlan({ cluster, clock, catalogue: [rollback], policy: POLICY });
  return make(incident, candidate({ remedy: 'rollback', cures: cause }));
}

async function planned(): Promise<Intent> {
  const answer = await plan();
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.refusal.code} ${answer.refusal.why}`);
  return answer.intent;
}

const execute = (intent: Intent) =>
  makeExecute({ cluster, clock, catalogue: [rollback], endpoints: recordingEndpoints() })(intent);
const sent = () => written.filter(({ dryRun }) => !dryRun);

describe('the update of an Argo Rollout', () => {
  test('is aborted, and the template stays as it is', async () => {
    const { resourceVersion } = read().metadata;

    const intent = await planned();

    expect([intent.write, ...(intent.also ?? []).map(({ write }) => write)]).toEqual([
      {
        method: 'PATCH',
        path: `${PATH}/status`,
        contentType: 'application/json-patch+json',
        body: [
          { op: 'test', path: '/metadata/uid', value: uid },
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          { op: 'test', path: '/status/currentPodHash', value: 'hash2' },
          { op: 'test', path: '/status/stableRS', value: 'hash1' },
          { op: 'add', path: '/status/abort', value: true },
        ],
      },
      {
        method: 'PATCH',
        path: PATH,
        contentType: 'application/merge-patch+json',
        body: { metadata: { uid, annotations: { 'autoheal.io/action-id': ACTION } } },
      },
    ]);
    expect(intent.summary).toBe(
      'abort the update to hash2: back to the stable revision hash1; spec.template still asks for hash2',
    );
    expect(sent()).toEqual([]);
    expect(await execute(intent)).toMatchObject({ kind: 'done' });
    expect(read()).toMatchObject({
      metadata: { annotations: { 'autoheal.io/action-id': ACTION } },
      spec: { template: { spec: { containers: [{ image: 'cart:2' }] } } },
      status: { abort: true, currentPodHash: 'hash2' },
    });
  });

  test('is aborted once, also after a crash between its two writes', async () => {
    const intent = await planned();
    const { also: _, ...first } = intent;
    await execute(first);
    expect(sent()).toHaveLength(1);

    expect(await execute(intent)).toMatchObject({ kind: 'done' });
    expect(sent()).toHaveLength(2);
    expect(await execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(sent()).toHaveLength(2);
  });

  test('is left alone when it changed after the plan', async () => {
    const intent = await planned();
    change({ status: { currentPodHash: 'hash3' } });

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(sent()).toEqual([]);
  });

  test('is tried again when a person undoes the abort, and only while it is the same update', async () => {
    const intent = await planned();
    await execute(intent);
    if (intent.undo === undefined) throw new Error('an abort can be undone');
    const ids = { actionId: intent.actionId, undoId: 'undo-1' };

    expect(await undo(intent.undo, cluster, ids)).toMatchObject({ kind: 'undone' });
    expect(read().status).not.toHaveProperty('abort');
    change({ status: { abort: true, currentPodHash: 'hash3' } });
    expect(await undo(intent.undo, cluster, ids)).toMatchObject({ refusal: { code: 'changed-since' } });
  });

  test('is aborted under Argo CD too: nothing that is kept in Git is touched', async () => {
    change({ annotations: { 'argocd.argoproj.io/tracking-id': 'shop:argoproj.io/Rollout:shop/cart' } });
    const state = stateEvidence({ annotations: { 'argocd.argoproj.io/tracking-id': 'shop' } });

    expect(await plan('errors-after-rollout', { state })).toMatchObject({ kind: 'planned' });
  });
});

const refusals: readonly {
  readonly name: string;
  readonly arrange: () => void;
  readonly cause?: CauseName;
  readonly found?: Partial<Evidence>;
  readonly code: RefusalCode;
}[] = [
  {
    name: 'its update is complete',
    arrange: () => change({ status: { stableRS: 'hash2' } }),
    code: 'no-rollout-in-progress',
  },
  { name: 'it is aborted already', arrange: () => change({ status: { abort: true } }), code: 'no-rollout-in-progress' },
  {
    name: 'somebody paused it',
    arrange: () => change({ spec: { paused: true }, status: { observedGeneration: '2' } }),
    code: 'paused',
  },
  {
    name: 'its controller has not seen the newest spec',
    arrange: () => change({ status: { observedGeneration: '0' } }),
    code: 'rollout-in-progress',
  },
  {
    name: 'no stable revision is named',
    arrange: () => change({ status: { stableRS: '' } }),
    code: 'no-healthy-revision',
  },
  {
    name: 'its stable ReplicaSet is gone',
    arrange: () => change({ status: { stableRS: 'hash0' } }),
    code: 'no-healthy-revision',
  },
  {
    name: 'rollbacks are forbidden by annotation',
    arrange: () => change({ annotations: { 'autoheal.io/no-rollback': 'true' } }),
    code: 'no-rollback-annotation',
  },
  {
    name: 'it is gone',
    arrange: () => objects.remove('rollouts', 'shop', 'cart'),
    code: 'changed-since',
  },
  {
    name: 'another revision came after the diagnosis',
    arrange: () => set(3),
    code: 'changed-since',
  },
  {
    name: 'the evidence says that it is paused',
    arrange: () => {},
    found: { state: stateEvidence({ paused: true }) },
    code: 'paused',
  },
  {
    name: 'the evidence has one revision only',
    arrange: () => {},
    found: { revisions: [revisionEvidence(1, { current: true })] },
    code: 'no-healthy-revision',
  },
  { name: 'it is a leak', arrange: () => {}, cause: 'memory-leak', code: 'does-not-cure' },
];

describe('no abort', () => {
  test.each(refusals)('$name -> $code', async ({ arrange, cause, found, code }) => {
    arrange();

    expect(await plan(cause, found)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(rollback.refusals).toContain(code);
    expect(written).toEqual([]);
  });
});
