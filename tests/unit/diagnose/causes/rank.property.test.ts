import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { rankCauses } from '../../../../src/diagnose/causes/rank.ts';
import { SIGNAL_NAMES } from '../../../../src/domain/diagnosis.ts';
import type { CauseName, Evidence, Signals } from '../../../../src/domain/diagnosis.ts';
import { aContainer, anEvidence, aNode, aPod, aRevision, HOUR, NOW } from '../../../builders/evidence.ts';

const ago = fc.integer({ min: 0, max: 100 * HOUR });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const container = fc
  .record({
    ready: fc.boolean(),
    restarts: fc.integer({ min: 0, max: 50 }),
    stateReason: fc.constantFrom(
      '',
      'CrashLoopBackOff',
      'OOMKilled',
      'Error',
      'ImagePullBackOff',
      'CreateContainerConfigError',
      'ContainerCreating',
    ),
    stateMessage: fc.oneof(
      fc.constantFrom('', 'back-off 5m0s restarting failed container', 'configmap "x" not found'),
      fc.string({ unit: 'binary' }),
    ),
    ended: maybe(
      fc.record({
        reason: fc.constantFrom('Error', 'OOMKilled', 'Completed', ''),
        exitCode: fc.constantFrom(0, 1, 78, 137),
        finishedAgo: maybe(ago),
      }),
    ),
  })
  .map(({ ended, ...rest }) =>
    aContainer({
      ...rest,
      ...(ended === undefined
        ? {}
        : {
            lastTermination: {
              reason: ended.reason,
              exitCode: ended.exitCode,
              ...(ended.finishedAgo === undefined ? {} : { finishedAt: NOW - ended.finishedAgo }),
            },
          }),
    }),
  );

const pod = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    node: fc.constantFrom('node-1', 'node-2', ''),
    phase: fc.constantFrom('Running', 'Pending', 'Failed', 'Succeeded', ''),
    reason: fc.constantFrom('', 'Evicted'),
    ready: fc.boolean(),
    terminating: fc.boolean(),
    createdAgo: ago,
    revisionHash: fc.constantFrom('hash-1', 'hash-2', 'hash-3', ''),
    unschedulable: fc.constantFrom('', '0/3 nodes are available'),
    containers: fc.array(container, { maxLength: 2 }),
  })
  .map(({ createdAgo, ...rest }) => aPod({ ...rest, createdAt: NOW - createdAgo }));

const signals: fc.Arbitrary<Signals> = fc
  .record(Object.fromEntries(SIGNAL_NAMES.map((name) => [name, maybe(fc.double({ min: 0, max: 5, noNaN: true }))])))
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)));

const evidence: fc.Arbitrary<Evidence> = fc
  .record({
    kind: fc.constantFrom('Deployment', 'StatefulSet', 'Job', 'Node', 'Pod', 'Rollout', 'Cluster'),
    pods: fc.array(pod, { maxLength: 5 }),
    revisions: fc.array(
      fc
        .record({ revision: fc.integer({ min: 1, max: 3 }), createdAgo: ago, ready: fc.nat(3), current: fc.boolean() })
        .map(({ revision, createdAgo, ready, current }) =>
          aRevision(revision, { createdAt: NOW - createdAgo, readyReplicas: ready, current }),
        ),
      { maxLength: 3 },
    ),
    nodes: fc.array(
      fc
        .record({
          name: fc.constantFrom('node-1', 'node-2'),
          ready: fc.boolean(),
          pressures: fc.subarray(['DiskPressure']),
        })
        .map(aNode),
      { maxLength: 2 },
    ),
    job: maybe(
      fc.record({
        failed: fc.nat(3),
        succeeded: fc.nat(1),
        conditions: fc.subarray([{ type: 'Failed', status: 'True' }]),
      }),
    ),
    replicas: maybe(fc.constantFrom(3, 4)),
    missing: fc.subarray(['pods: down', 'prometheus: down']),
    signals,
  })
  .map(({ kind, job, replicas: current, ...rest }) =>
    anEvidence({
      ...rest,
      workload: { kind, namespace: 'shop', name: 'web' },
      ...(job === undefined ? {} : { job }),
      ...(current === undefined
        ? {}
        : { autoscaler: { name: 'hpa', min: 1, max: 4, current, desired: 4, scalingActive: true } }),
    }),
  );

const alerts = fc.array(
  fc
    .record({
      alertname: fc.oneof(fc.constantFrom('KubePodCrashLooping', 'HighErrorRatio'), fc.string()),
      startedAgo: ago,
    })
    .map(({ alertname, startedAgo }) => ({
      fingerprint: 'f',
      status: 'firing' as const,
      labels: { alertname },
      annotations: {},
      startsAt: NOW - startedAgo,
      generatorURL: '',
    })),
  { maxLength: 2 },
);

/** The causes that need a signal at all. */
const FROM_SIGNALS: ReadonlySet<CauseName> = new Set([
  'cpu-saturation',
  'cpu-throttling',
  'errors-after-rollout',
  'latency-after-rollout',
  'dependency-failure',
  'volume-filling',
]);

test('whatever the evidence: never a throw, never empty, best first, each with reasons, unknown only alone', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(evidence, alerts, (given, firing) => {
      const causes = rankCauses(given, firing, NOW);

      for (const cause of causes) {
        seen.add(cause.name);
        expect(cause.because.length).toBeGreaterThan(0);
        expect(cause.because.every((sentence) => /^[^\n\r]{3,}\.$/.test(sentence))).toBe(true);
        expect(cause.confidence).toBeGreaterThanOrEqual(0);
        expect(cause.confidence).toBeLessThanOrEqual(1);
        expect(new Set(cause.symptoms).size).toBe(cause.symptoms.length);
      }
      const confidences = causes.map(({ confidence }) => confidence);
      expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
      const names = causes.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      if (names.includes('unknown')) expect(names).toEqual(['unknown']);
    }),
    { numRuns: 2_000 },
  );

  // Of 21: the generator reaches nearly all, so that the properties above mean something.
  expect(seen.size).toBeGreaterThanOrEqual(17);
});

test('without signals no cause is concluded that needs one, and without pods none about pods', () => {
  fc.assert(
    fc.property(evidence, alerts, (given, firing) => {
      const blind = rankCauses({ ...given, signals: {} }, firing, NOW);
      for (const { name } of blind) expect(FROM_SIGNALS.has(name)).toBe(false);

      const dark = rankCauses({ ...given, signals: {}, pods: [] }, firing, NOW).map(({ name }) => name);
      const allowed =
        given.workload.kind === 'Node'
          ? ['node-not-ready', 'node-pressure', 'unknown']
          : ['failed-job', 'autoscaler-at-maximum', 'unknown'];
      expect(dark.filter((name) => !allowed.includes(name))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('the order of the pods and of the alerts changes nothing about which cause is best', () => {
  fc.assert(
    fc.property(evidence, alerts, (given, firing) => {
      const forwards = rankCauses(given, firing, NOW);
      const backwards = rankCauses({ ...given, pods: given.pods.toReversed() }, firing.toReversed(), NOW);

      expect(backwards.map(({ name, confidence }) => [name, confidence])).toEqual(
        forwards.map(({ name, confidence }) => [name, confidence]),
      );
    }),
    { numRuns: 1_000 },
  );
});
