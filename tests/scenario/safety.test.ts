import { describe, expect, test } from '@jest/globals';
import { AutoHealError } from '../../src/domain/errors.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { endedOf, lawfulStages, makeIll, untilEnded } from './lawful.ts';
import type { Stage, StageOptions } from './stage.ts';

const open = lawfulStages();

describe('an illness that AutoHeal may heal', () => {
  test('is healed by one write, rehearsed first with the same body and marked with its action id', async () => {
    const on = await open();
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'healed', attempts: [{ intent: { remedy: 'rollback' } }] });
    expect(on.writes()).toHaveLength(1);
    const [write] = on.writes();
    expect(write?.actionId).toBe(`${end.id}/1`);
    expect(on.asked()).toContainEqual(expect.objectContaining({ dryRun: true, path: write?.path, body: write?.body }));
  });

  test('is healed once, however many Alertmanagers tell of it', async () => {
    const on = await open({ copies: 4 });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    await untilEnded(on, 'checkout');
    await on.run(300);

    expect(on.writes()).toHaveLength(1);
    expect(await endedOf(on, 'checkout')).toHaveLength(1);
  });

  test('is healed although somebody changes the object between the rehearsal and the write', async () => {
    let edits = 0;
    const on = await open({
      wrap: (objects) => (handle) => (request) => {
        const answer = handle(request);
        if (request.method === 'PATCH' && request.path.includes('dryRun=All') && edits === 0) {
          edits += 1;
          const stored = objects.get('deployments', 'shop', 'checkout');
          if (stored !== undefined) {
            const annotations = { ...stored.metadata.annotations, 'example.com/edited-by': 'ann' };
            objects.update('deployments', { ...stored, metadata: { ...stored.metadata, annotations } });
          }
        }
        return answer;
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(edits).toBe(1);
    expect(end).toMatchObject({ outcome: 'healed', rung: 2 });
    expect(end.attempts[0]?.result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(on.writes()).toHaveLength(1);
    expect(on.objects.get('deployments', 'shop', 'checkout')?.metadata.annotations).toMatchObject({
      'example.com/edited-by': 'ann',
    });
  });
});

describe('nothing is written', () => {
  function annotate(on: Stage, resource: string, namespace: string | undefined, name: string, mode: string): void {
    const stored = on.objects.get(resource, namespace, name);
    if (stored === undefined) throw new Error(`${resource} ${name} exists`);
    const annotations = { ...stored.metadata.annotations, 'autoheal.io/mode': mode };
    on.objects.update(resource, { ...stored, metadata: { ...stored.metadata, annotations } });
  }

  interface Case {
    readonly name: string;
    readonly options?: StageOptions;
    readonly prepare?: (on: Stage) => void;
    readonly service?: string;
    readonly namespace?: string;
    readonly end: object;
  }

  const cases: readonly Case[] = [
    {
      name: 'in mode observe; what would have been done is told',
      options: { policy: { mode: 'observe' } },
      end: { outcome: 'observed', verdict: { kind: 'observe', candidate: { remedy: 'rollback' } } },
    },
    {
      name: 'to a workload that is opted out',
      prepare: (on) => annotate(on, 'deployments', 'shop', 'checkout', 'off'),
      end: { outcome: 'refused', because: expect.stringContaining('opted-out') },
    },
    {
      name: 'in a namespace that is opted out',
      prepare: (on) => annotate(on, 'namespaces', undefined, 'shop', 'off'),
      end: { outcome: 'refused', because: expect.stringContaining('opted-out') },
    },
    {
      name: 'to a workload that the policy protects',
      options: { policy: { protectedWorkloads: ['Deployment/shop/check*'] } },
      end: { outcome: 'refused', because: expect.stringContaining('protected') },
    },
    {
      name: 'in the namespace that AutoHeal runs in',
      options: { config: { self: { namespace: 'shop' } } },
      end: { outcome: 'refused', because: expect.stringContaining('protected') },
    },
    {
      name: 'in kube-system',
      service: 'coredns',
      namespace: 'kube-system',
      end: { outcome: 'refused', because: expect.stringContaining('protected') },
    },
    {
      name: 'to the monitoring',
      service: 'kube-state-metrics',
      namespace: 'monitoring',
      end: { outcome: expect.stringMatching(/refused|escalated/) },
    },
    {
      name: 'by a remedy that the policy does not allow',
      options: { policy: { remedies: ['none', 'restart-pod'] } },
      end: { outcome: 'refused' },
    },
  ];

  test.each(cases)('$name', async ({ options, prepare, service = 'checkout', namespace = 'shop', end }) => {
    const on = await open(options);
    prepare?.(on);
    makeIll(on, 'bad-rollout-crash', service, { namespace });

    const ended = await untilEnded(on, service);

    expect(ended).toMatchObject(end);
    expect(on.writes()).toEqual([]);
  });

  test('when the cluster does not answer the lists that the evidence needs', async () => {
    const on = await open({
      wrap: () => (handle) => (request) =>
        request.method === 'GET' && /\/(pods|replicasets)(\?|$)/.test(request.path)
          ? { status: 500, body: { kind: 'Status', status: 'Failure', message: 'etcd is slow', code: 500 } }
          : handle(request),
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    await on.run(400);

    expect(on.writes()).toEqual([]);
    expect((await on.incidents()).filter((each) => each.phase === 'closed' && each.outcome === 'healed')).toEqual([]);
  });

  test('for want of signals that the cause needs', async () => {
    const on = await open({
      metrics: () => ({
        signals: async () => {
          throw new AutoHealError('PORT_TIMEOUT', 'Prometheus did not answer within 800 ms');
        },
      }),
    });
    makeIll(on, 'overload', 'cart');

    await on.run(900);

    expect(on.writes()).toEqual([]);
  });

  test('by rolling back or restarting when something outside is ill', async () => {
    const on = await open();
    makeIll(on, 'dependency-outage', 'payment');

    await on.run(1500);

    expect((await on.incidents()).length).toBeGreaterThan(0);
    expect(on.writes()).toEqual([]);
  });
});

describe('limits', () => {
  test('a storm is answered with as many writes as the hour allows, and no more', async () => {
    const on = await open({ policy: { maxActionsPerHour: 3 } });
    for (const service of ['catalog', 'cart', 'checkout', 'payment', 'shipping', 'recommendation']) {
      makeIll(on, 'bad-rollout-crash', service);
    }

    await on.run(900);

    expect(on.writes()).toHaveLength(3);
    const outcomes = (await on.incidents()).map((each) => (each.phase === 'closed' ? each.because : each.phase));
    expect(outcomes.filter((each) => each.includes('budget-spent')).length).toBeGreaterThanOrEqual(3);
  });

  test('what comes back after every heal ends with people, not in a loop', async () => {
    const on = await open({ policy: { maxActionsPerWorkloadPerDay: 2 } });

    for (let round = 0; round < 4; round += 1) {
      makeIll(on, 'bad-rollout-crash', 'checkout');
      await on.run(1200);
    }

    expect(on.writes().length).toBeLessThanOrEqual(2);
    const last = (await endedOf(on, 'checkout')).at(-1);
    expect(last?.outcome).not.toBe('healed');
  });
});

describe('approval', () => {
  async function asked(on: Stage): Promise<Incident> {
    await on.until('a person is asked', 300, async () =>
      (await on.incidents()).some((each) => each.phase === 'awaiting-approval'),
    );
    const found = (await on.incidents()).find((each) => each.phase === 'awaiting-approval');
    if (found === undefined) throw new Error('somebody was asked');
    return found;
  }

  test('nothing happens without it; with it the remedy is done once, and it is used up', async () => {
    const on = await open({ policy: { mode: 'approve' } });
    makeIll(on, 'bad-rollout-crash', 'checkout');
    const { id } = await asked(on);
    await on.run(120);
    const before = on.writes().length;

    const approval = { decision: 'approve', by: 'ann', at: 1 } as const;
    const first = await on.app.store.approve({ incident: id, approval });
    const second = await on.app.store.approve({ incident: id, approval });
    const end = await untilEnded(on, 'checkout');

    expect([before, first, second]).toEqual([0, true, false]);
    expect(end).toMatchObject({ id, outcome: 'healed' });
    expect(on.writes()).toHaveLength(1);
  });

  test('nobody answers: it expires, and nothing is written', async () => {
    const on = await open({ policy: { mode: 'approve', approvalTtlSeconds: 60 } });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end.outcome).toBe('expired');
    expect(on.writes()).toEqual([]);
  });

  test('the illness is over before anybody answers: cancelled', async () => {
    const on = await open({ policy: { mode: 'approve' } });
    makeIll(on, 'bad-rollout-crash', 'checkout');
    await asked(on);

    on.world.clear('bad-rollout-crash-checkout');
    const deployment = on.objects.get('deployments', 'shop', 'checkout');
    const healthy = on.objects
      .list('replicasets', { namespace: 'shop' })
      .find((set) => set.metadata.name.startsWith('checkout-') && Number(set.status?.['readyReplicas'] ?? 0) > 0);
    if (deployment === undefined || healthy === undefined) throw new Error('both exist');
    on.objects.update('deployments', {
      ...deployment,
      spec: { ...deployment.spec, template: healthy.spec?.['template'] },
    });
    const end = await untilEnded(on, 'checkout');

    expect(end.outcome).toBe('cancelled');
    expect(on.writes()).toEqual([]);
  });
});

describe('verification', () => {
  test('signals that disappear after the action leave it unknown, never healed', async () => {
    let acted = false;
    const on = await open({
      metrics: (world) => ({
        signals: async ({ workload, pods }) => (acted ? {} : world.signals(workload, pods)),
      }),
    });
    makeIll(on, 'memory-leak', 'recommendation');
    await on.until('the leak is acted on', 900, async () => on.writes().length > 0);
    acted = true;

    const end = await untilEnded(on, 'recommendation');

    expect(end.outcome).toBe('unknown');
    expect(on.writes()).toHaveLength(1);
  });
});
