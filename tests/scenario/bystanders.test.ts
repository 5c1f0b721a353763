import { describe, expect, test } from '@jest/globals';
import type { Incident } from '../../src/domain/incident.ts';
import type { ObjectStore } from '../../src/simulator/objects.ts';
import { lawfulStages, makeIll, untilEnded, untilPhase } from './lawful.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();
const scenario = worldOf(aService('checkout'), aService('autoheal'));

interface Place {
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
}

const CHECKOUT: Place = { resource: 'deployments', namespace: 'shop', name: 'checkout' };
const SHOP: Place = { resource: 'namespaces', name: 'shop' };

function annotate(objects: ObjectStore, { resource, namespace, name }: Place, mode: string): void {
  const stored = objects.get(resource, namespace, name);
  if (stored === undefined) throw new Error(`${resource} ${name} exists`);
  const annotations = { ...stored.metadata.annotations, 'autoheal.io/mode': mode };
  objects.update(resource, { ...stored, metadata: { ...stored.metadata, annotations } });
}

describe('what AutoHeal stands on is only reported', () => {
  test.each(['kube-state-metrics', 'alertmanager', 'prometheus'])('%s', async (service) => {
    const on = await open({ scenario });
    makeIll(on, 'bad-rollout-crash', service, { namespace: 'monitoring' });

    const end = await untilEnded(on, service);

    expect(end).toMatchObject({ outcome: 'refused', location: { notifyOnly: 'monitoring-plane' } });
    expect(end.because).toContain('protected: namespace monitoring is protected');
    expect(on.writes()).toEqual([]);
  });

  test('a monitoring that runs elsewhere', async () => {
    const on = await open({ scenario, config: { locate: { monitoringNamespaces: ['shop'] } } });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'refused', location: { notifyOnly: 'monitoring-plane' } });
    expect(on.writes()).toEqual([]);
  });

  test('AutoHeal itself, beside a neighbour that is healed', async () => {
    const workload = { kind: 'Deployment', namespace: 'shop', name: 'autoheal' };
    const on = await open({ scenario, config: { self: { workload } } });
    makeIll(on, 'bad-rollout-crash', 'autoheal');
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const [own, other] = [await untilEnded(on, 'autoheal'), await untilEnded(on, 'checkout')];

    expect(own).toMatchObject({ outcome: 'refused', because: expect.stringContaining('protected') });
    expect(other.outcome).toBe('healed');
    expect(on.writes().map((write) => write.path)).toEqual(['/apis/apps/v1/namespaces/shop/deployments/checkout']);
  });

  test('a node: the labels of the exporter that tells of it name no workload to act on', async () => {
    const on = await open({ scenario: worldOf(aService('checkout', { budget: { maxUnavailable: 0 } })) });
    makeIll(on, 'node-not-ready', 'node-1', { namespace: '' });

    const end = await untilEnded(on, 'node-1');

    expect(end).toMatchObject({ outcome: 'escalated', location: { workload: { kind: 'Node', name: 'node-1' } } });
    expect(on.writes()).toEqual([]);
  });
});

describe('who asks for more care is heard', () => {
  const moments: readonly { readonly name: string; readonly phase: Incident['phase']; readonly place: Place }[] = [
    { name: 'on the workload, between the decision and the intent', phase: 'decided', place: CHECKOUT },
    { name: 'on the workload, between the intent and the write', phase: 'intended', place: CHECKOUT },
    { name: 'on the namespace, between the intent and the write', phase: 'intended', place: SHOP },
  ];

  test.each(moments)('$name', async ({ phase, place }) => {
    const on = await open({
      scenario,
      onStep(_before, after, objects) {
        if (after.phase === phase) annotate(objects, place, 'off');
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'refused', because: expect.stringContaining('opted-out') });
    expect(on.writes()).toEqual([]);
  });

  test('a namespace that asks for approval gets it in mode auto', async () => {
    const on = await open({ scenario });
    annotate(on.objects, SHOP, 'approve');
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const asked = await untilPhase(on, 'awaiting-approval');
    await on.run(120);

    expect(asked).toMatchObject({ verdict: { kind: 'ask', candidate: { remedy: 'rollback' } } });
    expect(on.writes()).toEqual([]);
  });

  test('a silence is: somebody is at work there', async () => {
    const on = await open({
      scenario,
      alerts: (source) => ({
        current: async (fingerprints) =>
          (await source.current(fingerprints)).map((alert) => ({ ...alert, silencedBy: ['silence-1'] })),
      }),
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'refused', because: expect.stringContaining('silenced') });
    expect(on.writes()).toEqual([]);
  });

  test('an Alertmanager that does not answer is no leave to act', async () => {
    const on = await open({
      scenario,
      alerts: () => ({ current: () => Promise.reject(new Error('connection refused')) }),
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'refused', because: expect.stringContaining('guard-failed') });
    expect(on.writes()).toEqual([]);
  });
});
