import * as fc from 'fast-check';

import type { Alert } from '../../../../src/domain/alert.ts';
import {
  SIGNAL_NAMES,
  type Cause,
  type ContainerEvidence,
  type Evidence,
  type NodeEvidence,
  type PodEvidence,
  type RevisionEvidence,
  type Signals,
} from '../../../../src/domain/diagnosis.ts';
import type { Attempt, Outcome, PastAction } from '../../../../src/domain/incident.ts';
import type { Candidate } from '../../../../src/domain/remedy.ts';
import { PASSES_BY_ITSELF } from '../../../../src/score/passing.ts';
import type { FeatureQuestion } from '../../../../src/score/features/question.ts';
import {
  aContainer,
  anEvidence,
  aNode,
  aPod,
  aRevision,
  aState,
  HOUR,
  MINUTE,
  NOW,
} from '../../../builders/evidence.ts';
import { anAlert, anAttempt, TRAITS } from './questions.ts';

/** Ordinary numbers, and those that no measurement gives. */
const number = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: 0, max: 3, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 5_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 1e300, -1e300) },
);
/** Mostly in the two days before the evidence, sometimes after it or no time at all. */
const time = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: NOW - 48 * HOUR, max: NOW }) },
  { weight: 2, arbitrary: fc.constantFrom(NOW - HOUR, NOW) },
  { weight: 1, arbitrary: fc.integer({ min: NOW, max: NOW + 10 * MINUTE }) },
  { weight: 1, arbitrary: fc.constantFrom(0, Number.NaN, Infinity) },
);
const hash = fc.constantFrom('', 'hash-1', 'hash-2', 'web-hash-2');
const node = fc.constantFrom('', 'node-1', 'node-2', 'node-3');
const REMEDIES = ['none', 'rollback', 'scale-up', 'restart-pod', 'flush', '__proto__'] as const;
const OUTCOMES: readonly Outcome[] = ['healed', 'not-healed', 'unknown', 'escalated'];
// Object.keys knows only strings; the record has every cause and nothing else.
const CAUSES = Object.keys(PASSES_BY_ITSELF) as readonly (keyof typeof PASSES_BY_ITSELF)[];

const container: fc.Arbitrary<ContainerEvidence> = fc
  .record({
    ready: fc.boolean(),
    restarts: fc.oneof(fc.nat(20), number),
    stateReason: fc.constantFrom(
      '',
      'CrashLoopBackOff',
      'ImagePullBackOff',
      'CreateContainerError',
      'OOMKilled',
      'Error',
    ),
    ended: fc.option(
      fc.record({ reason: fc.constantFrom('Error', 'OOMKilled'), exitCode: fc.nat(255), finishedAt: time }),
    ),
  })
  .map(({ ended, ...rest }) => aContainer({ ...rest, ...(ended !== null && { lastTermination: ended }) }));

const pod: fc.Arbitrary<PodEvidence> = fc
  .record({
    name: fc.string({ minLength: 1, maxLength: 8 }),
    node,
    ready: fc.boolean(),
    terminating: fc.boolean(),
    phase: fc.constantFrom('Running', 'Running', 'Pending', 'Failed', 'Succeeded'),
    reason: fc.constantFrom('', '', 'Evicted'),
    createdAt: time,
    revisionHash: hash,
    unschedulable: fc.constantFrom('', '', 'no node fits'),
    containers: fc.array(container, { maxLength: 3 }),
  })
  .map((changes) => aPod(changes));

const revision: fc.Arbitrary<RevisionEvidence> = fc
  .record({ number: fc.integer({ min: 1, max: 9 }), hash, createdAt: time, current: fc.boolean() })
  .map(({ number: revisionNumber, ...changes }) => aRevision(revisionNumber, changes));

const nodeEvidence: fc.Arbitrary<NodeEvidence> = fc
  .record({
    name: fc.constantFrom('node-1', 'node-2'),
    ready: fc.boolean(),
    pressures: fc.subarray(['MemoryPressure', 'DiskPressure']),
  })
  .map((changes) => aNode(changes));

export const signals: fc.Arbitrary<Signals> = fc.record(
  Object.fromEntries(SIGNAL_NAMES.map((name) => [name, number])),
  { requiredKeys: [] },
);

const state = fc
  .record({
    desired: number,
    updated: number,
    ready: number,
    total: number,
    paused: fc.boolean(),
    observedGeneration: fc.constantFrom(0, 1),
    conditions: fc.constantFrom([], [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]),
  })
  .map((changes) => aState(changes));

const evidence: fc.Arbitrary<Evidence> = fc
  .record(
    {
      workload: fc.record({
        kind: fc.constantFrom('Deployment', 'StatefulSet', 'Node', 'Job'),
        namespace: fc.string({ maxLength: 8 }),
        name: fc.string({ maxLength: 8 }),
      }),
      state,
      pods: fc.array(pod, { maxLength: 6 }),
      revisions: fc.uniqueArray(revision, {
        maxLength: 4,
        selector: ({ current, name }) => (current ? 'current' : name),
      }),
      autoscaler: fc.record({
        name: fc.constant('web'),
        min: number,
        max: number,
        current: number,
        desired: number,
        scalingActive: fc.boolean(),
      }),
      disruptionsAllowed: number,
      nodes: fc.uniqueArray(nodeEvidence, { maxLength: 3, selector: ({ name }) => name }),
      allNodes: fc.record({ total: number, out: number, held: fc.constant([]) }),
      signals,
    },
    { requiredKeys: ['workload', 'pods', 'revisions', 'nodes', 'signals'] },
  )
  .chain(({ state: known, ...rest }) => {
    const { state: _state, ...empty } = anEvidence(rest);
    return fc.constant(known === undefined ? empty : { ...empty, state: known });
  });

const alert: fc.Arbitrary<Alert> = fc
  .record({
    name: fc.oneof(fc.constantFrom('AutoHealLatencyHigh', 'KubeNodeNotReady', 'KubePodCrashLooping'), fc.string()),
    severity: fc.constantFrom('', 'info', 'WARNING', 'critical', 'constructor'),
    startsAt: time,
    endsAt: fc.option(time),
  })
  .map(({ name, severity, startsAt, endsAt }) =>
    anAlert(name, {
      labels: { alertname: name, severity },
      startsAt,
      ...(endsAt !== null && { endsAt, status: 'resolved' }),
    }),
  );

const causes: fc.Arbitrary<readonly [Cause, ...Cause[]]> = fc
  .uniqueArray(
    fc
      .record({ name: fc.constantFrom(...CAUSES), confidence: number })
      .map(({ name, confidence }): Cause => ({ name, confidence, because: ['so'], symptoms: [] })),
    { minLength: 1, maxLength: 4, selector: ({ name }) => name },
  )
  .map(([first, ...others]) => [first ?? { name: 'unknown', confidence: 0, because: ['so'], symptoms: [] }, ...others]);

const candidate: fc.Arbitrary<Candidate> = fc.record(
  {
    remedy: fc.constantFrom(...REMEDIES),
    score: number,
    cures: fc.constantFrom(...CAUSES),
    because: fc.constant(['so']),
    disruption: fc.record({ readyReplicaMinutes: number, because: fc.constant('so') }),
    refusal: fc.constant({ code: 'does-not-cure' as const, why: 'no' }),
  },
  { requiredKeys: ['remedy', 'score', 'cures', 'because'] },
);

const past: fc.Arbitrary<PastAction> = fc.record(
  {
    actionId: fc.nat(5).map((id) => `inc-0/${id}`),
    workload: fc.string(),
    remedy: fc.constantFrom(...REMEDIES),
    at: time,
    outcome: fc.constantFrom(...OUTCOMES),
  },
  { requiredKeys: ['actionId', 'workload', 'remedy', 'at'] },
);

const attempt: fc.Arbitrary<Attempt> = fc
  .record({
    remedy: fc.constantFrom(...REMEDIES),
    rung: fc.integer({ min: 1, max: 5 }),
    at: time,
    verdict: fc.constantFrom('recovered', 'not-recovered', 'unknown'),
    verifiedAt: time,
    refusedAt: fc.option(time),
  })
  .map(({ remedy, rung, at, verdict, verifiedAt, refusedAt }) =>
    anAttempt(remedy, {
      rung,
      at,
      verification: { verdict, reasons: ['so'], at: verifiedAt },
      ...(refusedAt !== null && {
        result: { kind: 'refused', at: refusedAt, refusal: { code: 'changed-since', why: 'so' } },
      }),
    }),
  );

/** A question of any shape, and one of its candidates. */
export const asked: fc.Arbitrary<{ readonly question: FeatureQuestion; readonly chosen: Candidate }> = fc
  .record({
    diagnosis: fc.record({ evidence, causes }),
    alerts: fc.array(alert, { maxLength: 5 }),
    candidates: fc.uniqueArray(candidate, { minLength: 1, maxLength: 5, selector: ({ remedy }) => remedy }),
    history: fc.array(past, { maxLength: 5 }),
    attempts: fc.array(attempt, { maxLength: 3 }),
    rung: number,
    traits: fc.constant(TRAITS),
  })
  .chain((question) => fc.record({ question: fc.constant(question), chosen: fc.constantFrom(...question.candidates) }));
