import { describe, expect, test } from '@jest/globals';
import { CATALOGUE, accessFor, considerAll } from '../../../src/act/catalogue.ts';
import type { RemedyContext } from '../../../src/act/remedy.ts';
import type { CauseName } from '../../../src/domain/diagnosis.ts';
import type { RefusalCode, RemedyName } from '../../../src/domain/remedy.ts';
import {
  cause,
  context,
  crashing,
  diagnosis,
  LOCATED,
  MINUTE,
  NOW,
  podEvidence,
  revisionEvidence,
  stateEvidence,
} from '../../builders/incident.ts';

function answerOf(remedy: RemedyName, given: RemedyContext): RefusalCode | 'applies' {
  const found = considerAll(given).find((each) => each.remedy === remedy);
  if (found === undefined) throw new Error(`${remedy} is not in the catalogue`);
  return found.kind === 'applies' ? 'applies' : found.refusal.code;
}

interface Case {
  readonly name: string;
  readonly remedy: RemedyName;
  readonly given: RemedyContext;
  readonly expected: RefusalCode | 'applies';
}

const revisions = (ageMinutes: number, previous: { ready?: number; ageMinutes?: number } = {}) => [
  revisionEvidence(2, { current: true, ageMinutes }),
  revisionEvidence(1, { ageMinutes: 2000, ...previous }),
];

const cases: readonly Case[] = [
  // restart-pod
  {
    name: 'one crashing pod',
    remedy: 'restart-pod',
    given: context('one-bad-pod', { found: { pods: [crashing('a'), podEvidence('b')] } }),
    expected: 'applies',
  },
  {
    name: 'an alert that names a pod that looks well',
    remedy: 'restart-pod',
    given: context('memory-leak', { location: { ...LOCATED, pods: ['cart-2-b'] } }),
    expected: 'applies',
  },
  { name: 'no pod named and none ill', remedy: 'restart-pod', given: context('memory-leak'), expected: 'no-pod-named' },
  {
    name: 'the only ill pod is terminating already',
    remedy: 'restart-pod',
    given: context('one-bad-pod', { found: { pods: [{ ...crashing('a'), terminating: true }, podEvidence('b')] } }),
    expected: 'no-pod-named',
  },
  {
    name: 'the budget allows no disruption',
    remedy: 'restart-pod',
    given: context('one-bad-pod', { found: { pods: [crashing('a')], disruptionsAllowed: 0 } }),
    expected: 'no-disruption-allowed',
  },
  {
    name: 'the budget allows one',
    remedy: 'restart-pod',
    given: context('one-bad-pod', { found: { pods: [crashing('a')], disruptionsAllowed: 1 } }),
    expected: 'applies',
  },
  {
    name: 'a bare pod',
    remedy: 'restart-pod',
    given: context('crash-loop', { location: { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } } }),
    expected: 'bare-pod',
  },
  {
    name: 'a static pod',
    remedy: 'restart-pod',
    given: context('crash-loop', { location: { ...LOCATED, notifyOnly: 'static-pod' } }),
    expected: 'bare-pod',
  },
  {
    name: 'a Job',
    remedy: 'restart-pod',
    given: context('crash-loop', { location: { ...LOCATED, workload: { kind: 'Job', namespace: 'shop', name: 'x' } } }),
    expected: 'wrong-kind',
  },
  {
    name: 'a bad rollout',
    remedy: 'restart-pod',
    given: context('crash-loop-after-rollout'),
    expected: 'does-not-cure',
  },
  {
    name: 'tried on an earlier rung',
    remedy: 'restart-pod',
    given: context('one-bad-pod', { tried: ['restart-pod'], found: { pods: [crashing('a')] } }),
    expected: 'already-tried',
  },
  // rollout-restart
  { name: 'a leak', remedy: 'rollout-restart', given: context('memory-leak'), expected: 'applies' },
  {
    name: 'a bad rollout is not cured by a restart',
    remedy: 'rollout-restart',
    given: context('errors-after-rollout'),
    expected: 'does-not-cure',
  },
  {
    name: 'replicas that are not updated yet',
    remedy: 'rollout-restart',
    given: context('memory-leak', { found: { state: stateEvidence({ updated: 1 }) } }),
    expected: 'rollout-in-progress',
  },
  {
    name: 'old replicas that are yet to end',
    remedy: 'rollout-restart',
    given: context('memory-leak', { found: { state: stateEvidence({ total: 3 }) } }),
    expected: 'rollout-in-progress',
  },
  {
    name: 'a spec that the controller has not seen',
    remedy: 'rollout-restart',
    given: context('memory-leak', { found: { state: stateEvidence({ generation: 4 }) } }),
    expected: 'rollout-in-progress',
  },
  {
    name: 'pods that crash long after their rollout are no rollout',
    remedy: 'rollout-restart',
    given: context('crash-loop', { found: { state: stateEvidence({ ready: 0, available: 0 }) } }),
    expected: 'applies',
  },
  {
    name: 'a paused rollout',
    remedy: 'rollout-restart',
    given: context('memory-leak', { found: { state: stateEvidence({ paused: true }) } }),
    expected: 'paused',
  },
  {
    name: 'no disruption allowed',
    remedy: 'rollout-restart',
    given: context('memory-leak', { found: { disruptionsAllowed: 0 } }),
    expected: 'no-disruption-allowed',
  },
  {
    name: 'tried before',
    remedy: 'rollout-restart',
    given: context('memory-leak', { tried: ['rollout-restart'] }),
    expected: 'already-tried',
  },
  // scale-up
  { name: 'too much load', remedy: 'scale-up', given: context('cpu-saturation'), expected: 'applies' },
  {
    name: 'load on top of a failing dependency',
    remedy: 'scale-up',
    given: { ...context('cpu-saturation'), diagnosis: diagnosis('dependency-failure', {}, [cause('cpu-saturation')]) },
    expected: 'upstream-cause',
  },
  {
    name: 'pods that find no node',
    remedy: 'scale-up',
    given: context('cpu-saturation', {
      found: { pods: [podEvidence('a', { unschedulable: '0/3 nodes are available' })] },
    }),
    expected: 'at-upper-bound',
  },
  {
    name: "at the policy's maximum",
    remedy: 'scale-up',
    given: context('cpu-saturation', { found: { state: stateEvidence({ desired: 10 }) } }),
    expected: 'at-upper-bound',
  },
  {
    name: 'scaled to zero on purpose',
    remedy: 'scale-up',
    given: context('cpu-saturation', { found: { state: stateEvidence({ desired: 0 }) } }),
    expected: 'at-lower-bound',
  },
  {
    name: 'a DaemonSet',
    remedy: 'scale-up',
    given: context('cpu-saturation', {
      location: { ...LOCATED, workload: { kind: 'DaemonSet', namespace: 'shop', name: 'cart' } },
    }),
    expected: 'wrong-kind',
  },
  {
    name: 'owned by Flux',
    remedy: 'scale-up',
    given: context('cpu-saturation', {
      found: { state: stateEvidence({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }) },
    }),
    expected: 'gitops-owned',
  },
  {
    name: 'more memory is not what more replicas give',
    remedy: 'scale-up',
    given: context('memory-limit-too-low'),
    expected: 'does-not-cure',
  },
  // scale-down
  {
    name: 'never in an incident',
    remedy: 'scale-down',
    given: context('cpu-saturation'),
    expected: 'incident-in-namespace',
  },
  // rollback
  { name: 'a bad rollout', remedy: 'rollback', given: context('crash-loop-after-rollout'), expected: 'applies' },
  {
    name: 'only one revision',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: { revisions: [revisionEvidence(1, { current: true, ageMinutes: 20 })] },
    }),
    expected: 'no-healthy-revision',
  },
  {
    name: 'the older revision was current for two minutes only',
    remedy: 'rollback',
    given: context('errors-after-rollout', { found: { revisions: revisions(20, { ageMinutes: 22 }) } }),
    expected: 'no-healthy-revision',
  },
  {
    name: 'short-lived, but it serves right now',
    remedy: 'rollback',
    given: context('errors-after-rollout', { found: { revisions: revisions(20, { ageMinutes: 22, ready: 2 }) } }),
    expected: 'applies',
  },
  {
    name: 'a newer revision than the current one is none to go back to',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: { revisions: [revisionEvidence(3, { ready: 1 }), revisionEvidence(2, { current: true, ageMinutes: 20 })] },
    }),
    expected: 'no-revision-history',
  },
  {
    name: 'the symptom is older than the revision',
    remedy: 'rollback',
    given: context('errors-after-rollout', { symptomSince: NOW - 30 * MINUTE }),
    expected: 'symptom-older-than-revision',
  },
  ...(['never-ready', 'image-pull-failure', 'configuration-error'] as const).map((found) => ({
    name: `${found}, and other pods of the current revision are ready`,
    remedy: 'rollback' as const,
    given: context(found, {
      found: {
        revisions: [
          revisionEvidence(2, { current: true, ageMinutes: 20, ready: 1 }),
          revisionEvidence(1, { ageMinutes: 2000 }),
        ],
      },
    }),
    expected: 'does-not-cure' as const,
  })),
  {
    name: 'never-ready, and no pod of the current revision is ready',
    remedy: 'rollback',
    given: context('never-ready', { found: { revisions: revisions(20) } }),
    expected: 'applies',
  },
  {
    name: 'the revision ran for days before',
    remedy: 'rollback',
    given: context('image-pull-failure', { found: { revisions: revisions(3000, { ageMinutes: 9000 }) } }),
    expected: 'does-not-cure',
  },
  {
    name: 'annotated no-rollback',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: { state: stateEvidence({ annotations: { 'autoheal.io/no-rollback': 'true' } }) },
    }),
    expected: 'no-rollback-annotation',
  },
  {
    name: 'annotated no-rollback with an empty value',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: { state: stateEvidence({ annotations: { 'autoheal.io/no-rollback': '' } }) },
    }),
    expected: 'no-rollback-annotation',
  },
  {
    name: 'annotated no-rollback=false',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: { state: stateEvidence({ annotations: { 'autoheal.io/no-rollback': 'false' } }) },
    }),
    expected: 'applies',
  },
  {
    name: 'tracked by Argo CD',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: {
        state: stateEvidence({ annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/cart' } }),
      },
    }),
    expected: 'gitops-owned',
  },
  {
    name: "managed by Flux's Helm controller",
    remedy: 'rollback',
    given: context('errors-after-rollout', { found: { state: stateEvidence({ managers: ['helm-controller'] }) } }),
    expected: 'gitops-owned',
  },
  {
    name: 'plain Helm is no GitOps',
    remedy: 'rollback',
    given: context('errors-after-rollout', {
      found: { state: stateEvidence({ labels: { 'app.kubernetes.io/managed-by': 'Helm' }, managers: ['helm'] }) },
    }),
    expected: 'applies',
  },
  {
    name: 'paused',
    remedy: 'rollback',
    given: context('errors-after-rollout', { found: { state: stateEvidence({ paused: true }) } }),
    expected: 'paused',
  },
  { name: 'a leak', remedy: 'rollback', given: context('memory-leak'), expected: 'does-not-cure' },
];

describe('whether a remedy applies', () => {
  test.each(cases)('$remedy: $name -> $expected', ({ remedy, given, expected }) => {
    expect(answerOf(remedy, given)).toBe(expected);
  });

  test.each<CauseName>([
    'unknown',
    'dependency-failure',
    'unschedulable',
    'volume-filling',
    'node-not-ready',
    'failed-job',
  ])('nothing cures %s', (name) => {
    expect(considerAll(context(name)).filter((each) => each.kind === 'applies')).toEqual([]);
  });

  test('the most confident of the causes that it cures is the one', () => {
    const given = {
      ...context('memory-leak'),
      diagnosis: diagnosis(cause('crash-loop', { confidence: 0.3 }), {}, [cause('memory-leak', { confidence: 0.8 })]),
    };

    const found = considerAll(given).find((each) => each.remedy === 'rollout-restart');

    expect(found).toMatchObject({ kind: 'applies', cures: 'memory-leak' });
  });
});

test('the rules of access hold no wildcard, and only what is allowed; deleted is what AutoHeal itself has made', () => {
  const rules = accessFor(['none', 'restart-pod']);

  expect(rules).toContainEqual({ apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] });
  const all = CATALOGUE.flatMap((remedy) => remedy.rbac);
  expect([...new Set(all.flatMap(({ verbs }) => verbs))].sort()).toEqual(['create', 'delete', 'get', 'list', 'patch']);
  const deleted = all.filter(({ verbs }) => verbs.includes('delete')).flatMap(({ resources }) => resources);
  expect(deleted).toEqual(['horizontalpodautoscalers', 'jobs']);
  expect(accessFor(['none'])).toEqual([]);
});
