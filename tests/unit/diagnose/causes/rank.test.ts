import { describe, expect, test } from '@jest/globals';
import { rankCauses } from '../../../../src/diagnose/causes/rank.ts';
import { THRESHOLDS } from '../../../../src/diagnose/causes/thresholds.ts';
import type { Alert } from '../../../../src/domain/alert.ts';
import type { CauseName, Evidence, Symptom } from '../../../../src/domain/diagnosis.ts';
import {
  aContainer,
  aCrashingPod,
  anEvent,
  anEvidence,
  aNode,
  anUnreadyPod,
  aPod,
  aRevision,
  aRollout,
  aState,
  HOUR,
  MINUTE,
  NOW,
} from '../../../builders/evidence.ts';

function anAlert(alertname: string, startedAgo = 5 * MINUTE, labels: Record<string, string> = {}): Alert {
  return {
    fingerprint: '0123456789abcdef',
    status: 'firing',
    labels: { alertname, ...labels },
    annotations: {},
    startsAt: NOW - startedAgo,
    generatorURL: '',
  };
}

interface Row {
  readonly name: string;
  readonly evidence: Evidence;
  readonly alerts?: readonly Alert[];
  readonly best: CauseName;
  /** Of the best; not looked at where absent. */
  readonly confidence?: number;
  /** The others, in order; not looked at where absent. */
  readonly others?: readonly CauseName[];
  readonly never?: readonly CauseName[];
  readonly symptoms?: readonly Symptom[];
  /** Texts that the sentences must hold. */
  readonly says?: readonly string[];
}

function check({ evidence, alerts = [], best, confidence, others, never = [], symptoms, says = [] }: Row): void {
  const [first, ...rest] = rankCauses(evidence, alerts, NOW);
  const names = rest.map(({ name }) => name);

  expect(first.name).toBe(best);
  if (confidence !== undefined) expect(first.confidence).toBe(confidence);
  if (others !== undefined) expect(names).toEqual(others);
  for (const name of never) expect([first.name, ...names]).not.toContain(name);
  if (symptoms !== undefined) expect(first.symptoms).toEqual(symptoms);
  for (const text of says) expect(first.because.join('\n')).toContain(text);
}

const stuck = aState({
  conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
});
const oldPod = aPod({ name: 'web-1-a', revisionHash: 'hash-1' });

describe('crash loops', () => {
  test.each<Row>([
    {
      name: 'a young revision crashes while the earlier one serves',
      evidence: anEvidence({
        state: stuck,
        pods: [aCrashingPod({ createdAt: NOW - 10 * MINUTE }), oldPod],
        revisions: aRollout(10 * MINUTE, 1),
      }),
      alerts: [anAlert('X', 5 * MINUTE)],
      best: 'crash-loop-after-rollout',
      others: ['crash-loop'],
      symptoms: ['crash-looping', 'not-ready', 'rollout-stuck'],
      says: ['exit code 3 (Error)', 'revision 2, rolled out 10 min ago', 'Of revision 1, 1 pod still runs well.'],
    },
    {
      name: 'a young revision crashes everywhere',
      evidence: anEvidence({
        pods: [aCrashingPod(), aCrashingPod({ name: 'web-2-b' })],
        revisions: aRollout(10 * MINUTE),
      }),
      best: 'crash-loop-after-rollout',
      others: ['crash-loop'],
      says: ['2 pods (web-2-a and web-2-b) crash, 10 restarts so far'],
    },
    {
      name: 'a revision that is no longer young, but whose predecessor still serves',
      evidence: anEvidence({ pods: [aCrashingPod(), oldPod], revisions: aRollout(5 * HOUR, 1) }),
      best: 'crash-loop-after-rollout',
    },
    {
      name: 'the very first revision',
      evidence: anEvidence({
        pods: [aCrashingPod()],
        revisions: [aRevision(2, { current: true, createdAt: NOW - 5 * MINUTE })],
      }),
      best: 'crash-loop-after-rollout',
      others: ['crash-loop'],
      says: ['There is no earlier revision.'],
    },
    {
      name: 'an old revision begins to crash',
      evidence: anEvidence({ pods: [aCrashingPod(), aCrashingPod({ name: 'web-2-b' })] }),
      best: 'crash-loop',
      never: ['crash-loop-after-rollout'],
      says: ['The newest revision is 20 d old.'],
    },
    {
      name: 'the alert began before the rollout, which was an attempt to help',
      evidence: anEvidence({ pods: [aCrashingPod()], revisions: aRollout(10 * MINUTE) }),
      alerts: [anAlert('X', 40 * MINUTE)],
      best: 'crash-loop',
      never: ['crash-loop-after-rollout'],
      says: ['The alert began 30 min before the newest revision.'],
    },
    {
      name: 'pods of the earlier revision crash too',
      evidence: anEvidence({
        pods: [aCrashingPod(), aCrashingPod({ name: 'web-1-a', revisionHash: 'hash-1' })],
        revisions: aRollout(10 * MINUTE),
      }),
      best: 'crash-loop',
      never: ['crash-loop-after-rollout'],
    },
    {
      name: 'a rollback took up an old revision again, and it crashes: its pods tell when',
      evidence: anEvidence({
        pods: [
          aCrashingPod({ createdAt: NOW - 10 * MINUTE, revisionHash: 'hash-3' }),
          aCrashingPod({ name: 'web-3-b', createdAt: NOW - 8 * MINUTE, revisionHash: 'hash-3' }),
        ],
        revisions: [
          aRevision(3, { current: true, createdAt: NOW - 90 * 24 * HOUR }),
          aRevision(2, { createdAt: NOW - 20 * MINUTE }),
        ],
      }),
      best: 'crash-loop-after-rollout',
      says: ['rolled out 10 min ago'],
    },
    {
      name: 'nothing is known of the revisions',
      evidence: anEvidence({ pods: [aCrashingPod()], revisions: [], missing: ['revisions: down'] }),
      best: 'crash-loop',
      others: [],
    },
    {
      name: 'running just now, but ended often and a moment ago',
      evidence: anEvidence({
        pods: [aCrashingPod({ ready: true }, { stateReason: '', restarts: 3 }), aCrashingPod({ name: 'b' })],
      }),
      best: 'crash-loop',
    },
    {
      name: 'ended often, but long ago',
      evidence: anEvidence({
        pods: [
          aCrashingPod(
            { ready: true },
            { stateReason: '', lastTermination: { reason: 'Error', exitCode: 1, finishedAt: NOW - HOUR } },
          ),
        ],
      }),
      best: 'unknown',
      others: [],
    },
  ])('$name -> $best', check);
});

describe('memory', () => {
  const oom = (finishedAgo: number) => ({
    reason: 'OOMKilled',
    exitCode: 137,
    finishedAt: NOW - finishedAgo,
  });
  const afterLongRun = aPod({
    createdAt: NOW - 10 * HOUR,
    containers: [aContainer({ restarts: 2, lastTermination: oom(10 * MINUTE), memoryLimitBytes: 512 * 2 ** 20 })],
  });
  const soonAfterStart = aCrashingPod(
    { createdAt: NOW - 12 * MINUTE },
    { lastTermination: oom(MINUTE), memoryLimitBytes: 32 * 2 ** 20 },
  );

  test.each<Row>([
    {
      name: 'killed after long runs',
      evidence: anEvidence({ pods: [afterLongRun, aPod({ name: 'b' })] }),
      best: 'memory-leak',
      others: ['memory-limit-too-low'],
      symptoms: ['crash-looping'],
      says: ['out of memory at a limit of 512 MiB', 'It took 4.9 h on average'],
    },
    {
      name: 'killed after long runs, and growing again',
      evidence: anEvidence({ pods: [afterLongRun] }, { memory_growth_per_limit: 0.06, memory_per_limit: 0.7 }),
      best: 'memory-leak',
      symptoms: ['memory_per_limit'],
      says: ['Memory grows by 6 % of the limit in 10 minutes.'],
    },
    {
      name: 'near the limit and growing, not killed yet',
      evidence: anEvidence({}, { memory_per_limit: 0.93, memory_growth_per_limit: 0.05 }),
      best: 'memory-leak',
      others: [],
      says: ['93 %'],
    },
    {
      name: 'killed soon after each start',
      evidence: anEvidence({ pods: [soonAfterStart, aPod({ name: 'b' })] }),
      best: 'memory-limit-too-low',
      others: ['one-bad-pod', 'crash-loop'],
      never: ['memory-leak'],
      symptoms: ['crash-looping'],
      says: ['at a limit of 32 MiB', 'killed soon after each start'],
    },
    {
      name: 'many quick kills of an old pod: the back-off tells, the average would not',
      evidence: anEvidence({
        pods: [aCrashingPod({ createdAt: NOW - 30 * 24 * HOUR }, { restarts: 6, lastTermination: oom(MINUTE) })],
      }),
      best: 'memory-limit-too-low',
      never: ['memory-leak'],
    },
    {
      name: 'near the limit and flat',
      evidence: anEvidence({}, { memory_per_limit: 0.95, memory_growth_per_limit: 0.001 }),
      best: 'memory-limit-too-low',
      others: [],
    },
    {
      name: 'near the limit, growth unknown: nothing is concluded',
      evidence: anEvidence({}, { memory_per_limit: 0.95 }),
      best: 'unknown',
      symptoms: ['memory_per_limit'],
    },
    {
      name: 'growing far from the limit: nothing is concluded',
      evidence: anEvidence({}, { memory_per_limit: 0.3, memory_growth_per_limit: 0.05 }),
      best: 'unknown',
    },
    {
      name: 'killed once, nothing known of when: only that it was too much',
      evidence: anEvidence({
        pods: [
          aPod({ containers: [aContainer({ restarts: 1, lastTermination: { reason: 'OOMKilled', exitCode: 137 } })] }),
        ],
      }),
      best: 'memory-limit-too-low',
      others: [],
    },
    {
      name: 'killed long ago',
      evidence: anEvidence({
        pods: [aPod({ containers: [aContainer({ restarts: 1, lastTermination: oom(5 * HOUR) })] })],
      }),
      best: 'unknown',
    },
    {
      name: 'a young revision is killed soon after each start: the rollout explains it',
      evidence: anEvidence({ pods: [soonAfterStart, oldPod], revisions: aRollout(12 * MINUTE, 1) }),
      best: 'crash-loop-after-rollout',
      others: ['memory-limit-too-low', 'crash-loop'],
    },
  ])('$name -> $best', check);
});

describe('CPU', () => {
  const slow = { latency_p99_seconds: 2, latency_p99_baseline_seconds: 0.3 };

  test.each<Row>([
    {
      name: 'used up, slow and throttled',
      evidence: anEvidence({}, { cpu_per_limit: 0.97, throttled_ratio: 0.5, ...slow }),
      best: 'cpu-saturation',
      others: ['cpu-throttling'],
      symptoms: ['cpu_per_limit', 'latency_p99_seconds', 'throttled_ratio'],
      says: ['97 %', 'is 2 s, an hour ago it was 300 ms', '50 % of the CPU periods'],
    },
    {
      name: 'used up by more requests',
      evidence: anEvidence({}, { cpu_per_limit: 0.95, request_rate: 80, request_rate_baseline: 40 }),
      best: 'cpu-saturation',
      symptoms: ['cpu_per_limit'],
      says: ['80 requests a second come in, an hour ago 40 did.'],
    },
    {
      name: 'used up, and nobody suffers as far as is known',
      evidence: anEvidence({}, { cpu_per_limit: 0.99 }),
      best: 'unknown',
      symptoms: ['cpu_per_limit'],
    },
    {
      name: 'throttled in bursts',
      evidence: anEvidence({}, { cpu_per_limit: 0.4, throttled_ratio: 0.4 }),
      best: 'cpu-throttling',
      others: [],
      symptoms: ['throttled_ratio'],
    },
    {
      name: 'throttled a little',
      evidence: anEvidence({}, { cpu_per_limit: 0.4, throttled_ratio: 0.1 }),
      best: 'unknown',
    },
    {
      name: 'an autoscaler that has no replicas left explains the saturation',
      evidence: anEvidence(
        { autoscaler: { name: 'hpa', min: 2, max: 4, current: 4, desired: 4, scalingActive: true } },
        { cpu_per_limit: 0.97, ...slow },
      ),
      best: 'autoscaler-at-maximum',
      others: ['cpu-saturation'],
      symptoms: ['autoscaler-at-maximum', 'cpu_per_limit', 'latency_p99_seconds'],
      says: ['maximum of 4 replicas'],
    },
    {
      name: 'an autoscaler at its maximum that is not active says nothing',
      evidence: anEvidence({
        autoscaler: { name: 'hpa', min: 2, max: 4, current: 4, desired: 4, scalingActive: false },
      }),
      best: 'unknown',
    },
    {
      name: 'an autoscaler with one size says nothing',
      evidence: anEvidence({
        autoscaler: { name: 'hpa', min: 4, max: 4, current: 4, desired: 4, scalingActive: true },
      }),
      best: 'unknown',
    },
    {
      name: 'an autoscaler below its maximum says nothing',
      evidence: anEvidence({
        autoscaler: { name: 'hpa', min: 2, max: 4, current: 3, desired: 4, scalingActive: true },
      }),
      best: 'unknown',
    },
  ])('$name -> $best', check);
});

describe('requests', () => {
  const failing = { error_ratio: 0.3, error_ratio_baseline: 0.01 };
  const slow = { latency_p99_seconds: 2, latency_p99_baseline_seconds: 0.3 };

  test.each<Row>([
    {
      name: 'errors since a rollout',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, failing),
      alerts: [anAlert('X')],
      best: 'errors-after-rollout',
      others: [],
      symptoms: ['error_ratio'],
      says: ['30 % of the requests fail, an hour ago 1 % did.', 'Revision 2 was rolled out 10 min ago.'],
    },
    {
      name: 'slow since a rollout',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, slow),
      best: 'latency-after-rollout',
      symptoms: ['latency_p99_seconds'],
    },
    {
      name: 'errors and slow since a rollout: the errors lead',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, { ...failing, ...slow }),
      best: 'errors-after-rollout',
      others: ['latency-after-rollout'],
    },
    {
      name: 'as many errors as before the rollout',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, { error_ratio: 0.3, error_ratio_baseline: 0.28 }),
      best: 'unknown',
    },
    {
      name: 'latency without a baseline is not slow',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, { latency_p99_seconds: 30 }),
      best: 'unknown',
    },
    {
      name: 'errors that began before the rollout',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, failing),
      alerts: [anAlert('X', 30 * MINUTE)],
      best: 'unknown',
      symptoms: ['error_ratio'],
      says: ['30 % of the requests fail'],
    },
    { name: 'errors without a rollout', evidence: anEvidence({}, failing), best: 'unknown', symptoms: ['error_ratio'] },
    {
      name: 'errors of the very first revision: there is no before',
      evidence: anEvidence({ revisions: [aRevision(1, { current: true, createdAt: NOW - 5 * MINUTE })] }, failing),
      best: 'unknown',
    },
    {
      name: 'a dependency fails and the own pods are well',
      evidence: anEvidence({}, { ...failing, dependency_error_ratio: 0.6 }),
      best: 'dependency-failure',
      others: [],
      symptoms: ['dependency_error_ratio', 'error_ratio'],
      says: ['60 % of the calls to other services fail.', 'All 2 own pods are ready'],
    },
    {
      name: 'a dependency fails and takes all pods out of service by their readiness probes',
      evidence: anEvidence(
        { pods: [anUnreadyPod(), anUnreadyPod({ name: 'b' })] },
        { ...failing, dependency_error_ratio: 0.9 },
      ),
      best: 'dependency-failure',
      symptoms: ['dependency_error_ratio', 'error_ratio', 'not-ready'],
    },
    {
      name: 'calls fail, but the own pods crash',
      evidence: anEvidence({ pods: [aCrashingPod(), aCrashingPod({ name: 'b' })] }, { dependency_error_ratio: 0.6 }),
      best: 'crash-loop',
      never: ['dependency-failure'],
    },
    {
      name: 'calls fail, but the own pods could not be read',
      evidence: anEvidence({ pods: [], missing: ['pods: down'] }, { dependency_error_ratio: 0.6 }),
      best: 'unknown',
      symptoms: ['dependency_error_ratio'],
      says: ['Could not be read: pods: down.'],
    },
    {
      name: 'calls fail since a rollout: the dependency is likelier, the rollout is second',
      evidence: anEvidence({ revisions: aRollout(10 * MINUTE) }, { ...failing, dependency_error_ratio: 0.6 }),
      best: 'dependency-failure',
      others: ['errors-after-rollout'],
    },
    {
      name: 'the errors come from one of four pods',
      evidence: anEvidence(
        { pods: ['a', 'b', 'c', 'd'].map((name) => aPod({ name })) },
        { error_ratio: 0.2, error_ratio_baseline: 0.2, error_spread: 3.6 },
      ),
      best: 'one-bad-pod',
      others: [],
      symptoms: ['error_ratio'],
      says: ['The worst of 4 pods fails 3.6 times as often', '20 %'],
    },
    {
      name: 'the errors come from one of two pods, whose spread cannot exceed 2',
      evidence: anEvidence({}, { error_ratio: 0.4, error_ratio_baseline: 0.4, error_spread: 1.9 }),
      best: 'one-bad-pod',
    },
    {
      name: 'the errors come from all pods alike',
      evidence: anEvidence({}, { error_ratio: 0.4, error_ratio_baseline: 0.4, error_spread: 1.1 }),
      best: 'unknown',
    },
  ])('$name -> $best', check);
});

describe('pods that do not start', () => {
  const waiting = (stateReason: string, stateMessage = '') =>
    aPod({
      phase: 'Pending',
      ready: false,
      createdAt: NOW - 10 * MINUTE,
      containers: [aContainer({ ready: false, stateReason, stateMessage })],
    });
  const young = (name = 'web-2-a') => anUnreadyPod({ name, createdAt: NOW - 20 * MINUTE });

  test.each<Row>([
    {
      name: 'the image cannot be pulled, and the rollout is stuck over it',
      evidence: anEvidence({
        state: stuck,
        pods: [waiting('ImagePullBackOff', 'Back-off pulling image "web:2"'), oldPod],
        revisions: aRollout(15 * MINUTE, 1),
      }),
      best: 'image-pull-failure',
      others: [],
      symptoms: ['not-ready', 'rollout-stuck'],
      says: ['cannot pull "registry.example/web:2": ImagePullBackOff', 'Back-off pulling image'],
    },
    {
      name: 'the first try to pull',
      evidence: anEvidence({ pods: [waiting('ErrImagePull')] }),
      best: 'image-pull-failure',
    },
    {
      name: 'an image name that is none',
      evidence: anEvidence({ pods: [waiting('InvalidImageName')] }),
      best: 'image-pull-failure',
    },
    {
      name: 'a missing ConfigMap',
      evidence: anEvidence({ pods: [waiting('CreateContainerConfigError', 'configmap "missing" not found')] }),
      best: 'configuration-error',
      symptoms: ['not-ready'],
      says: ['The kubelet says "configmap "missing" not found".'],
    },
    {
      name: 'a missing Secret of a volume',
      evidence: anEvidence({
        pods: [waiting('ContainerCreating')],
        events: [
          anEvent({ reason: 'FailedMount', message: 'MountVolume.SetUp failed: secret "tls" not found', count: 9 }),
        ],
      }),
      best: 'configuration-error',
      says: ['seen 9 times', 'secret "tls" not found'],
    },
    {
      name: 'an old mount failure of a pod that is ready now',
      evidence: anEvidence({ events: [anEvent({ reason: 'FailedMount', message: 'secret "tls" not found' })] }),
      best: 'unknown',
    },
    {
      name: 'a program that ends with EX_CONFIG',
      evidence: anEvidence({
        pods: ['a', 'b'].map((name) => aCrashingPod({ name }, { lastTermination: { reason: 'Error', exitCode: 78 } })),
      }),
      best: 'configuration-error',
      others: ['crash-loop'],
      says: ['exit code 78'],
    },
    {
      name: 'a program that says so before it ends',
      evidence: anEvidence({
        pods: ['a', 'b'].map((name) => aCrashingPod({ name })),
        logs: [{ pod: 'a', container: 'app', tail: 'starting\nFATAL: environment variable DB_URL is not set\nbye' }],
      }),
      best: 'configuration-error',
      says: ['wrote before it ended: "FATAL: environment variable DB_URL is not set"'],
    },
    {
      name: 'a log of a pod that does not crash',
      evidence: anEvidence({ logs: [{ pod: 'web-2-a', container: 'app', tail: 'DB_URL is not set' }] }),
      best: 'unknown',
    },
    {
      name: 'no node has room',
      evidence: anEvidence({
        pods: [
          aPod({
            phase: 'Pending',
            ready: false,
            node: '',
            containers: [],
            unschedulable: '0/1 nodes are available: 1 Insufficient cpu.',
          }),
          aPod({ name: 'b' }),
        ],
      }),
      best: 'unschedulable',
      others: [],
      symptoms: ['pending'],
      says: ['The scheduler says "0/1 nodes are available: 1 Insufficient cpu."'],
    },
    {
      name: 'runs without becoming ready since a rollout',
      evidence: anEvidence({
        state: stuck,
        pods: [young(), oldPod],
        revisions: aRollout(20 * MINUTE, 1),
        events: [anEvent({ message: 'Readiness probe failed: connection refused' })],
      }),
      alerts: [anAlert('X')],
      best: 'never-ready',
      others: [],
      symptoms: ['not-ready', 'rollout-stuck'],
      says: ['since 20 min ago', 'Readiness probe failed'],
    },
    {
      name: 'still starts',
      evidence: anEvidence({ pods: [anUnreadyPod({ createdAt: NOW - 2 * MINUTE })] }),
      best: 'unknown',
      symptoms: ['not-ready'],
    },
    {
      name: 'became unready after days: not "never"',
      evidence: anEvidence({ pods: ['a', 'b'].map((name) => anUnreadyPod({ name, createdAt: NOW - 240 * HOUR })) }),
      alerts: [anAlert('KubePodNotReady')],
      best: 'unknown',
      symptoms: ['not-ready'],
      says: ['2 of 2 pods are not ready, and nothing tells why.'],
    },
    {
      name: 'was never ready, but crashes: that is another matter',
      evidence: anEvidence({ pods: ['a', 'b'].map((name) => aCrashingPod({ name, createdAt: NOW - 20 * MINUTE })) }),
      best: 'crash-loop',
      never: ['never-ready'],
    },
  ])('$name -> $best', check);
});

describe('one bad pod', () => {
  const others = [aPod({ name: 'b' }), aPod({ name: 'c' })];

  test.each<Row>([
    {
      name: 'one of three is not ready',
      evidence: anEvidence({ pods: [anUnreadyPod({ name: 'a' }), ...others] }),
      best: 'one-bad-pod',
      symptoms: ['not-ready'],
      says: ['a is not ready, while 2 other pods of the same revision are ready.'],
    },
    {
      name: 'one of three crashes',
      evidence: anEvidence({ pods: [aCrashingPod({ name: 'a' }), ...others] }),
      best: 'one-bad-pod',
      others: ['crash-loop'],
      symptoms: ['not-ready', 'crash-looping'],
    },
    {
      name: 'one of three crashes soon after a rollout that went well for the others',
      evidence: anEvidence({ pods: [aCrashingPod({ name: 'a' }), ...others], revisions: aRollout(30 * MINUTE) }),
      best: 'one-bad-pod',
      others: ['crash-loop-after-rollout', 'crash-loop'],
    },
    {
      name: 'the first pod of a bad rollout is alone too',
      evidence: anEvidence({
        pods: [aCrashingPod({ name: 'a' }), oldPod, aPod({ name: 'web-1-b', revisionHash: 'hash-1' })],
        revisions: aRollout(10 * MINUTE, 2),
      }),
      best: 'crash-loop-after-rollout',
      never: ['one-bad-pod'],
    },
    {
      name: 'the only pod there is, which ran before the alert',
      evidence: anEvidence({ pods: [anUnreadyPod()] }),
      alerts: [anAlert('X')],
      best: 'one-bad-pod',
    },
    {
      name: 'the only pod there is, which calls others that fail',
      evidence: anEvidence({ pods: [anUnreadyPod()] }, { dependency_error_ratio: 0.4 }),
      alerts: [anAlert('X')],
      best: 'dependency-failure',
    },
    {
      name: 'the first of three that more requests than all can carry brought down',
      evidence: anEvidence(
        { pods: [anUnreadyPod({ name: 'a' }), ...others] },
        { cpu_per_limit: 0.96, throttled_ratio: 0.4, request_rate: 90, request_rate_baseline: 40 },
      ),
      best: 'cpu-saturation',
      others: ['one-bad-pod', 'cpu-throttling'],
    },
    {
      name: 'two of three',
      evidence: anEvidence({ pods: [anUnreadyPod({ name: 'a' }), anUnreadyPod({ name: 'b' }), aPod({ name: 'c' })] }),
      alerts: [anAlert('X')],
      best: 'unknown',
    },
    {
      name: 'one that is being deleted is not ill',
      evidence: anEvidence({ pods: [anUnreadyPod({ name: 'a', terminating: true }), ...others] }),
      best: 'unknown',
      symptoms: [],
    },
  ])('$name -> $best', check);
});

describe('nodes, volumes, left-over pods and Jobs', () => {
  const nodeRef = { workload: { kind: 'Node', namespace: '', name: 'node-1' } };
  const evicted = aPod({ name: 'gone', phase: 'Failed', reason: 'Evicted', ready: false, containers: [] });

  test.each<Row>([
    {
      name: 'the node of a sick pod is down: that explains the pod',
      evidence: anEvidence({
        pods: [anUnreadyPod({ name: 'a', createdAt: NOW - 30 * MINUTE }), aPod({ name: 'b', node: 'node-2' })],
        nodes: [aNode({ ready: false }), aNode({ name: 'node-2' })],
      }),
      best: 'node-not-ready',
      others: ['one-bad-pod', 'never-ready'],
      symptoms: ['node-not-ready', 'not-ready'],
      says: ['1 node (node-1) is not ready.', '1 pod there is not ready.'],
    },
    {
      name: 'a node is down, but the pods there are ready as far as anyone knows',
      evidence: anEvidence({ nodes: [aNode({ ready: false })] }),
      best: 'unknown',
    },
    {
      name: 'the sick pod is on another node',
      evidence: anEvidence({
        pods: [anUnreadyPod({ name: 'a', node: 'node-2' }), aPod({ name: 'b' }), aPod({ name: 'c' })],
        nodes: [aNode({ ready: false }), aNode({ name: 'node-2' })],
      }),
      best: 'one-bad-pod',
      never: ['node-not-ready'],
    },
    {
      name: 'the alert is about the node itself',
      evidence: anEvidence({ ...nodeRef, nodes: [aNode({ ready: false })], pods: [] }),
      best: 'node-not-ready',
      symptoms: ['node-not-ready'],
    },
    {
      name: 'the node itself is under pressure; its crashing pods are of many workloads',
      evidence: anEvidence({
        ...nodeRef,
        nodes: [aNode({ pressures: ['DiskPressure'] })],
        pods: [aCrashingPod(), evicted],
      }),
      best: 'node-pressure',
      others: ['evicted-pods'],
      symptoms: ['node-pressure', 'evicted-pods'],
      says: ['node-1 (DiskPressure)'],
    },
    {
      name: 'all CPU of the node is in use, and hardly any of it by its pods',
      evidence: anEvidence({ ...nodeRef, signals: { node_cpu_ratio: 0.98, node_pods_cpu_ratio: 0.21 } }),
      best: 'node-pressure',
      confidence: 0.85,
      symptoms: ['node_cpu_ratio'],
      says: [
        '98 % of the CPU of the node is in use.',
        'Its pods use 21 % of it: something beside them takes the rest.',
      ],
    },
    {
      name: 'its pods need all CPU of the node: which of them has to go, people know',
      evidence: anEvidence({ ...nodeRef, signals: { node_cpu_ratio: 0.98, node_pods_cpu_ratio: 0.9 } }),
      best: 'node-pressure',
      confidence: 0.4,
    },
    {
      name: 'nobody knows what the pods of a busy node use',
      evidence: anEvidence({ ...nodeRef, signals: { node_cpu_ratio: 0.98 } }),
      best: 'node-pressure',
      confidence: 0.4,
    },
    {
      name: 'a node with CPU to spare',
      evidence: anEvidence({ ...nodeRef, signals: { node_cpu_ratio: 0.9, node_pods_cpu_ratio: 0.1 } }),
      best: 'unknown',
    },
    {
      name: 'evictions under pressure',
      evidence: anEvidence({
        pods: [evicted, aPod()],
        nodes: [aNode({ pressures: ['MemoryPressure'] })],
      }),
      best: 'node-pressure',
      others: ['evicted-pods'],
    },
    {
      name: 'evictions whose reason is over',
      evidence: anEvidence({ pods: [evicted, aPod()] }),
      best: 'evicted-pods',
      others: [],
      symptoms: ['evicted-pods'],
      says: ['1 pod (gone) was evicted.'],
    },
    {
      name: 'pressure, and all pods are well',
      evidence: anEvidence({ nodes: [aNode({ pressures: ['DiskPressure'] })] }),
      best: 'unknown',
    },
    {
      name: 'a volume fills',
      evidence: anEvidence({}, { volume_used_ratio: 0.9 }),
      best: 'volume-filling',
      others: [],
      symptoms: ['volume_used_ratio'],
      says: ['90 % full'],
    },
    {
      name: 'a full volume leads over the crash loop that it makes',
      evidence: anEvidence({ pods: [aCrashingPod(), aCrashingPod({ name: 'b' })] }, { volume_used_ratio: 0.99 }),
      best: 'volume-filling',
      others: ['crash-loop'],
    },
    {
      name: 'a Job gave up',
      evidence: anEvidence({
        workload: { kind: 'Job', namespace: 'shop', name: 'report' },
        pods: [aPod({ phase: 'Failed', ready: false })],
        revisions: [],
        job: {
          failed: 7,
          succeeded: 0,
          conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }],
        },
      }),
      best: 'failed-job',
      others: [],
      symptoms: ['job-failed'],
      says: ['7 pods of the Job failed, and it gave up.', '"BackoffLimitExceeded"'],
    },
    {
      name: 'a Job that succeeded after failures',
      evidence: anEvidence({ pods: [], revisions: [], job: { failed: 1, succeeded: 1, conditions: [] } }),
      best: 'unknown',
    },
  ])('$name -> $best', check);
});

describe('alerts', () => {
  test('make a supported cause a little surer, and are quoted', () => {
    const evidence = anEvidence({ pods: [aCrashingPod(), aCrashingPod({ name: 'b' })] });

    const [without] = rankCauses(evidence, [anAlert('SomethingElse')], NOW);
    const [supported] = rankCauses(evidence, [anAlert('KubePodCrashLooping')], NOW);

    expect(supported.confidence).toBeCloseTo(without.confidence + 0.04);
    expect(supported.because.at(-1)).toBe('Alert "KubePodCrashLooping" says so too.');
  });

  test.each([
    'KubePodCrashLooping',
    'ContainerOOMKilled',
    'HighErrorRatio',
    'KubeNodeNotReady',
    'ImagePullBackOff',
    'KubeHpaMaxedOut',
    'KubeJobFailed',
    'KubePersistentVolumeFillingUp',
  ])('%s alone decides nothing against evidence of health', (alertname) => {
    const alerts = [anAlert(alertname, MINUTE, { reason: 'OOMKilled' })];

    const [first, ...others] = rankCauses(anEvidence(), alerts, NOW);

    expect(first).toEqual({
      name: 'unknown',
      confidence: 0,
      because: ['No known cause fits the evidence.'],
      symptoms: [],
    });
    expect(others).toEqual([]);
  });

  test('a resolved alert supports nothing', () => {
    const evidence = anEvidence({ pods: [aCrashingPod(), aCrashingPod({ name: 'b' })] });
    const resolved: Alert = { ...anAlert('KubePodCrashLooping'), status: 'resolved' };

    const [first] = rankCauses(evidence, [resolved], NOW);

    expect(first.because.join(' ')).not.toContain('says so too');
  });
});

test('thresholds can be changed', () => {
  const evidence = anEvidence({ pods: [aCrashingPod()], revisions: aRollout(2 * HOUR) });

  const usual = rankCauses(evidence, [], NOW);
  const patient = rankCauses(evidence, [], NOW, { ...THRESHOLDS, youngRevisionMs: 3 * HOUR });

  expect(usual[0].name).toBe('crash-loop');
  expect(patient[0].name).toBe('crash-loop-after-rollout');
});
