import { beforeEach, describe, expect, test } from '@jest/globals';
import { makeExecute } from '../../../src/act/execute.ts';
import { pauseRollout } from '../../../src/act/remedies/pause-rollout.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { templateHash } from '../../../src/act/rollout/template-hash.ts';
import { undo } from '../../../src/act/undo.ts';
import type { CauseName, Evidence } from '../../../src/domain/diagnosis.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Intent, RefusalCode } from '../../../src/domain/remedy.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  ACTION,
  aDeployment,
  aReplicaSet,
  candidate,
  context,
  decidedIncident,
  DEPLOYMENT_UID,
  diagnosis,
  LOCATED,
  NOW,
  ownedBy,
  POLICY,
  revisionEvidence,
  stateEvidence,
  template,
} from '../../builders/incident.ts';

const clock = { now: () => NOW };
const HELD = `${ACTION} ${templateHash(template('cart:2'))}`;
const HELD_POINTER = '/metadata/annotations/autoheal.io~1held-by';
/** One of two replicas is updated, and one old pod still serves. */
const halfway: Partial<Evidence> = {
  state: stateEvidence({ updated: 1 }),
  revisions: [
    revisionEvidence(2, { current: true, ageMinutes: 20 }),
    revisionEvidence(1, { ageMinutes: 2000, ready: 1 }),
  ],
};

let cluster: RecordingCluster;

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment({ status: { updatedReplicas: 1 } }));
  cluster.put('ReplicaSet', aReplicaSet(1, { ageMinutes: 2000, ready: 1 }));
  cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 20 }));
});

function plan(cause: CauseName = 'errors-after-rollout', found: Partial<Evidence> = {}, location: Located = LOCATED) {
  const make = makePlan({ cluster, clock, catalogue: [pauseRollout], policy: POLICY });
  const incident = decidedIncident({ diagnosis: diagnosis(cause, { ...halfway, ...found }), location });
  return make(incident, candidate({ remedy: 'pause-rollout', cures: cause }));
}

async function planned(): Promise<Intent> {
  const answer = await plan();
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.refusal.code} ${answer.refusal.why}`);
  return answer.intent;
}

const execute = (intent: Intent) =>
  makeExecute({ cluster, clock, catalogue: [pauseRollout], endpoints: recordingEndpoints() })(intent);

describe('a rollout that is paused', () => {
  test('carries who paused it, and which template', async () => {
    const intent = await planned();

    expect(intent.write).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/merge-patch+json',
      body: {
        metadata: {
          uid: DEPLOYMENT_UID,
          resourceVersion: '100',
          annotations: { 'autoheal.io/action-id': ACTION, 'autoheal.io/held-by': HELD },
        },
        spec: { paused: true },
      },
    });
    expect(intent.undo).toEqual({
      target: LOCATED.workload,
      uid: DEPLOYMENT_UID,
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      expect: { '/spec/paused': true, [HELD_POINTER]: HELD },
      restore: { '/spec/paused': null, [HELD_POINTER]: null },
    });
    expect(intent.giveBack).toBeUndefined();
    expect(cluster.writes).toEqual([]);
  });

  test('is paused once, and goes on when a person undoes it', async () => {
    const intent = await planned();

    expect(await execute(intent)).toMatchObject({ kind: 'done' });
    expect(await execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(cluster.writes).toHaveLength(1);
    if (intent.undo === undefined) throw new Error('a pause can be undone');
    const ids = { actionId: ACTION, undoId: 'undo-1' };
    expect(await undo(intent.undo, cluster, ids)).toMatchObject({ kind: 'undone' });
    expect(await undo(intent.undo, cluster, ids)).toMatchObject({ kind: 'already-undone' });

    const { metadata, spec } = cluster.read('Deployment', 'cart');
    expect(spec).toEqual(aDeployment().spec);
    expect(metadata.annotations).not.toHaveProperty(['autoheal.io/held-by']);
  });

  test('is not paused after somebody changed it', async () => {
    const intent = await planned();
    cluster.touch('Deployment', 'cart');

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(cluster.writes).toEqual([]);
  });

  test('may carry the mark of a pause that a person ended', async () => {
    const annotations = { 'autoheal.io/held-by': `inc-0/1 ${templateHash(template('cart:1'))}` };
    cluster.put('Deployment', aDeployment({ metadata: { annotations }, status: { updatedReplicas: 1 } }));

    expect((await planned()).undo).toMatchObject({ restore: { [HELD_POINTER]: annotations['autoheal.io/held-by'] } });
  });
});

interface Refused {
  readonly name: string;
  readonly arrange?: () => void;
  readonly cause?: CauseName;
  readonly found?: Partial<Evidence>;
  readonly location?: Located;
  readonly code: RefusalCode;
}

const located = (kind: string): Located => ({ ...LOCATED, workload: { ...LOCATED.workload, kind } });
const deployment = (change: Parameters<typeof aDeployment>[0]): void =>
  cluster.put('Deployment', aDeployment({ status: { updatedReplicas: 1 }, ...change }));

const refusals: readonly Refused[] = [
  { name: 'evidence: a StatefulSet', location: located('StatefulSet'), code: 'wrong-kind' },
  { name: 'evidence: a DaemonSet', location: located('DaemonSet'), code: 'wrong-kind' },
  { name: 'evidence: a bare pod', location: located('Pod'), code: 'bare-pod' },
  { name: 'evidence: a leak', cause: 'memory-leak', code: 'does-not-cure' },
  { name: 'evidence: paused', found: { state: stateEvidence({ updated: 1, paused: true }) }, code: 'paused' },
  { name: 'evidence: complete', found: { state: stateEvidence() }, code: 'no-rollout-in-progress' },
  {
    name: 'evidence: a spec that nobody has seen',
    found: { state: stateEvidence({ generation: 4 }) },
    code: 'rollout-in-progress',
  },
  {
    name: 'evidence: no old pod serves',
    found: { revisions: [revisionEvidence(2, { current: true, ready: 1 }), revisionEvidence(1)] },
    code: 'no-healthy-revision',
  },
  {
    name: 'evidence: owned by Flux',
    found: { state: stateEvidence({ updated: 1, managers: ['kustomize-controller'] }) },
    code: 'gitops-owned',
  },
  {
    name: 'evidence: owned by an operator',
    found: { state: stateEvidence({ updated: 1, ownerKinds: ['Shop'] }) },
    code: 'operator-owned',
  },
  { name: 'it is gone', arrange: () => cluster.remove('Deployment', 'cart'), code: 'changed-since' },
  { name: 'it is another one', arrange: () => deployment({ metadata: { uid: 'other' } }), code: 'changed-since' },
  { name: 'it is paused by now', arrange: () => deployment({ spec: { paused: true } }), code: 'paused' },
  {
    name: 'it is complete by now',
    arrange: () => deployment({ status: { updatedReplicas: 2 } }),
    code: 'no-rollout-in-progress',
  },
  {
    name: 'its newest spec is not seen yet',
    arrange: () => deployment({ status: { observedGeneration: 2 } }),
    code: 'rollout-in-progress',
  },
  {
    name: 'no old pod serves by now',
    arrange: () => cluster.put('ReplicaSet', aReplicaSet(1, { ageMinutes: 2000 })),
    code: 'no-healthy-revision',
  },
  {
    name: 'another revision came after the diagnosis',
    arrange: () => cluster.put('ReplicaSet', aReplicaSet(3)),
    code: 'changed-since',
  },
  {
    name: 'Argo CD owns it',
    arrange: () => deployment({ metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } } }),
    code: 'gitops-owned',
  },
  {
    name: 'an operator owns it',
    arrange: () => deployment({ metadata: ownedBy('Shop', 'main', 'u') }),
    code: 'operator-owned',
  },
  {
    name: 'another change of AutoHeal holds it',
    arrange: () => deployment({ metadata: { annotations: { 'autoheal.io/held-by': 'inc-0/1' } } }),
    code: 'changed-since',
  },
];

describe('no pause', () => {
  test.each(refusals)('$name -> $code', async ({ arrange, cause, found, location, code }) => {
    arrange?.();

    expect(await plan(cause, found, location)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(pauseRollout.refusals).toContain(code);
    expect([...cluster.writes, ...cluster.dryRuns]).toEqual([]);
  });

  test.each(['pause-rollout', 'rollback'])('after %s on an earlier rung', (tried) => {
    const given = context('errors-after-rollout', { found: halfway, tried: [tried] });

    expect(pauseRollout.consider(given)).toMatchObject({ refusal: { code: 'already-tried' } });
  });

  test('where the state could not be read', () => {
    const given = context('errors-after-rollout', { found: halfway });
    const { state: _, ...evidence } = given.diagnosis.evidence;

    const answer = pauseRollout.consider({ ...given, diagnosis: { ...given.diagnosis, evidence } });

    expect(answer).toMatchObject({ refusal: { code: 'no-rollout-in-progress' } });
  });
});

test.each([
  'errors-after-rollout',
  'latency-after-rollout',
  'crash-loop-after-rollout',
  'image-pull-failure',
  'configuration-error',
  'never-ready',
] as const)('%s is held where it is, at no cost', (cause) => {
  const given = context(cause, { found: halfway });

  expect(pauseRollout.consider(given)).toMatchObject({ kind: 'applies', cures: cause });
  expect(pauseRollout.disruption(given).readyReplicaMinutes).toBe(0);
});
