import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import type { Alert } from '../../src/domain/alert.ts';
import { AutoHealError } from '../../src/domain/errors.ts';
import type { IncidentId } from '../../src/domain/incident.ts';
import type { HealDeps } from '../../src/heal.ts';
import type { Store } from '../../src/ports/store.ts';
import { drain, healOnce, startWorker, type WorkerDeps } from '../../src/worker.ts';
import { ACT, aCandidate, aDiagnosis, anAlert, anIntent, aPolicy, CART, NIGHT } from '../builders/journey.ts';
import { makeLogSink } from '../fakes/log-sink.ts';
import { makeVirtualClock, type VirtualClock } from '../fakes/virtual-clock.ts';

let store: Store;
let clock: VirtualClock;

beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  clock = makeVirtualClock(NIGHT);
});
afterEach(async () => {
  await store.close();
});

const SILENT: WorkerDeps['telemetry'] = {
  webhook: () => undefined,
  step: () => undefined,
  closed: () => undefined,
  action: () => undefined,
  restored: () => undefined,
  refusal: () => undefined,
  notification: () => undefined,
  storeCommit: () => undefined,
  queue: () => undefined,
};

/** A worker whose journeys go well; each delivery opens the incident of its name with one firing alert. */
function deps(heal: Partial<HealDeps> = {}, alerts: readonly Alert[] = [anAlert()]): WorkerDeps {
  const healthy: HealDeps = {
    locate: async () => CART,
    diagnose: async () => aDiagnosis(),
    score: () => [aCandidate()],
    decide: async () => ACT,
    plan: async (incident) => ({ kind: 'planned', intent: anIntent({ actionId: `${incident.id}/1` as never }) }),
    mayStillAct: async () => undefined,
    execute: async () => ({ kind: 'done', at: clock.now(), detail: '' }),
    readBack: async (_intent, refusal) => ({ kind: 'refused', at: clock.now(), refusal }),
    mayTakeBack: async () => undefined,
    takeBack: async () => ({ kind: 'undone', detail: 'as before' }),
    verify: async () => ({ verdict: 'recovered', reasons: ['ready'], at: clock.now() }),
    judge: ({ check }) => ({ kind: 'recovered', verification: check }),
    openIncidentOf: (workload) => store.openIncidentOf(workload),
    historyOf: async () => [],
    approvalOf: (incident, rung) => store.approvalOf(incident, rung),
    policy: aPolicy(),
    now: () => clock.now(),
    ...heal,
  };
  return {
    store,
    heal: healthy,
    group: async (delivery) => ({
      delivery: delivery.id,
      at: clock.now(),
      grouped: alerts.map((alert) => ({ kind: 'open', incident: delivery.id as IncidentId, alert })), // Tests choose ids.
      rejected: [],
    }),
    channelsFor: () => [],
    deliverOne: async () => false,
    clock,
    telemetry: SILENT,
    log: makeLogSink().log,
    settings: { concurrency: 4, leaseMs: 60_000, idleMs: 5000, maxFailures: 3 },
  };
}

async function deliver(...ids: string[]): Promise<void> {
  await store.appendDeliveries(ids.map((id) => ({ id, receivedAt: NIGHT, body: '{}' })));
}

async function stored(id: string) {
  return store.incident(id as IncidentId); // Ids are branded strings; tests choose them.
}

describe('the worker', () => {
  test('takes a delivery all the way to a verified recovery', async () => {
    await deliver('inc-1');
    const work = deps();

    await drain(work);
    await clock.advance(60_000);
    await drain(work);

    expect(await stored('inc-1')).toMatchObject({ phase: 'closed', outcome: 'healed' });
  });

  test('a step that fails is tried again later, and moves on when it succeeds', async () => {
    await deliver('inc-1');
    let fails = 2;
    const work = deps({
      diagnose: async () => {
        fails -= 1;
        if (fails >= 0) throw new AutoHealError('PORT_TIMEOUT', 'no answer');
        return aDiagnosis();
      },
    });

    await drain(work);
    const afterFirst = await stored('inc-1');
    await clock.advance(10_000);
    await drain(work);
    await clock.advance(10_000);
    await drain(work);

    expect(afterFirst).toMatchObject({ phase: 'located', failures: 1 });
    expect((await stored('inc-1'))?.phase).toBe('verifying');
  });

  test('a step that keeps failing calls people', async () => {
    await deliver('inc-1');
    const work = deps({
      diagnose: async () => {
        throw new AutoHealError('PORT_TIMEOUT', 'no answer');
      },
    });

    for (let tries = 0; tries < 5; tries += 1) {
      await drain(work);
      await clock.advance(60_000);
    }

    expect(await stored('inc-1')).toMatchObject({
      phase: 'closed',
      outcome: 'escalated',
      because: expect.stringContaining('PORT_TIMEOUT'),
    });
  });

  test('a broken invariant ends the incident at once, not the process', async () => {
    await deliver('inc-1');

    await drain(
      deps({
        score: () => {
          throw new Error('cannot happen');
        },
      }),
    );

    expect(await stored('inc-1')).toMatchObject({ outcome: 'escalated', because: expect.stringContaining('BUG') });
  });

  test('two incidents of one workload become one', async () => {
    await deliver('inc-1');
    await drain(deps());
    await deliver('inc-2');

    await drain(deps({}, [anAlert({ fingerprint: 'b'.repeat(16) })]));

    expect(await stored('inc-2')).toMatchObject({ outcome: 'merged', mergedInto: 'inc-1' });
    expect((await stored('inc-1'))?.alerts).toHaveLength(2);
  });

  test('a budget that is spent refuses, with the reason', async () => {
    await deliver('inc-1');
    await drain(deps({ policy: aPolicy({ cooldownSeconds: 600 }) }));
    await clock.advance(60_000);
    await drain(deps());
    await deliver('inc-2');

    await drain(deps({}, [anAlert({ fingerprint: 'b'.repeat(16) })]));

    expect(await stored('inc-2')).toMatchObject({ outcome: 'refused', because: expect.stringContaining('cooldown') });
  });

  test('alerts that resolve between the decision and the intent cancel the action', async () => {
    await deliver('inc-1');
    const work = deps({
      plan: async () => {
        const alert = anAlert({ status: 'resolved', endsAt: NIGHT });
        await store.appendDeliveries([{ id: 'd2', receivedAt: NIGHT, body: '{}' }]);
        await store.commitGrouping({
          delivery: 'd2',
          at: NIGHT,
          grouped: [{ kind: 'join', incident: 'inc-1' as IncidentId, alert }], // Tests choose ids.
          rejected: [],
        });
        return { kind: 'planned', intent: anIntent() };
      },
      execute: async () => {
        throw new Error('nothing may be written');
      },
    });

    await drain(work);

    expect(await stored('inc-1')).toMatchObject({ outcome: 'cancelled' });
  });

  test('nothing to do is nothing done', async () => {
    expect(await healOnce(deps())).toBe(false);
  });
});

describe('startWorker', () => {
  test('sleeps until it is woken, works, and stops', async () => {
    const worker = startWorker(deps());
    await clock.advance(0);
    await deliver('inc-1');
    worker.wake();
    await clock.advance(100);
    const before = await stored('inc-1');

    await clock.advance(60_000);
    const stopped = worker.stop(1000);
    await clock.advance(2000);
    await stopped;

    expect(before?.phase).toBe('verifying');
    expect(await stored('inc-1')).toMatchObject({ phase: 'closed', outcome: 'healed' });
  });
});
