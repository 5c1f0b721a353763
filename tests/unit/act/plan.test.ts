import { beforeEach, describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../../src/act/catalogue.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { AutoHealError } from '../../../src/domain/errors.ts';
import type { Diagnosis } from '../../../src/domain/diagnosis.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Intent, RefusalCode, RemedyName } from '../../../src/domain/remedy.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  ACTION,
  aBudget,
  aDaemonSet,
  aDeployment,
  aPod,
  aReplicaSet,
  aStatefulSet,
  candidate,
  crashing,
  decidedIncident,
  DEPLOYMENT_UID,
  diagnosis,
  LOCATED,
  MINUTE,
  NOW,
  ownedBy,
  POLICY,
  rfc,
  template,
} from '../../builders/incident.ts';

let cluster: RecordingCluster;

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment());
  cluster.put('ReplicaSet', aReplicaSet(1, { ageMinutes: 2000 }));
  cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 20 }));
});

function plan(remedy: RemedyName, found: Diagnosis, location: Located = LOCATED) {
  const make = makePlan({ cluster, clock: { now: () => NOW }, catalogue: CATALOGUE, policy: POLICY });
  const cures = found.causes[0].name;
  return make(decidedIncident({ diagnosis: found, location }), candidate({ remedy, cures }));
}

async function planned(remedy: RemedyName, found: Diagnosis, location?: Located): Promise<Intent> {
  const answer = await plan(remedy, found, location);
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.refusal.code} ${answer.refusal.why}`);
  return answer.intent;
}

async function refusal(remedy: RemedyName, found: Diagnosis, location?: Located): Promise<RefusalCode | 'planned'> {
  const answer = await plan(remedy, found, location);
  expect(cluster.writes).toEqual([]);
  return answer.kind === 'refused' ? answer.refusal.code : 'planned';
}

const leak = diagnosis('memory-leak');
const badRollout = diagnosis('crash-loop-after-rollout');
const onePod = diagnosis('one-bad-pod', { pods: [crashing('cart-2-a')] });

const ROLLED_BACK_FROM = '/metadata/annotations/autoheal.io~1rolled-back-from';

function located(kind: string): Located {
  return { ...LOCATED, workload: { ...LOCATED.workload, kind } };
}

describe('what is sent', () => {
  test('a restarted rollout is one marked, preconditioned strategic patch', async () => {
    const intent = await planned('rollout-restart', leak);

    expect(intent.write).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/strategic-merge-patch+json',
      body: {
        metadata: { uid: DEPLOYMENT_UID, resourceVersion: '100', annotations: { 'autoheal.io/action-id': ACTION } },
        spec: {
          template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T03:00:00Z' } } },
        },
      },
    });
    expect(intent).toMatchObject({ actionId: ACTION, rung: 1, uid: DEPLOYMENT_UID, resourceVersion: '100' });
    expect(intent.undo).toBeUndefined();
    expect(cluster.dryRuns).toEqual([intent.write]);
    expect(cluster.writes).toEqual([]);
  });

  test.each(['StatefulSet', 'DaemonSet'] as const)('a %s is restarted as well', async (kind) => {
    if (kind === 'StatefulSet') cluster.put(kind, aStatefulSet());
    else cluster.put(kind, aDaemonSet());

    const intent = await planned('rollout-restart', leak, located(kind));

    expect(intent.write.path).toBe(`/apis/apps/v1/namespaces/shop/${kind.toLowerCase()}s/cart`);
  });

  test('a restarted pod is an eviction with the uid and the version that were read', async () => {
    cluster.put('Pod', aPod('cart-2-a'));
    cluster.put('PodDisruptionBudget', aBudget('cart', 1));

    const intent = await planned('restart-pod', onePod);

    expect(intent.write).toEqual({
      method: 'POST',
      path: '/api/v1/namespaces/shop/pods/cart-2-a/eviction',
      contentType: 'application/json',
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'cart-2-a', namespace: 'shop', annotations: { 'autoheal.io/action-id': ACTION } },
        deleteOptions: { preconditions: { uid: 'uid-cart-2-a', resourceVersion: '100' } },
      },
    });
    expect(intent.target).toEqual({ kind: 'Pod', namespace: 'shop', name: 'cart-2-a' });
  });

  test('the pod with the most restarts is the one to go', async () => {
    for (const name of ['cart-2-a', 'cart-2-b']) cluster.put('Pod', aPod(name));

    const intent = await planned(
      'restart-pod',
      diagnosis('one-bad-pod', { pods: [crashing('cart-2-a', 2), crashing('cart-2-b', 9)] }),
    );

    expect(intent.target.name).toBe('cart-2-b');
  });

  test('a rollback tests uid and version, and replaces the template less the hash label', async () => {
    const intent = await planned('rollback', badRollout);

    expect(intent.write).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/metadata/uid', value: DEPLOYMENT_UID },
        { op: 'test', path: '/metadata/resourceVersion', value: '100' },
        { op: 'replace', path: '/spec/template', value: template('cart:1') },
        { op: 'add', path: '/metadata/annotations/autoheal.io~1action-id', value: ACTION },
        { op: 'add', path: ROLLED_BACK_FROM, value: 'cart-2@2026-11-21T03:00:00.000Z' },
      ],
    });
    expect(intent.summary).toBe('roll back from revision 2 to 1 (cart:1)');
  });

  test('a rollback skips the revision that never served and takes the one that does', async () => {
    cluster.put('ReplicaSet', aReplicaSet(3, { ageMinutes: 20 }));
    cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 22 }));
    cluster.put('ReplicaSet', aReplicaSet(1, { ageMinutes: 2000, ready: 2 }));
    const found = {
      ...badRollout,
      evidence: { ...badRollout.evidence, revisions: [{ ...revision(3), current: true }, revision(1)] },
    };

    const intent = await planned('rollback', found);

    expect(intent.write.body).toContainEqual({ op: 'replace', path: '/spec/template', value: template('cart:1') });
  });

  test('a rollback of a StatefulSet takes the template out of the ControllerRevision', async () => {
    cluster.put('StatefulSet', aStatefulSet());
    for (const [number, name, ageMinutes] of [
      [1, 'cart-a', 2000],
      [2, 'cart-b', 20],
    ] as const) {
      cluster.put('ControllerRevision', {
        metadata: {
          name,
          namespace: 'shop',
          uid: `uid-${name}`,
          resourceVersion: '7',
          creationTimestamp: rfc(NOW - ageMinutes * MINUTE),
          ...ownedBy('StatefulSet', 'cart', DEPLOYMENT_UID),
        },
        revision: number,
        data: { spec: { template: { $patch: 'replace', ...template(`cart:${number}`) } } },
      });
    }

    const intent = await planned('rollback', badRollout, located('StatefulSet'));

    expect(intent.write.body).toEqual([
      { op: 'test', path: '/metadata/uid', value: DEPLOYMENT_UID },
      { op: 'test', path: '/metadata/resourceVersion', value: '100' },
      { op: 'replace', path: '/spec/template', value: template('cart:1') },
      { op: 'add', path: '/metadata/annotations', value: { 'autoheal.io/action-id': ACTION } },
      { op: 'add', path: ROLLED_BACK_FROM, value: 'cart-b@2026-11-21T03:00:00.000Z' },
    ]);
  });

  test('the undo of a rollback expects what the server really leaves, defaults included', async () => {
    const defaulted = { ...template('cart:1'), spec: { ...template('cart:1').spec, dnsPolicy: 'ClusterFirst' } };
    cluster.beforeDryRun = () => ({
      kind: 'ok',
      object: { metadata: { uid: DEPLOYMENT_UID }, spec: { template: defaulted } },
    });

    const intent = await planned('rollback', badRollout);

    expect(intent.undo).toMatchObject({
      expect: { '/spec/template': defaulted },
      restore: { '/spec/template': template('cart:2') },
    });
  });
});

function revision(number: number) {
  return {
    revision: number,
    name: `cart-${number}`,
    hash: '',
    createdAt: NOW - 20 * MINUTE,
    images: [],
    readyReplicas: 2,
    current: false,
  };
}

interface Refused {
  readonly name: string;
  readonly remedy: RemedyName;
  readonly found: Diagnosis;
  readonly location?: Located;
  readonly arrange: () => void;
  readonly code: RefusalCode;
}

const refusedCases: readonly Refused[] = [
  {
    name: 'a budget that allows nothing by now',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => {
      cluster.put('Pod', aPod('cart-2-a'));
      cluster.put('PodDisruptionBudget', aBudget('cart', 0));
    },
    code: 'no-disruption-allowed',
  },
  {
    name: 'a budget whose status is not written',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => {
      cluster.put('Pod', aPod('cart-2-a'));
      cluster.put('PodDisruptionBudget', aBudget('cart', undefined));
    },
    code: 'no-disruption-allowed',
  },
  {
    name: 'two budgets on one pod',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => {
      cluster.put('Pod', aPod('cart-2-a'));
      cluster.put('PodDisruptionBudget', aBudget('one', 1));
      cluster.put('PodDisruptionBudget', aBudget('two', 1));
    },
    code: 'no-disruption-allowed',
  },
  {
    name: 'a pod of the same name with another uid',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => cluster.put('Pod', aPod('cart-2-a', { metadata: { uid: 'other' } })),
    code: 'changed-since',
  },
  { name: 'a pod that is gone', remedy: 'restart-pod', found: onePod, arrange: () => {}, code: 'changed-since' },
  {
    name: 'a pod that terminates',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => cluster.put('Pod', aPod('cart-2-a', { metadata: { deletionTimestamp: rfc(NOW) } })),
    code: 'changed-since',
  },
  {
    name: 'a pod that lost its controller',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => cluster.put('Pod', aPod('cart-2-a', { metadata: { ownerReferences: [] } })),
    code: 'bare-pod',
  },
  {
    name: 'a mirror pod',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () =>
      cluster.put('Pod', aPod('cart-2-a', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } })),
    code: 'bare-pod',
  },
  {
    name: 'a pod of another workload',
    remedy: 'restart-pod',
    found: onePod,
    arrange: () => cluster.put('Pod', aPod('cart-2-a', { metadata: ownedBy('ReplicaSet', 'other', 'uid-other') })),
    code: 'changed-since',
  },
  {
    name: 'a rollout that began since',
    remedy: 'rollout-restart',
    found: leak,
    arrange: () => cluster.put('Deployment', aDeployment({ status: { updatedReplicas: 1 } })),
    code: 'rollout-in-progress',
  },
  {
    name: 'paused since',
    remedy: 'rollout-restart',
    found: leak,
    arrange: () => cluster.put('Deployment', aDeployment({ spec: { paused: true } })),
    code: 'paused',
  },
  {
    name: 'no disruption allowed by now',
    remedy: 'rollout-restart',
    found: leak,
    arrange: () => cluster.put('PodDisruptionBudget', aBudget('cart', 0)),
    code: 'no-disruption-allowed',
  },
  {
    name: 'another Deployment under the name',
    remedy: 'rollout-restart',
    found: leak,
    arrange: () => cluster.put('Deployment', aDeployment({ metadata: { uid: 'other' } })),
    code: 'changed-since',
  },
  {
    name: 'a Deployment that is gone',
    remedy: 'rollback',
    found: badRollout,
    arrange: () => cluster.remove('Deployment', 'cart'),
    code: 'changed-since',
  },
  {
    name: 'a DaemonSet that updates OnDelete',
    remedy: 'rollout-restart',
    found: leak,
    location: located('DaemonSet'),
    arrange: () => cluster.put('DaemonSet', aDaemonSet({ spec: { updateStrategy: { type: 'OnDelete' } } })),
    code: 'wrong-kind',
  },
  {
    name: 'a StatefulSet that updates OnDelete',
    remedy: 'rollback',
    found: badRollout,
    location: located('StatefulSet'),
    arrange: () => cluster.put('StatefulSet', aStatefulSet({ spec: { updateStrategy: { type: 'OnDelete' } } })),
    code: 'wrong-kind',
  },
  {
    name: 'a no-rollback annotation since',
    remedy: 'rollback',
    found: badRollout,
    arrange: () =>
      cluster.put('Deployment', aDeployment({ metadata: { annotations: { 'autoheal.io/no-rollback': 'yes' } } })),
    code: 'no-rollback-annotation',
  },
  {
    name: 'a revision that came after the diagnosis',
    remedy: 'rollback',
    found: badRollout,
    arrange: () => cluster.put('ReplicaSet', aReplicaSet(3, { ageMinutes: 16 })),
    code: 'changed-since',
  },
  {
    name: 'the older ReplicaSets were cleaned up',
    remedy: 'rollback',
    found: badRollout,
    arrange: () => cluster.remove('ReplicaSet', 'cart-1'),
    code: 'no-revision-history',
  },
  {
    name: 'the controller has not seen the newest spec',
    remedy: 'rollback',
    found: badRollout,
    arrange: () => cluster.put('Deployment', aDeployment({ status: { observedGeneration: 2 } })),
    code: 'rollout-in-progress',
  },
  {
    name: 'the older template is the current one',
    remedy: 'rollback',
    found: badRollout,
    arrange: () => cluster.put('ReplicaSet', aReplicaSet(1, { image: 'cart:2', ageMinutes: 2000 })),
    code: 'no-healthy-revision',
  },
];

describe('what the object says afresh', () => {
  test.each(refusedCases)('$remedy: $name -> $code', async ({ remedy, found, location, arrange, code }) => {
    arrange();

    expect(await refusal(remedy, found, location)).toBe(code);
  });
});

describe('the dry run', () => {
  test('a version that moved meanwhile is read and planned anew', async () => {
    let moved = false;
    cluster.beforeDryRun = () => {
      if (!moved) cluster.touch('Deployment', 'cart');
      moved = true;
      return undefined;
    };

    const intent = await planned('rollout-restart', leak);

    expect(intent.resourceVersion).not.toBe('100');
    expect(cluster.dryRuns).toHaveLength(2);
  });

  test('a version that never holds still ends after three tries', async () => {
    cluster.beforeDryRun = () => {
      cluster.touch('Deployment', 'cart');
      return undefined;
    };

    expect(await refusal('rollback', badRollout)).toBe('changed-since');
    expect(cluster.dryRuns).toHaveLength(3);
  });

  test.each([
    { code: 'INVALID', status: 422, expected: 'dry-run-refused' },
    { code: 'FORBIDDEN', status: 403, expected: 'forbidden' },
    { code: 'BUDGET', status: 429, expected: 'no-disruption-allowed' },
    { code: 'NOT_FOUND', status: 404, expected: 'changed-since' },
  ] as const)('$code -> $expected', async ({ code, status, expected }) => {
    cluster.beforeDryRun = () => ({ kind: 'refused', code, status, message: 'no' });

    expect(await refusal('rollout-restart', leak)).toBe(expected);
  });

  test('what is missing in the Role is named', async () => {
    cluster.put('Pod', aPod('cart-2-a'));
    cluster.beforeDryRun = () => ({ kind: 'refused', code: 'FORBIDDEN', status: 403, message: 'forbidden' });

    const answer = await plan('restart-pod', onePod);

    expect(answer).toMatchObject({
      refusal: { why: 'AutoHeal may not create pods/eviction in namespace shop: forbidden' },
    });
  });

  test.each([
    { name: 'no answer', answer: { kind: 'maybe', message: 'timed out' } },
    { name: 'too many requests', answer: { kind: 'refused', code: 'RATE_LIMITED', status: 429, message: 'slow down' } },
  ] as const)('$name fails the step, to be tried again', async ({ answer }) => {
    cluster.beforeDryRun = () => answer;

    const trying = plan('rollout-restart', leak);

    await expect(trying).rejects.toThrow(AutoHealError);
    await expect(trying).rejects.toMatchObject({ retryable: true });
    expect(cluster.writes).toEqual([]);
  });
});
