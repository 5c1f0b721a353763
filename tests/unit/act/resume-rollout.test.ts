import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeExecute } from '../../../src/act/execute.ts';
import { pauseRollout } from '../../../src/act/remedies/pause-rollout.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { resumeRollout } from '../../../src/act/remedies/resume-rollout.ts';
import { templateHash } from '../../../src/act/rollout/template-hash.ts';
import { undo } from '../../../src/act/undo.ts';
import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import type { CauseName, Evidence } from '../../../src/domain/diagnosis.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Intent, RefusalCode, RemedyName } from '../../../src/domain/remedy.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import type { WriteRecord } from '../../../src/simulator/api/context.ts';
import { startApiServer } from '../../../src/simulator/api/server.ts';
import { makeObjectStore, type ObjectStore, type StoredObject } from '../../../src/simulator/objects.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import {
  ACTION,
  candidate,
  context,
  decidedIncident,
  diagnosis,
  LOCATED,
  NOW,
  POLICY,
  revisionEvidence,
  stateEvidence,
  template,
} from '../../builders/incident.ts';

const clock = { now: () => NOW };
const catalogue = [pauseRollout, resumeRollout];
const HELD_BY = 'autoheal.io/held-by';
const held = (image: string): string => `inc-0/1 ${templateHash(template(image))}`;

let objects: ObjectStore;
let cluster: Cluster;
let written: WriteRecord[];
let close: () => Promise<void>;
let uid: string;

// On the simulated API server: it drops what is empty and fills in defaults, as a real one does.
beforeEach(async () => {
  written = [];
  objects = makeObjectStore({ now: () => NOW - 1_200_000 });
  const api = await startApiServer({ store: objects, onWrite: (record) => written.push(record) });
  close = () => api.close();
  cluster = makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 2000, retryMs: 1 });
  const made = objects.create('deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cart', namespace: 'shop', annotations: { [HELD_BY]: held('cart:2') } },
    spec: { replicas: 2, paused: true, selector: { matchLabels: { app: 'cart' } }, template: template('cart:3') },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 1 },
  });
  uid = made.metadata.uid;
});
afterEach(() => close());

function read(): StoredObject {
  const found = objects.get('deployments', 'shop', 'cart');
  if (found === undefined) throw new Error('no Deployment');
  return found;
}

function change(part: {
  metadata?: object;
  spec?: object;
  status?: object;
  annotations?: Readonly<Record<string, string>>;
}): void {
  const before = read();
  const annotations = part.annotations ?? before.metadata.annotations;
  objects.update('deployments', {
    ...before,
    metadata: { ...before.metadata, ...part.metadata, annotations },
    spec: { ...before.spec, ...part.spec },
    ...(part.status === undefined ? {} : { status: part.status }),
  } as StoredObject); // The same object with other values.
}

const paused: Partial<Evidence> = {
  state: stateEvidence({ paused: true, annotations: { [HELD_BY]: held('cart:2') } }),
};

function plan(
  more: { remedy?: RemedyName; cause?: CauseName; found?: Partial<Evidence>; location?: Partial<Located> } = {},
) {
  const { remedy = 'resume-rollout', cause = 'crash-loop-after-rollout', found = paused, location = {} } = more;
  const make = makePlan({ cluster, clock, catalogue, policy: POLICY });
  const incident = decidedIncident({ diagnosis: diagnosis(cause, found), location: { ...LOCATED, uid, ...location } });
  return make(incident, candidate({ remedy, cures: cause }));
}

async function planned(more?: Parameters<typeof plan>[0]): Promise<Intent> {
  const answer = await plan(more);
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.refusal.code} ${answer.refusal.why}`);
  return answer.intent;
}

const execute = (intent: Intent) => makeExecute({ cluster, clock, catalogue, endpoints: recordingEndpoints() })(intent);
const sent = () => written.filter(({ dryRun }) => !dryRun);

describe('a rollout that AutoHeal paused, with another template', () => {
  test('goes on', async () => {
    const { resourceVersion } = read().metadata;

    const intent = await planned();

    expect(intent.write).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { uid, resourceVersion, annotations: { 'autoheal.io/action-id': ACTION, [HELD_BY]: null } },
        spec: { paused: null },
      },
    });
    expect(sent()).toEqual([]);
    expect(await execute(intent)).toMatchObject({ kind: 'done' });
    expect(await execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(sent()).toHaveLength(1);
    expect(read().spec).not.toHaveProperty('paused');
    expect(read().metadata.annotations).not.toHaveProperty([HELD_BY]);
  });

  test('is paused again as it was when a person undoes it', async () => {
    const before = read();
    const intent = await planned();
    await execute(intent);
    if (intent.undo === undefined) throw new Error('it can be undone');

    expect(await undo(intent.undo, cluster, { actionId: ACTION, undoId: 'undo-1' })).toMatchObject({ kind: 'undone' });

    expect(read().spec?.['paused']).toBe(true);
    expect(read().metadata.annotations?.[HELD_BY]).toBe(before.metadata.annotations?.[HELD_BY]);
  });

  test('is not paused again once somebody has put in yet another template', async () => {
    const intent = await planned();
    await execute(intent);
    change({ spec: { template: template('cart:4') } });
    if (intent.undo === undefined) throw new Error('it can be undone');

    const answer = await undo(intent.undo, cluster, { actionId: ACTION, undoId: 'undo-1' });

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(sent()).toHaveLength(1);
  });

  test('is left alone when it changed after the plan', async () => {
    const intent = await planned();
    change({ spec: { replicas: 3 } });

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(sent()).toEqual([]);
  });
});

test('what pause-rollout writes is what resume-rollout goes by', async () => {
  change({
    annotations: {},
    spec: { paused: false },
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 1 },
  });
  for (const revision of [1, 2]) {
    objects.create('replicasets', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `cart-${revision}`,
        namespace: 'shop',
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid, controller: true }],
      },
      spec: { selector: { matchLabels: { app: 'cart' } }, template: template(`cart:${revision}`) },
      status: { replicas: 1, readyReplicas: 2 - revision },
    });
  }
  const revisions = [revisionEvidence(2, { current: true, ageMinutes: 20 }), revisionEvidence(1, { ready: 1 })];
  const halfway = { state: stateEvidence({ updated: 1 }), revisions };

  const pause = await planned({ remedy: 'pause-rollout', found: halfway });
  expect(await execute(pause)).toMatchObject({ kind: 'done' });
  expect(await plan()).toMatchObject({
    refusal: { code: 'does-not-cure', suggest: expect.stringContaining('put the template right first') },
  });
  change({ spec: { template: template('cart:4') } });

  expect(await plan()).toMatchObject({ kind: 'planned' });
});

interface Refused {
  readonly name: string;
  readonly arrange?: () => void;
  readonly more?: Parameters<typeof plan>[0];
  readonly code: RefusalCode;
}

const refusals: readonly Refused[] = [
  {
    name: 'evidence: a StatefulSet',
    more: { location: { workload: { ...LOCATED.workload, kind: 'StatefulSet' } } },
    code: 'wrong-kind',
  },
  {
    name: 'evidence: a bare pod',
    more: { location: { workload: { ...LOCATED.workload, kind: 'Pod' } } },
    code: 'bare-pod',
  },
  { name: 'evidence: a leak', more: { cause: 'memory-leak' }, code: 'does-not-cure' },
  {
    name: 'evidence: not paused',
    more: { found: { state: stateEvidence({ annotations: { [HELD_BY]: held('cart:2') } }) } },
    code: 'not-held-by-autoheal',
  },
  {
    name: 'evidence: paused by somebody else',
    more: { found: { state: stateEvidence({ paused: true }) } },
    code: 'not-held-by-autoheal',
  },
  {
    name: 'evidence: held by another change of AutoHeal',
    more: { found: { state: stateEvidence({ paused: true, annotations: { [HELD_BY]: 'inc-0/1' } }) } },
    code: 'not-held-by-autoheal',
  },
  {
    name: 'evidence: owned by Flux',
    more: {
      found: {
        state: stateEvidence({
          paused: true,
          annotations: { [HELD_BY]: held('cart:2') },
          managers: ['kustomize-controller'],
        }),
      },
    },
    code: 'gitops-owned',
  },
  { name: 'it is gone', arrange: () => objects.remove('deployments', 'shop', 'cart'), code: 'changed-since' },
  { name: 'it is another one', more: { location: { uid: 'other' } }, code: 'changed-since' },
  { name: 'a person resumed it', arrange: () => change({ spec: { paused: false } }), code: 'not-held-by-autoheal' },
  { name: 'a person took the mark away', arrange: () => change({ annotations: {} }), code: 'not-held-by-autoheal' },
  {
    name: 'its template is the one that was paused',
    arrange: () => change({ spec: { template: template('cart:2') } }),
    code: 'does-not-cure',
  },
  {
    name: 'Argo CD owns it',
    arrange: () => change({ metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } } }),
    code: 'gitops-owned',
  },
  {
    name: 'an operator owns it',
    arrange: () =>
      change({
        metadata: {
          ownerReferences: [{ apiVersion: 'example.org/v1', kind: 'Shop', name: 'main', uid: 'u', controller: true }],
        },
      }),
    code: 'operator-owned',
  },
];

describe('no resumption', () => {
  test.each(refusals)('$name -> $code', async ({ arrange, more, code }) => {
    arrange?.();

    expect(await plan(more)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(resumeRollout.refusals).toContain(code);
    expect(written).toEqual([]);
  });

  test('after it was tried', () => {
    const given = context('never-ready', { found: paused, tried: ['resume-rollout'] });

    expect(resumeRollout.consider(given)).toMatchObject({ refusal: { code: 'already-tried' } });
  });
});
