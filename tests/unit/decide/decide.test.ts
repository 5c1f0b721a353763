import { beforeEach, describe, expect, test } from '@jest/globals';
import { makeDecide, makeMayStillAct, type DecideDeps } from '../../../src/decide/decide.ts';
import { AutoHealError } from '../../../src/domain/errors.ts';
import type { Evidence } from '../../../src/domain/diagnosis.ts';
import type { Decided, Outcome, PastAction, Scored } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { Refusal, RefusalCode } from '../../../src/domain/remedy.ts';
import type { AlertSource, AlertmanagerAlert } from '../../../src/ports/alerts.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  aDeployment,
  candidate,
  cause,
  decidedIncident,
  diagnosedIncident,
  diagnosis,
  LOCATED,
  meta,
  MINUTE,
  NOW,
  POLICY,
  scoredIncident,
} from '../../builders/incident.ts';

let cluster: RecordingCluster;

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment());
  cluster.put('Namespace', { metadata: meta('shop', { namespace: '' }) });
});

const NONE = candidate({ remedy: 'none', score: 0.05, because: ['0.05'] });
const [ALERT] = diagnosedIncident().alerts;

function alertmanager(state: Partial<AlertmanagerAlert>[] | Error): AlertSource {
  return {
    current: () =>
      state instanceof Error
        ? Promise.reject(state)
        : Promise.resolve(state.map((each) => ({ ...ALERT!, silencedBy: [], inhibitedBy: [], ...each }))),
  };
}

function deps(overrides: Partial<DecideDeps> & { policy?: Policy } = {}): DecideDeps {
  return {
    policy: POLICY,
    cluster,
    alerts: alertmanager([{}]),
    clock: { now: () => NOW },
    monitoringNamespaces: ['monitoring', 'prometheus*'],
    self: { namespace: 'autoheal', workload: { kind: 'Deployment', namespace: 'tools', name: 'healer' } },
    ...overrides,
  };
}

function decide(incident: Scored = scoredIncident(), given: DecideDeps = deps(), history: readonly PastAction[] = []) {
  return makeDecide(given)(incident, history);
}

function past(overrides: Partial<PastAction> & { outcome?: Outcome } = {}): PastAction {
  return {
    actionId: 'inc-0/1',
    workload: 'Deployment/shop/cart',
    remedy: 'rollout-restart',
    at: NOW - 60 * MINUTE,
    outcome: 'healed',
    ...overrides,
  };
}

function at(location: Partial<Located>): Partial<Scored> {
  return { location: { ...LOCATED, ...location } };
}

function inNamespace(namespace: string, name = 'cart'): Partial<Scored> {
  return at({ workload: { kind: 'Deployment', namespace, name } });
}

function found(overrides: Partial<Evidence>, symptoms: Parameters<typeof cause>[1] = {}): Partial<Scored> {
  return { diagnosis: diagnosis(cause('memory-leak', symptoms), overrides) };
}

function annotate(kind: 'Deployment' | 'Namespace', mode: string): void {
  cluster.touch(kind, kind === 'Namespace' ? 'shop' : 'cart', (object) => {
    Object.assign(object.metadata, { annotations: { 'autoheal.io/mode': mode } });
  });
}

describe('the mode', () => {
  test.each([
    { mode: 'auto', expected: { kind: 'act', mode: 'auto' } },
    { mode: 'approve', expected: { kind: 'ask', mode: 'approve', expiresAt: NOW + 1_800_000 } },
    { mode: 'observe', expected: { kind: 'observe', mode: 'observe' } },
  ] as const)('$mode', async ({ mode, expected }) => {
    const verdict = await decide(scoredIncident(), deps({ policy: { ...POLICY, mode } }));

    expect(verdict).toMatchObject({ ...expected, candidate: { remedy: 'rollout-restart' } });
  });

  test.each([
    {
      name: 'the workload asks for approval',
      policy: 'auto',
      workload: 'approve',
      namespace: undefined,
      expected: 'ask',
    },
    {
      name: 'the namespace asks for approval',
      policy: 'auto',
      workload: undefined,
      namespace: 'approve',
      expected: 'ask',
    },
    {
      name: 'the more careful of the two',
      policy: 'auto',
      workload: 'approve',
      namespace: 'observe',
      expected: 'observe',
    },
    {
      name: 'an annotation cannot loosen',
      policy: 'observe',
      workload: 'auto',
      namespace: 'auto',
      expected: 'observe',
    },
    {
      name: 'a workload cannot loosen its namespace',
      policy: 'auto',
      workload: 'auto',
      namespace: 'approve',
      expected: 'ask',
    },
    { name: 'off on the workload', policy: 'auto', workload: 'off', namespace: undefined, expected: 'refuse' },
    { name: 'off on the namespace', policy: 'observe', workload: 'auto', namespace: 'off', expected: 'refuse' },
    {
      name: 'with capitals and blanks',
      policy: 'auto',
      workload: ' Observe ',
      namespace: undefined,
      expected: 'observe',
    },
    {
      name: 'a value that is no mode is the most careful one',
      policy: 'auto',
      workload: 'disabled',
      namespace: undefined,
      expected: 'refuse',
    },
  ] as const)('annotations: $name -> $expected', async ({ policy, workload, namespace, expected }) => {
    if (workload !== undefined) annotate('Deployment', workload);
    if (namespace !== undefined) annotate('Namespace', namespace);

    const verdict = await decide(scoredIncident(), deps({ policy: { ...POLICY, mode: policy } }));

    expect(verdict.kind).toBe(expected);
    if (verdict.kind === 'refuse') expect(verdict.refusals.map((each) => each.code)).toEqual(['opted-out']);
  });
});

describe('what is done', () => {
  test.each([
    {
      name: 'the best score',
      candidates: [candidate(), candidate({ remedy: 'rollback', score: 0.9 })],
      expected: 'rollback',
    },
    {
      name: 'of equal scores the least disruptive',
      candidates: [
        candidate({ remedy: 'rollback', disruption: { readyReplicaMinutes: 2, because: '' } }),
        candidate({ remedy: 'restart-pod', disruption: { readyReplicaMinutes: 0.5, because: '' } }),
        candidate({ disruption: { readyReplicaMinutes: 2, because: '' } }),
      ],
      expected: 'restart-pod',
    },
    {
      name: 'not what is refused',
      candidates: [
        candidate({ remedy: 'rollback', score: 0.9, refusal: { code: 'gitops-owned', why: '' } }),
        candidate(),
      ],
      expected: 'rollout-restart',
    },
  ])('$name', async ({ candidates, expected }) => {
    expect(await decide(scoredIncident({ candidates }))).toMatchObject({
      kind: 'act',
      candidate: { remedy: expected },
    });
  });

  test('of what the policy allows, the best', async () => {
    const policy = { ...POLICY, remedies: ['restart-pod'] as const };
    const candidates = [
      candidate({ remedy: 'rollback', score: 0.9 }),
      candidate({ remedy: 'restart-pod', score: 0.6 }),
    ];

    expect(await decide(scoredIncident({ candidates }), deps({ policy }))).toMatchObject({
      candidate: { remedy: 'restart-pod' },
    });
  });

  test('nothing, while it passes by itself most likely', async () => {
    const candidates = [candidate({ remedy: 'none', score: 0.6, because: ['it passes'] }), candidate({ score: 0.55 })];

    expect(await decide(scoredIncident({ candidates }))).toEqual({ kind: 'wait', because: 'it passes' });
    expect(await decide(scoredIncident({ candidates, waited: true }))).toMatchObject({ kind: 'act' });
  });

  test('a verdict without an Alertmanager to ask says so', async () => {
    const { alerts: _, ...without } = deps();

    const verdict = await decide(scoredIncident(), without);

    expect(verdict).toMatchObject({
      kind: 'act',
      candidate: { because: expect.arrayContaining([expect.stringContaining('silences were not checked')]) },
    });
  });
});

describe('people are called when', () => {
  test.each([
    { name: 'the cause is unknown', incident: { diagnosis: diagnosis('unknown'), candidates: [NONE] } },
    {
      name: 'no remedy fits and waiting is in vain',
      incident: { candidates: [NONE, candidate({ refusal: { code: 'does-not-cure', why: '' } })] },
    },
    {
      name: 'it waited already and nothing else fits',
      incident: { waited: true as const, candidates: [candidate({ remedy: 'none', score: 0.6 })] },
    },
    { name: 'the workload is only reported on', incident: at({ notifyOnly: 'volume' }) },
  ])('$name', async ({ incident }) => {
    expect((await decide(scoredIncident(incident))).kind).toBe('escalate');
  });
});

interface Guarded {
  readonly name: string;
  readonly code: RefusalCode;
  readonly incident?: Partial<Scored>;
  readonly deps?: () => DecideDeps;
  readonly history?: readonly PastAction[];
}

const guarded: readonly Guarded[] = [
  { name: 'kube-system', code: 'protected', incident: inNamespace('kube-system') },
  { name: 'kube-public, which the policy does not list', code: 'protected', incident: inNamespace('kube-public') },
  { name: 'kube-node-lease', code: 'protected', incident: inNamespace('kube-node-lease') },
  { name: 'the monitoring', code: 'protected', incident: inNamespace('monitoring') },
  { name: 'a monitoring namespace by its beginning', code: 'protected', incident: inNamespace('prometheus-eu') },
  { name: 'the namespace of AutoHeal', code: 'protected', incident: inNamespace('autoheal') },
  { name: 'AutoHeal itself', code: 'protected', incident: inNamespace('tools', 'healer') },
  {
    name: 'a namespace itself that is protected',
    code: 'protected',
    incident: at({ workload: { kind: 'Namespace', namespace: '', name: 'kube-system' } }),
  },
  {
    name: 'a namespace that the policy protects',
    code: 'protected',
    deps: () => deps({ policy: { ...POLICY, protectedNamespaces: ['sho*'] } }),
  },
  {
    name: 'a workload that the policy protects, whatever the capitals',
    code: 'protected',
    deps: () => deps({ policy: { ...POLICY, protectedWorkloads: ['deployment/shop/c*'] } }),
  },
  {
    name: 'no uid',
    code: 'not-located',
    incident: { location: { kind: 'located', workload: LOCATED.workload, pods: [], decidedBy: '', why: '' } },
  },
  {
    name: 'no remedy allowed',
    code: 'not-allowed-by-policy',
    deps: () => deps({ policy: { ...POLICY, remedies: ['none'] } }),
  },
  { name: 'a silence', code: 'silenced', deps: () => deps({ alerts: alertmanager([{ silencedBy: ['s1'] }]) }) },
  {
    name: 'one of two alerts silenced',
    code: 'silenced',
    deps: () => deps({ alerts: alertmanager([{}, { silencedBy: ['s1'] }]) }),
  },
  { name: 'an inhibition', code: 'silenced', deps: () => deps({ alerts: alertmanager([{ inhibitedBy: ['a'] }]) }) },
  {
    name: 'an Alertmanager that does not answer',
    code: 'guard-failed',
    deps: () => deps({ alerts: alertmanager(new AutoHealError('PORT_TIMEOUT', 'timed out')) }),
  },
  { name: 'alerts that Alertmanager holds no more', code: 'resolved', deps: () => deps({ alerts: alertmanager([]) }) },
  { name: 'alerts that resolved', code: 'resolved', incident: { alerts: [{ ...ALERT!, status: 'resolved' }] } },
  {
    name: 'a workload that could not be read',
    code: 'evidence-missing',
    incident: found({ missing: ['workload: timed out after 800 ms'] }),
  },
  { name: 'pods that could not be read', code: 'evidence-missing', incident: found({ missing: ['pods: forbidden'] }) },
  {
    name: 'sick monitoring and a cause that shows in signals',
    code: 'evidence-missing',
    incident: found(
      { missing: ['prometheus: refused'], signals: { memory_per_limit: 0.9 } },
      { symptoms: ['memory_per_limit'] },
    ),
  },
  {
    name: 'a signal without data',
    code: 'evidence-missing',
    incident: found({ signals: { cpu_per_limit: 0.1 } }, { symptoms: ['memory_per_limit'] }),
  },
  { name: 'old evidence', code: 'evidence-stale', incident: found({ at: NOW - 121_000 }) },
  { name: 'evidence out of the future', code: 'evidence-stale', incident: found({ at: NOW + 121_000 }) },
  { name: 'evidence without a time', code: 'evidence-stale', incident: found({ at: Number.NaN }) },
  { name: 'an action ten minutes ago', code: 'cooldown', history: [past({ at: NOW - 599_000 })] },
  {
    name: 'a third healing that did not last',
    code: 'recurring',
    history: [1, 2, 3].map((n) => past({ actionId: `inc-${n + 1}/1`, at: NOW - n * 60 * MINUTE })),
  },
  { name: 'a low score', code: 'low-score', incident: { candidates: [candidate({ score: 0.49 })] } },
  {
    name: 'a score that is no number',
    code: 'low-score',
    incident: { candidates: [candidate({ score: Number.NaN })] },
  },
];

describe('a guard says no', () => {
  test.each(guarded)('$name -> $code', async ({ code, incident = {}, deps: given = deps, history = [] }) => {
    const verdict = await decide(scoredIncident(incident), given(), history);

    expect(verdict.kind).toBe('refuse');
    expect((verdict as { refusals: readonly Refusal[] }).refusals.map((each) => each.code)).toContain(code);
  });

  test.each(guarded)(
    'in observe mode as well, so that it does not boast: $name',
    async ({ code, incident = {}, deps: given = deps, history = [] }) => {
      const own = given();

      const verdict = await decide(
        scoredIncident(incident),
        { ...own, policy: { ...own.policy, mode: 'observe' } },
        history,
      );

      expect(verdict).toMatchObject({
        kind: 'refuse',
        refusals: expect.arrayContaining([expect.objectContaining({ code })]),
      });
    },
  );

  test('all reasons are told at once', async () => {
    const incident = scoredIncident({ ...inNamespace('kube-system'), ...found({ at: 0 }) });

    const verdict = await decide(incident);

    expect(verdict).toMatchObject({ refusals: [{ code: 'protected' }, { code: 'evidence-stale' }] });
  });

  test('annotations that cannot be read refuse', async () => {
    cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');

    const verdict = await decide();

    expect(verdict).toMatchObject({
      kind: 'refuse',
      refusals: [{ code: 'guard-failed', why: expect.stringContaining('notOptedOut') }],
    });
  });

  test.each([
    { name: 'an action longer ago than the cooldown', incident: {}, history: [past({ at: NOW - 601_000 })] },
    {
      name: 'an earlier rung of the same incident',
      incident: {},
      history: [past({ actionId: 'inc-1/1', at: NOW - 1000 })],
    },
    { name: 'two healings within a day', incident: {}, history: [past(), past({ at: NOW - 120 * MINUTE })] },
    {
      name: 'healings of another remedy',
      incident: {},
      history: [1, 2, 3].map((n) => past({ remedy: 'rollback', at: NOW - n * 60 * MINUTE })),
    },
    {
      name: 'healings of the day before',
      incident: {},
      history: [1, 2, 3].map((n) => past({ at: NOW - (24 + n) * 60 * MINUTE })),
    },
    {
      name: 'sick monitoring where no signal matters',
      incident: found({ missing: ['prometheus: refused'] }),
      history: [],
    },
  ])('but not to $name', async ({ incident, history }) => {
    expect((await decide(scoredIncident(incident), deps(), history)).kind).toBe('act');
  });
});

describe('whether it may still be done, right before the write', () => {
  const ask: Partial<Decided> = { verdict: { kind: 'ask', candidate: candidate(), mode: 'approve', expiresAt: NOW } };

  function mayStillAct(incident: Decided = decidedIncident(), given: DecideDeps = deps()) {
    return makeMayStillAct(given)(incident);
  }

  test('it may', async () => {
    expect(await mayStillAct()).toBeUndefined();
    expect(await mayStillAct(decidedIncident(ask))).toBeUndefined();
  });

  test.each([
    {
      name: 'a silence since',
      given: () => deps({ alerts: alertmanager([{ silencedBy: ['s'] }]) }),
      incident: {},
      code: 'silenced',
    },
    {
      name: 'Alertmanager is down',
      given: () => deps({ alerts: alertmanager(new Error('down')) }),
      incident: {},
      code: 'guard-failed',
    },
    {
      name: 'protected since',
      given: () => deps({ policy: { ...POLICY, protectedNamespaces: ['shop'] } }),
      incident: {},
      code: 'protected',
    },
    {
      name: 'the remedy is not allowed any more',
      given: () => deps({ policy: { ...POLICY, remedies: [] } }),
      incident: {},
      code: 'not-allowed-by-policy',
    },
    { name: 'resolved', given: deps, incident: { alerts: [] }, code: 'resolved' },
    { name: 'the evidence has grown old', given: deps, incident: found({ at: NOW - 200_000 }), code: 'evidence-stale' },
    {
      name: 'the verdict was not to act',
      given: deps,
      incident: { verdict: { kind: 'wait', because: '' } },
      code: 'not-allowed-by-policy',
    },
  ] as const)('not when $name -> $code', async ({ given, incident, code }) => {
    expect(await mayStillAct(decidedIncident(incident as Partial<Decided>), given())).toMatchObject({ code });
  });

  test.each([
    { annotation: 'off', incident: {}, stops: true },
    { annotation: 'observe', incident: {}, stops: true },
    { annotation: 'approve', incident: {}, stops: true },
    { annotation: 'auto', incident: {}, stops: false },
    { annotation: 'approve', incident: ask, stops: false },
    { annotation: 'observe', incident: ask, stops: true },
  ])(
    'annotated $annotation since, verdict $incident.verdict.kind: stops $stops',
    async ({ annotation, incident, stops }) => {
      annotate('Deployment', annotation);

      const refusal = await mayStillAct(decidedIncident(incident));

      expect(refusal?.code).toBe(stops ? 'opted-out' : undefined);
    },
  );

  test('an annotation that cannot be read stops it', async () => {
    cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');

    expect(await mayStillAct()).toMatchObject({ code: 'guard-failed' });
  });
});
