import { describe, expect, test } from '@jest/globals';
import { autoscalerEvidence, budgetEvidence, eventEvidence } from '../../../../src/diagnose/evidence/surroundings.ts';
import type { CoreEvent, HorizontalPodAutoscaler, PodDisruptionBudget } from '../../../../src/domain/kubernetes.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' });
const web = { kind: 'Deployment', namespace: 'shop', name: 'web' };

describe('autoscalerEvidence', () => {
  const hpa = (
    name: string,
    kind: string,
    status: HorizontalPodAutoscaler['status'] = {},
  ): HorizontalPodAutoscaler => ({
    metadata: meta(`hpa-${name}`),
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name }, minReplicas: 2, maxReplicas: 4 },
    status,
  });

  test('is the one that targets the workload', () => {
    const status = {
      currentReplicas: 4,
      desiredReplicas: 4,
      conditions: [{ type: 'ScalingActive', status: 'True' }],
    };

    expect(
      autoscalerEvidence([hpa('web', 'StatefulSet'), hpa('db', 'Deployment'), hpa('web', 'Deployment', status)], web),
    ).toEqual({ name: 'hpa-web', min: 2, max: 4, current: 4, desired: 4, scalingActive: true });
  });

  test('without a metrics server it does not scale: ScalingActive is False and it desires 0', () => {
    const status = { currentReplicas: 2, desiredReplicas: 0, conditions: [{ type: 'ScalingActive', status: 'False' }] };

    expect(autoscalerEvidence([hpa('web', 'Deployment', status)], web)).toMatchObject({
      desired: 0,
      scalingActive: false,
    });
  });

  test('is nothing where none does', () => {
    expect(autoscalerEvidence([hpa('db', 'Deployment')], web)).toBeUndefined();
  });
});

describe('budgetEvidence', () => {
  const budget = (matchLabels: Record<string, string> | undefined, allowed?: number): PodDisruptionBudget => ({
    metadata: meta('pdb'),
    spec: matchLabels === undefined ? {} : { selector: { matchLabels } },
    ...(allowed === undefined ? {} : { status: { disruptionsAllowed: allowed } }),
  });
  const labels = [{ app: 'web', tier: 'front' }];

  test.each([
    { name: 'no budget', budgets: [], allowed: undefined },
    { name: 'none that selects the pods', budgets: [budget({ app: 'db' }, 0)], allowed: undefined },
    { name: 'one', budgets: [budget({ app: 'web' }, 1)], allowed: 1 },
    { name: 'the least of several', budgets: [budget({ app: 'web' }, 3), budget({ tier: 'front' }, 1)], allowed: 1 },
    { name: 'an empty selector selects all', budgets: [budget({}, 2)], allowed: 2 },
    { name: 'no selector selects none', budgets: [budget(undefined, 0)], allowed: undefined },
    { name: 'a budget without a status allows nothing', budgets: [budget({ app: 'web' })], allowed: 0 },
  ])('$name -> $allowed', ({ budgets, allowed }) => {
    expect(budgetEvidence(budgets, labels).disruptionsAllowed).toBe(allowed);
  });

  const full = { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 };
  const short = { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 };
  test.each([
    { name: 'as many healthy pods as it wants', policy: undefined, status: full, unreadyMayGo: true },
    { name: 'too few healthy pods', policy: 'IfHealthyBudget', status: short, unreadyMayGo: undefined },
    { name: 'too few, and it says that unready ones may go', policy: 'AlwaysAllow', status: short, unreadyMayGo: true },
    { name: 'a budget that wants none is not written yet', policy: undefined, status: {}, unreadyMayGo: undefined },
  ])('pods that are not ready: $name -> $unreadyMayGo', ({ policy, status, unreadyMayGo }) => {
    const given: PodDisruptionBudget = {
      metadata: meta('pdb'),
      spec: { selector: {}, ...(policy !== undefined && { unhealthyPodEvictionPolicy: policy }) },
      status,
    };

    expect(budgetEvidence([given], labels).unreadyMayGo).toBe(unreadyMayGo);
  });

  test('one budget that keeps unready pods keeps them', () => {
    const selector = {};
    const lets = { metadata: meta('a'), spec: { selector, unhealthyPodEvictionPolicy: 'AlwaysAllow' } };
    const keeps = { metadata: meta('b'), spec: { selector }, status: short };

    expect(budgetEvidence([lets, keeps], labels)).toEqual({ disruptionsAllowed: 0 });
  });
});

describe('eventEvidence', () => {
  const event = (name: string, times: Partial<CoreEvent>): CoreEvent => ({
    metadata: meta(name),
    type: 'Warning',
    reason: 'BackOff',
    message: name,
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
    ...times,
  });

  test('newest first by whatever time they carry, each once, as many as the limit', () => {
    const old = event('old', { lastTimestamp: '2026-11-21T02:00:00Z', count: 7 });
    const series = event('series', { lastTimestamp: null, eventTime: '2026-11-21T02:30:00.000000Z' });
    const first = event('first', { firstTimestamp: '2026-11-21T02:10:00Z' });
    const timeless = event('timeless', {});

    const events = eventEvidence([timeless, old, series, first, old], 3);

    expect(events.map(({ message, count }) => [message, count])).toEqual([
      ['series', 1],
      ['first', 1],
      ['old', 7],
    ]);
    expect(events[0]).toMatchObject({ object: 'Pod/web-1', lastSeen: Date.parse('2026-11-21T02:30:00Z') });
    expect(eventEvidence([timeless], 3)[0]).not.toHaveProperty('lastSeen');
  });
});
