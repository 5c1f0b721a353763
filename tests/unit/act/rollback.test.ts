import { beforeEach, describe, expect, test } from '@jest/globals';
import { considerAll } from '../../../src/act/catalogue.ts';
import { makeExecute } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { rollback } from '../../../src/act/remedies/rollback.ts';
import { undo } from '../../../src/act/undo.ts';
import { AutoHealError } from '../../../src/domain/errors.ts';
import type { Diagnosis, Evidence } from '../../../src/domain/diagnosis.ts';
import type { PodTemplate, ReplicaSet } from '../../../src/domain/kubernetes.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Intent, RefusalCode } from '../../../src/domain/remedy.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  ACTION,
  aDeployment,
  aReplicaSet,
  aStatefulSet,
  candidate,
  context,
  decidedIncident,
  DEPLOYMENT_UID,
  diagnosis,
  LOCATED,
  meta,
  MINUTE,
  NOW,
  ownedBy,
  podEvidence,
  POLICY,
  revisionEvidence,
  rfc,
  stateEvidence,
  template,
} from '../../builders/incident.ts';

const clock = { now: () => NOW };
const HISTORY = 'deployment.kubernetes.io/revision-history';
const LEFT = 'autoheal.io/rolled-back-from';
const LEFT_POINTER = '/metadata/annotations/autoheal.io~1rolled-back-from';
const statefulSet: Located = { ...LOCATED, workload: { ...LOCATED.workload, kind: 'StatefulSet' } };

let cluster: RecordingCluster;

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment());
  cluster.put('ReplicaSet', aReplicaSet(1, { ageMinutes: 2000 }));
  cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 20 }));
});

function plan(found: Diagnosis = diagnosis('errors-after-rollout'), location: Located = LOCATED) {
  const make = makePlan({ cluster, clock, catalogue: [rollback], policy: POLICY });
  return make(
    decidedIncident({ diagnosis: found, location }),
    candidate({ remedy: 'rollback', cures: found.causes[0].name }),
  );
}

async function planned(found?: Diagnosis, location?: Located): Promise<Intent> {
  const answer = await plan(found, location);
  if (answer.kind === 'refused') throw new Error(`refused: ${answer.refusal.code} ${answer.refusal.why}`);
  return answer.intent;
}

/** The diagnosis of errors since this revision was rolled out. */
function since(revision: number, more: Partial<Evidence> = {}): Diagnosis {
  const revisions = [
    revisionEvidence(revision, { current: true, ageMinutes: 20 }),
    revisionEvidence(revision - 1, { ageMinutes: 2000, ready: 1 }),
  ];
  return diagnosis('errors-after-rollout', { revisions, ...more });
}

function changed(
  set: ReplicaSet,
  change: { spec?: object; annotations?: Readonly<Record<string, string>> },
): ReplicaSet {
  const own: PodTemplate = { ...set.spec.template, spec: { ...set.spec.template.spec, ...change.spec } };
  const annotations = { ...set.metadata.annotations, ...change.annotations };
  return { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, template: own } };
}

/** Calls this before each object that is read by name. */
function beforeReading(look: (kind: string) => void): void {
  const inner = cluster;
  cluster = {
    ...inner,
    get: async (kind, ref) => {
      look(kind);
      return inner.get(kind, ref);
    },
  };
}

function secretsFail(error: AutoHealError): void {
  beforeReading((kind) => {
    if (kind === 'Secret') throw error;
  });
}

const withConfig = (name: string) => ({ volumes: [{ name: 'files', configMap: { name } }] });
const withSecret = (secretName: string) => ({ volumes: [{ name: 'files', secret: { secretName } }] });

describe('what is sent', () => {
  test('the whole write, its undo and what people are shown', async () => {
    const intent = await planned();

    expect(intent.write).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/metadata/uid', value: DEPLOYMENT_UID },
        { op: 'test', path: '/metadata/resourceVersion', value: '100' },
        { op: 'replace', path: '/spec/template', value: template('cart:1') },
        { op: 'add', path: '/metadata/annotations/autoheal.io~1action-id', value: ACTION },
        { op: 'add', path: LEFT_POINTER, value: 'cart-2@2026-11-21T03:00:00.000Z' },
      ],
    });
    expect(intent.undo).toEqual({
      target: LOCATED.workload,
      uid: DEPLOYMENT_UID,
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      expect: { '/spec/template': template('cart:1') },
      restore: { '/spec/template': template('cart:2'), [LEFT_POINTER]: null },
    });
    expect(intent.summary).toBe('roll back from revision 2 to 1 (cart:1)');
    expect(intent.diff).toBe('- spec.containers[app].image: cart:2\n+ spec.containers[app].image: cart:1');
    expect(cluster.writes).toEqual([]);
  });

  test('plain Helm is rolled back, and people are told what its next upgrade does', async () => {
    const annotations = { 'meta.helm.sh/release-name': 'cart' };
    cluster.put('Deployment', aDeployment({ metadata: { annotations } }));

    expect((await planned()).summary).toMatch(/; the next helm upgrade of release cart overwrites it$/);
  });

  test('it is written once, a crash changes nothing, and its undo puts everything back', async () => {
    const before = cluster.read('Deployment', 'cart');
    const intent = await planned();
    const execute = makeExecute({ cluster, clock, catalogue: [rollback], endpoints: recordingEndpoints() });

    expect(await execute(intent)).toMatchObject({ kind: 'done' });
    expect(await execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(cluster.writes).toHaveLength(1);
    expect(cluster.read('Deployment', 'cart').metadata.annotations?.[LEFT]).toMatch(/^cart-2@/);
    if (intent.undo === undefined) throw new Error('a rollback can be undone');
    expect(await undo(intent.undo, cluster, { actionId: ACTION, undoId: 'undo-1' })).toMatchObject({ kind: 'undone' });

    const after = cluster.read('Deployment', 'cart');
    expect(after['spec']).toEqual(before['spec']);
    expect(after.metadata.annotations).not.toHaveProperty([LEFT]);
  });

  test('it is not written to a workload that somebody changed after the plan', async () => {
    const intent = await planned();
    cluster.touch('Deployment', 'cart');
    const execute = makeExecute({ cluster, clock, catalogue: [rollback], endpoints: recordingEndpoints() });

    expect(await execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(cluster.writes).toEqual([]);
  });
});

describe('which revision is gone back to', () => {
  test('never the one that AutoHeal has left within a day, even while it serves', async () => {
    const annotations = { [LEFT]: `cart-2@${rfc(NOW - 60 * MINUTE)}` };
    cluster.put('Deployment', aDeployment({ metadata: { annotations }, spec: { template: template('cart:3') } }));
    cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 1000, ready: 2 }));
    cluster.put('ReplicaSet', aReplicaSet(3, { ageMinutes: 20 }));

    const intent = await planned(since(3));

    expect(intent.summary).toBe('roll back from revision 3 to 1 (cart:1)');
    expect(intent.write.body).toContainEqual({
      op: 'add',
      path: LEFT_POINTER,
      value: `cart-3@${rfc(NOW)},cart-2@${rfc(NOW - 60 * MINUTE)}`,
    });
  });

  test('the one that AutoHeal left two days ago may be repaired by now', async () => {
    const annotations = { [LEFT]: `cart-2@${rfc(NOW - 2880 * MINUTE)}` };
    cluster.put('Deployment', aDeployment({ metadata: { annotations }, spec: { template: template('cart:3') } }));
    cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 1000, ready: 2 }));
    cluster.put('ReplicaSet', aReplicaSet(3, { ageMinutes: 20 }));

    expect((await planned(since(3))).summary).toBe('roll back from revision 3 to 2 (cart:2)');
  });

  test('after a rollback by hand, the good one that was taken up again, not the bad one between', async () => {
    // 1 good, 2 bad for two minutes, back to the first as 3, and then 4.
    cluster.put('Deployment', aDeployment({ spec: { template: template('cart:4') } }));
    cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 1000 }));
    cluster.remove('ReplicaSet', 'cart-1');
    cluster.put(
      'ReplicaSet',
      changed(aReplicaSet(3, { image: 'cart:1', ageMinutes: 2000 }), { annotations: { [HISTORY]: '1' } }),
    );
    cluster.put('ReplicaSet', aReplicaSet(4, { ageMinutes: 20 }));

    expect((await planned(since(4))).summary).toBe('roll back from revision 4 to 3 (cart:1)');
  });

  test('the next older healthy one, where the best one would lack what it needs', async () => {
    cluster.put('Deployment', aDeployment({ spec: { template: template('cart:3') } }));
    cluster.put('ReplicaSet', changed(aReplicaSet(2, { ageMinutes: 1000 }), { spec: withConfig('gone') }));
    cluster.put('ReplicaSet', aReplicaSet(3, { ageMinutes: 20 }));

    expect((await planned(since(3))).summary).toBe(
      'roll back from revision 3 to 1 (cart:1); revision 2 needs ConfigMap shop/gone, which does not exist any more',
    );
  });

  test('one whose ConfigMap is there', async () => {
    cluster.put('ConfigMap', { metadata: meta('settings') });
    cluster.put('ReplicaSet', changed(aReplicaSet(1, { ageMinutes: 2000 }), { spec: withConfig('settings') }));

    expect((await planned()).summary).toBe('roll back from revision 2 to 1 (cart:1)');
  });

  test('no Secret is read that the present template has too', async () => {
    const spec = { ...template('cart:2').spec, ...withSecret('login') };
    cluster.put('Deployment', aDeployment({ spec: { template: { ...template('cart:2'), spec } } }));
    cluster.put('ReplicaSet', changed(aReplicaSet(1, { ageMinutes: 2000 }), { spec: withSecret('login') }));
    const asked: string[] = [];
    beforeReading((kind) => asked.push(kind));

    await planned();

    expect(asked).not.toContain('Secret');
  });
});

interface Refused {
  readonly name: string;
  readonly arrange: () => void;
  readonly found?: Diagnosis;
  readonly location?: Located;
  readonly code: RefusalCode;
  readonly suggest?: string;
}

function controllerRevision(number: number, name: string, ageMinutes: number): void {
  cluster.put('ControllerRevision', {
    metadata: meta(name, {
      creationTimestamp: rfc(NOW - ageMinutes * MINUTE),
      ...ownedBy('StatefulSet', 'cart', DEPLOYMENT_UID),
    }),
    revision: number,
    data: { spec: { template: { $patch: 'replace', ...template(`cart:${name}`) } } },
  });
}

const refusals: readonly Refused[] = [
  {
    name: 'no history is kept',
    arrange: () => cluster.put('Deployment', aDeployment({ spec: { revisionHistoryLimit: 0 } })),
    code: 'no-revision-history',
    suggest: 'raise spec.revisionHistoryLimit, and roll the last good version out by hand',
  },
  {
    name: 'the older revisions are gone',
    arrange: () => cluster.remove('ReplicaSet', 'cart-1'),
    code: 'no-revision-history',
    suggest: 'raise spec.revisionHistoryLimit, and roll the last good version out by hand',
  },
  {
    name: 'its ConfigMap is gone',
    arrange: () =>
      cluster.put('ReplicaSet', changed(aReplicaSet(1, { ageMinutes: 2000 }), { spec: withConfig('settings') })),
    code: 'revision-needs-missing',
    suggest: 'create ConfigMap shop/settings again, or roll a repaired version out',
  },
  {
    name: 'its Secret is gone',
    arrange: () =>
      cluster.put('ReplicaSet', changed(aReplicaSet(1, { ageMinutes: 2000 }), { spec: withSecret('login') })),
    code: 'revision-needs-missing',
  },
  {
    name: 'its Secret must not be read',
    arrange: () => {
      cluster.put('ReplicaSet', changed(aReplicaSet(1, { ageMinutes: 2000 }), { spec: withSecret('login') }));
      secretsFail(new AutoHealError('PORT_AUTH', '403'));
    },
    code: 'forbidden',
    suggest: 'grant verbs ["get"] on resources ["secrets"] of apiGroups [""] in namespace shop',
  },
  {
    name: 'AutoHeal itself left the only other one an hour ago',
    arrange: () =>
      cluster.put(
        'Deployment',
        aDeployment({ metadata: { annotations: { [LEFT]: `cart-1@${rfc(NOW - 60 * MINUTE)}` } } }),
      ),
    code: 'no-healthy-revision',
  },
  {
    name: 'the only other one is the one that this is the rollback of',
    arrange: () => {
      cluster.put('ReplicaSet', aReplicaSet(2, { ageMinutes: 30 }));
      cluster.remove('ReplicaSet', 'cart-1');
      cluster.put('ReplicaSet', changed(aReplicaSet(3, { ageMinutes: 50 }), { annotations: { [HISTORY]: '1' } }));
    },
    found: since(3),
    code: 'no-healthy-revision',
  },
  {
    name: 'an operator controls it',
    arrange: () => cluster.put('Deployment', aDeployment({ metadata: ownedBy('Shop', 'main', 'uid-main') })),
    code: 'operator-owned',
    suggest: 'change Shop main instead',
  },
  {
    name: 'Argo CD owns it',
    arrange: () =>
      cluster.put('Deployment', aDeployment({ metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } } })),
    code: 'gitops-owned',
    suggest: 'change it in Git, or revert the commit there (Argo CD application shop)',
  },
  {
    name: 'numbers of a StatefulSet that were used again and again',
    arrange: () => {
      cluster.put('StatefulSet', aStatefulSet());
      controllerRevision(3, 'a', 2000);
      controllerRevision(4, 'b', 1900);
      controllerRevision(5, 'c', 20);
    },
    found: since(5),
    location: statefulSet,
    code: 'no-healthy-revision',
  },
];

describe('what the cluster says afresh', () => {
  test.each(refusals)('$name -> $code', async ({ arrange, found, location, code, suggest }) => {
    arrange();

    const answer = await plan(found, location);

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code, ...(suggest !== undefined && { suggest }) } });
    expect(rollback.refusals).toContain(code);
    expect([...cluster.writes, ...cluster.dryRuns]).toEqual([]);
  });

  test('a StatefulSet whose numbers are plain is rolled back', async () => {
    cluster.put('StatefulSet', aStatefulSet());
    controllerRevision(1, 'a', 2000);
    controllerRevision(2, 'b', 20);

    expect((await planned(undefined, statefulSet)).summary).toBe('roll back from revision 2 to 1 (cart:a)');
  });

  test('a read that fails for another reason than a right is no refusal', async () => {
    cluster.put('ReplicaSet', changed(aReplicaSet(1, { ageMinutes: 2000 }), { spec: withSecret('login') }));
    secretsFail(new AutoHealError('PORT_TIMEOUT', 'late'));

    await expect(plan()).rejects.toMatchObject({ code: 'PORT_TIMEOUT' });
    expect(cluster.writes).toEqual([]);
  });
});

describe('what the evidence says', () => {
  const consider = (found: Partial<Evidence>) => rollback.consider(context('errors-after-rollout', { found }));

  test.each<{ readonly name: string; readonly found: Partial<Evidence>; readonly code: RefusalCode }>([
    {
      name: 'an owner of a custom kind',
      found: { state: stateEvidence({ ownerKinds: ['Shop'] }) },
      code: 'operator-owned',
    },
    {
      name: 'the first revision',
      found: { revisions: [revisionEvidence(1, { current: true, ageMinutes: 20 })] },
      code: 'no-healthy-revision',
    },
    {
      name: 'a later revision that is alone',
      found: { revisions: [revisionEvidence(7, { current: true, ageMinutes: 20 })] },
      code: 'no-revision-history',
    },
    {
      name: 'AutoHeal itself left the only other one an hour ago',
      found: { state: stateEvidence({ annotations: { [LEFT]: `cart-1@${rfc(NOW - 60 * MINUTE)}` } }) },
      code: 'no-healthy-revision',
    },
    {
      name: 'a revision that was taken up again before the symptom, by the age of its pods',
      found: {
        revisions: [
          revisionEvidence(4, { current: true, ageMinutes: 5000 }),
          revisionEvidence(3, { ageMinutes: 600 }),
          revisionEvidence(2, { ageMinutes: 6000 }),
        ],
        pods: [podEvidence('a', { revisionHash: 'hash4', createdAt: NOW - 5 * MINUTE })],
      },
      code: 'symptom-older-than-revision',
    },
  ])('$name -> $code', ({ found, code }) => {
    expect(consider(found)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(rollback.refusals).toContain(code);
  });

  test('a revision that was taken up again is as young as its pods', () => {
    const found = {
      revisions: [
        revisionEvidence(4, { current: true, ageMinutes: 5000 }),
        revisionEvidence(3, { ageMinutes: 600 }),
        revisionEvidence(2, { ageMinutes: 6000 }),
      ],
      pods: [podEvidence('a', { revisionHash: 'hash4', createdAt: NOW - 20 * MINUTE })],
    };

    expect(consider(found)).toMatchObject({ kind: 'applies' });
  });

  test.each([
    { name: 'only ready pods of the revision that is left', maxUnavailable: 1, minutes: 2 },
    { name: 'nothing where no pod may be missing', maxUnavailable: 0, minutes: 0 },
  ])('it costs $name', ({ maxUnavailable, minutes }) => {
    const from = { createdAt: NOW - 10 * MINUTE, readySince: NOW - 8 * MINUTE };
    const pods = [
      podEvidence('left', from),
      podEvidence('ill', { ...from, ready: false }),
      podEvidence('older', { ...from, revisionHash: 'hash1' }),
    ];
    const given = context('errors-after-rollout', { found: { pods, state: stateEvidence({ maxUnavailable }) } });

    const found = considerAll(given, [rollback]);

    expect(found).toMatchObject([{ kind: 'applies', disruption: { readyReplicaMinutes: minutes } }]);
  });
});
