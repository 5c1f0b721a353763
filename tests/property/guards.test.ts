import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { makeDecide, makeMayStillAct, type DecideDeps } from '../../src/decide/decide.ts';
import type { Guards } from '../../src/decide/default-guards.ts';
import { firstRefusal, refusalsOf, type Guard, type GuardContext } from '../../src/decide/guard.ts';
import { stricter } from '../../src/decide/mode.ts';
import { permissionFor } from '../../src/decide/policy-rule.ts';
import type { Scored, Verdict } from '../../src/domain/incident.ts';
import type { Mode, PolicyRule } from '../../src/domain/policy.ts';
import type { Candidate, RemedyName } from '../../src/domain/remedy.ts';
import { recordingCluster, type RecordingCluster } from '../fakes/recording-cluster.ts';
import {
  aDeployment,
  candidate,
  decidedIncident,
  diagnosis,
  LOCATED,
  meta,
  NOW,
  POLICY,
  scoredIncident,
} from '../builders/incident.ts';

const passes: Guard = () => undefined;
const refuses: Guard = () => ({ code: 'protected', why: 'no' });
const throws: Guard = () => {
  throw new Error('broken');
};
const rejects: Guard = () => Promise.reject(new Error('broken'));

const anyGuard = fc.oneof(
  { weight: 12, arbitrary: fc.constant(passes) },
  { weight: 1, arbitrary: fc.constantFrom(refuses, throws, rejects) },
);
const refusingGuard = fc.constantFrom(refuses, throws, rejects);
const modes = fc.constantFrom<Mode>('observe', 'approve', 'auto');
const remedies = fc.constantFrom<RemedyName>('none', 'restart-pod', 'rollout-restart', 'scale-up', 'rollback');

const candidates: fc.Arbitrary<readonly Candidate[]> = fc.uniqueArray(
  fc
    .record({
      remedy: remedies,
      score: fc.integer({ min: 0, max: 20 }).map((each) => each / 20),
      cures: fc.constantFrom('memory-leak', 'crash-loop' as const),
      refused: fc.boolean(),
    })
    .map(({ remedy, score, cures, refused }) =>
      candidate({
        remedy,
        score,
        cures,
        ...(refused && remedy !== 'none' && { refusal: { code: 'does-not-cure', why: 'no' } as const }),
      }),
    ),
  { selector: (each) => each.remedy, maxLength: 5 },
);

const rules: fc.Arbitrary<readonly PolicyRule[]> = fc.array(
  fc.record({
    name: fc.string(),
    match: fc.oneof(
      fc.constantFrom<PolicyRule['match']>(
        {},
        { namespaces: ['shop'] },
        { namespaces: ['pay'] },
        { causes: ['crash-loop'] },
        { kinds: ['Deploy*'] },
      ),
    ),
    mode: modes,
    remedies: fc.array(remedies),
  }),
  { maxLength: 4 },
);

const incidents: fc.Arbitrary<Scored> = fc
  .record({ candidates, waited: fc.boolean(), unknown: fc.boolean() })
  .map(({ candidates: found, waited, unknown }) =>
    scoredIncident({
      candidates: found,
      diagnosis: diagnosis(unknown ? 'unknown' : 'memory-leak'),
      ...(waited && { waited: true as const }),
    }),
  );

const guardSets: fc.Arbitrary<Guards> = fc.record({
  workload: fc.array(anyGuard, { maxLength: 4 }),
  chosen: fc.array(anyGuard, { maxLength: 4 }),
  rightBefore: fc.array(anyGuard, { maxLength: 4 }),
});

function clusterWith(
  annotations: { workload?: string | undefined; namespace?: string | undefined } = {},
): RecordingCluster {
  const cluster = recordingCluster();
  const of = (mode: string | undefined) => (mode === undefined ? {} : { annotations: { 'autoheal.io/mode': mode } });
  cluster.put('Deployment', aDeployment({ metadata: of(annotations.workload) }));
  cluster.put('Namespace', { metadata: { ...meta('shop'), ...of(annotations.namespace) } });
  return cluster;
}

function deps(overrides: Partial<DecideDeps>): DecideDeps {
  return { policy: POLICY, cluster: clusterWith(), clock: { now: () => NOW }, monitoringNamespaces: [], ...overrides };
}

const isAct = (verdict: Verdict): boolean => verdict.kind === 'act' || verdict.kind === 'ask';
const STRICTNESS: Readonly<Record<Verdict['kind'], number>> = {
  refuse: 0,
  escalate: 0,
  wait: 0,
  observe: 1,
  ask: 2,
  act: 3,
};

test('monotone: one more guard that refuses never turns into an action, and stops every one', async () => {
  await fc.assert(
    fc.asyncProperty(
      incidents,
      guardSets,
      rules,
      fc.record({ guard: refusingGuard, list: fc.constantFrom('workload', 'chosen' as const), place: fc.nat(4) }),
      async (incident, guards, own, { guard, list, place }) => {
        const policy = { ...POLICY, rules: own };
        const stricterGuards = { ...guards, [list]: guards[list].toSpliced(place, 0, guard) };

        const before = await makeDecide(deps({ policy, guards }))(incident, []);
        const after = await makeDecide(deps({ policy, guards: stricterGuards }))(incident, []);

        expect(isAct(after)).toBe(false);
        expect(STRICTNESS[after.kind]).toBeLessThanOrEqual(STRICTNESS[before.kind]);
      },
    ),
    { numRuns: 500 },
  );
});

test('an action needs every guard to pass: one that refuses, throws or rejects is enough', async () => {
  let acted = 0;
  await fc.assert(
    fc.asyncProperty(incidents, guardSets, async (incident, guards) => {
      const verdict = await makeDecide(deps({ guards }))(incident, []);
      const allPass = [...guards.workload, ...guards.chosen].every((guard) => guard === passes);

      if (isAct(verdict)) {
        acted += 1;
        expect(allPass).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
  expect(acted).toBeGreaterThan(25);
});

test('right before the write the same holds', async () => {
  await fc.assert(
    fc.asyncProperty(guardSets, async (guards) => {
      const refusal = await makeMayStillAct(deps({ guards }))(decidedIncident());

      expect(refusal === undefined).toBe(guards.rightBefore.every((guard) => guard === passes));
    }),
  );
});

test('a guard that throws refuses with its name, and asking guards never throws', async () => {
  function sometimesBroken(): never {
    throw new Error('disk on fire');
  }
  const context = { incident: scoredIncident() } as unknown as GuardContext; // These guards look at nothing.

  const all = await refusalsOf([passes, sometimesBroken, rejects], context);
  const first = await firstRefusal([passes, sometimesBroken], context);

  expect(all.map((each) => each.code)).toEqual(['guard-failed', 'guard-failed']);
  expect(first).toEqual({ code: 'guard-failed', why: 'sometimesBroken could not be asked: disk on fire' });
});

test('annotations can only make it stricter', async () => {
  const values = fc.option(fc.oneof(fc.constantFrom('off', 'observe', 'approve', 'auto'), fc.string()), {
    nil: undefined,
  });
  await fc.assert(
    fc.asyncProperty(incidents, modes, values, values, async (incident, mode, workload, namespace) => {
      const policy = { ...POLICY, mode };

      const plain = await makeDecide(deps({ policy }))(incident, []);
      const annotated = await makeDecide(deps({ policy, cluster: clusterWith({ workload, namespace }) }))(incident, []);

      expect(STRICTNESS[annotated.kind]).toBeLessThanOrEqual(STRICTNESS[plain.kind]);
    }),
    { numRuns: 500 },
  );
});

test('the stricter of two modes is one of them, whatever the order', () => {
  const cautions = fc.constantFrom('off', 'observe', 'approve', 'auto' as const);
  fc.assert(
    fc.property(cautions, cautions, cautions, (a, b, c) => {
      expect([a, b]).toContain(stricter(a, b));
      expect(stricter(a, b)).toBe(stricter(b, a));
      expect(stricter(stricter(a, b), c)).toBe(stricter(a, stricter(b, c)));
    }),
  );
});

test('first match: rules behind the one that decides change nothing', () => {
  const subject = { workload: LOCATED.workload, alerts: scoredIncident().alerts, cause: 'crash-loop' } as const;
  fc.assert(
    fc.property(rules, rules, (some, others) => {
      const alone = permissionFor({ ...POLICY, rules: some }, subject);
      const followed = permissionFor({ ...POLICY, rules: [...some, ...others] }, subject);

      if (alone.by !== 'the defaults') expect(followed).toEqual(alone);
      else expect(followed).toEqual(permissionFor({ ...POLICY, rules: others }, subject));
    }),
  );
});
