import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Alert } from '../../src/domain/alert.ts';
import type { AwaitingApproval, Closed, Incident, IncidentId, Restore } from '../../src/domain/incident.ts';
import { actionId } from '../../src/domain/remedy.ts';
import { workloadKey } from '../../src/domain/workload.ts';
import type { ActionLimits, ClaimedIncident, CommitAnswer, Grouped, StepCommit, Store } from '../../src/ports/store.ts';
import { aCandidate, ACT, anAlert, anIntent, CART, decided, intended, located, NIGHT } from '../builders/journey.ts';

const LEASE_MS = 30_000;
const CART_KEY = workloadKey(CART.workload);
const GENEROUS: ActionLimits = { perHour: 100, perWorkloadPerDay: 100, cooldownMs: 0 };

function id(text: string): IncidentId {
  return text as IncidentId; // Ids are branded strings; tests choose them.
}

function alert(fingerprint: string, overrides: Partial<Alert> = {}): Alert {
  return anAlert({ fingerprint, ...overrides });
}

/** What every store must do. `open` gives a fresh and empty one for each test. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    let deliveries: number;

    beforeEach(async () => {
      store = await open();
      deliveries = 0;
    });
    afterEach(() => store.close());

    /** Journals a delivery and commits its grouping. */
    async function grouped(entries: readonly Grouped[], at = NIGHT): Promise<void> {
      deliveries += 1;
      const delivery = `delivery-${deliveries}`;
      await store.appendDeliveries([{ id: delivery, receivedAt: at, body: '{}' }]);
      await store.commitGrouping({ delivery, at, grouped: entries, rejected: [] });
    }

    async function opened(incident: string, fingerprint = `f-${incident}`, at = NIGHT): Promise<IncidentId> {
      await grouped([{ kind: 'open', incident: id(incident), alert: alert(fingerprint) }], at);
      return id(incident);
    }

    async function claim(incident: IncidentId, now = NIGHT): Promise<ClaimedIncident> {
      const due = await store.claimDue({ now, limit: 100, leaseMs: LEASE_MS });
      const found = due.find((each) => each.incident.id === incident);
      if (found === undefined) throw new Error(`${incident} is not due`);
      return found;
    }

    function commit(claimed: ClaimedIncident, after: Incident, more: Partial<StepCommit> = {}): Promise<CommitAnswer> {
      const { id: incident, openedAt, alerts } = claimed.incident;
      return store.commitStep({
        claimed,
        after: { ...after, id: incident, openedAt, alerts },
        dueAt: after.updatedAt,
        notify: [],
        ...more,
      });
    }

    function closed(overrides: Partial<Closed> = {}): Closed {
      const { location: _, ...base } = located();
      return {
        ...base,
        phase: 'closed',
        outcome: 'healed',
        because: 'tests say so',
        closedAt: NIGHT,
        ...overrides,
      };
    }

    /** Brings an incident into a phase, and gives it back to nobody. */
    async function brought(incident: IncidentId, after: Incident, more: Partial<StepCommit> = {}): Promise<void> {
      const answer = await commit(await claim(incident, after.updatedAt), after, more);
      expect(answer.kind).toBe('committed');
    }

    describe('deliveries', () => {
      test('come back in order, byte for byte, each held for the length of its lease', async () => {
        const bodies = ['{"a":"\\u0000 \u{1f600}"}', ' [1,\n2 ]\t', 'not even JSON'];
        await store.appendDeliveries(bodies.map((body, n) => ({ id: `d${n}`, receivedAt: NIGHT + n, body })));

        const request = { now: NIGHT + 10, leaseMs: LEASE_MS };
        const claimed = [await store.claimDelivery(request), await store.claimDelivery(request)];
        const third = await store.claimDelivery(request);
        const none = await store.claimDelivery(request);
        const again = await store.claimDelivery({ now: NIGHT + 10 + LEASE_MS, leaseMs: LEASE_MS });

        expect([...claimed, third].map((each) => each?.body)).toEqual(bodies);
        expect(claimed[1]).toEqual({ id: 'd1', receivedAt: NIGHT + 1, body: bodies[1] });
        expect(none).toBeUndefined();
        expect(again?.id).toBe('d0');
      });

      test('an id that is there already is not journalled again, in the same call or a later one', async () => {
        const delivery = { id: 'd', receivedAt: NIGHT, body: 'first' };

        await store.appendDeliveries([delivery, { ...delivery, body: 'twice' }]);
        await store.appendDeliveries([
          { ...delivery, body: 'later' },
          { ...delivery, id: 'e' },
        ]);

        expect((await store.verifyChain()).events).toBe(2);
        expect((await store.claimDelivery({ now: NIGHT, leaseMs: 1 }))?.body).toBe('first');
        expect((await store.queues(NIGHT)).deliveries).toBe(2);
      });

      test('of many at once, only the new ones are journalled, in their order', async () => {
        const all = Array.from({ length: 600 }, (_, n) => ({ id: `d${n}`, receivedAt: NIGHT, body: `${n}` }));

        await store.appendDeliveries(all.filter((_, n) => n % 3 === 0));
        await store.appendDeliveries(all);

        const order = [...all.filter((_, n) => n % 3 === 0), ...all.filter((_, n) => n % 3 !== 0)];
        const claimed: (string | undefined)[] = [];
        while (claimed.length < order.length) {
          claimed.push((await store.claimDelivery({ now: NIGHT, leaseMs: 1 }))?.body);
        }
        expect(claimed).toEqual(order.map(({ body }) => body));
        expect(await store.verifyChain()).toMatchObject({ events: 600, problems: [] });
      });

      test('no deliveries write no event', async () => {
        await store.appendDeliveries([]);

        expect((await store.verifyChain()).events).toBe(0);
      });

      test('one that is grouped is not claimed any more', async () => {
        await opened('inc-1');

        expect(await store.claimDelivery({ now: NIGHT + 1e9, leaseMs: 1 })).toBeUndefined();
        expect((await store.queues(NIGHT)).deliveries).toBe(0);
      });
    });

    describe('grouping', () => {
      test('opens an incident in phase received, due now, with all its alerts', async () => {
        await grouped([
          { kind: 'open', incident: id('inc-1'), alert: alert('a') },
          { kind: 'open', incident: id('inc-1'), alert: alert('b') },
          { kind: 'join', incident: id('inc-1'), alert: alert('c') },
        ]);

        const { incident, version } = await claim(id('inc-1'));

        expect(incident).toEqual({
          id: 'inc-1',
          phase: 'received',
          openedAt: NIGHT,
          updatedAt: NIGHT,
          alerts: [alert('a'), alert('b'), alert('c')],
          rung: 1,
          attempts: [],
          failures: 0,
        });
        expect(version).toBeGreaterThan(0);
      });

      test('is idempotent by delivery', async () => {
        await opened('inc-1');
        const before = await store.verifyChain();

        await store.commitGrouping({
          delivery: 'delivery-1',
          at: NIGHT + 5,
          grouped: [{ kind: 'open', incident: id('inc-2'), alert: alert('z') }],
          rejected: [],
        });

        expect(await store.verifyChain()).toEqual(before);
        expect(await store.incident(id('inc-2'))).toBeUndefined();
      });

      test('a delivery that was never journalled is refused', async () => {
        const grouping = { delivery: 'nobody', at: NIGHT, grouped: [], rejected: [] };

        await expect(store.commitGrouping(grouping)).rejects.toMatchObject({ code: 'BUG' });
      });

      test.each([
        { name: 'a new fingerprint', alert: alert('b'), wakes: true },
        { name: 'a resolved alert', alert: alert('f-inc-1', { status: 'resolved', endsAt: NIGHT }), wakes: true },
        { name: 'a repeat', alert: alert('f-inc-1'), wakes: false },
        { name: 'another annotation', alert: alert('f-inc-1', { annotations: { summary: 'new' } }), wakes: false },
        { name: 'an earlier start', alert: alert('f-inc-1', { startsAt: NIGHT - 90_000 }), wakes: false },
      ])('$name joins the incident; woken: $wakes', async ({ alert: joining, wakes }) => {
        const incident = await opened('inc-1');
        await brought(incident, located(), { dueAt: NIGHT + 60_000 });

        await grouped([{ kind: 'join', incident, alert: joining }], NIGHT + 1000);

        const due = await store.claimDue({ now: NIGHT + 1000, limit: 1, leaseMs: 1 });
        expect(due).toHaveLength(wakes ? 1 : 0);
        expect((await store.incident(incident))?.alerts).toContainEqual(joining);
      });

      test('keeps the earliest start of an episode, and the start of the next one', async () => {
        const incident = await opened('inc-1', 'a');

        await grouped([
          { kind: 'join', incident, alert: alert('a', { startsAt: NIGHT - 10, annotations: { n: '2' } }) },
        ]);
        const earliest = (await store.incident(incident))?.alerts[0];
        await grouped([{ kind: 'join', incident, alert: alert('a', { status: 'resolved' }) }]);
        await grouped([{ kind: 'join', incident, alert: alert('a', { startsAt: NIGHT + 7 }) }]);
        const next = (await store.incident(incident))?.alerts[0];

        expect(earliest).toMatchObject({ startsAt: NIGHT - 60_000, annotations: { n: '2' } });
        expect(next?.startsAt).toBe(NIGHT + 7);
      });

      test('an alert that an open incident holds goes there, whatever the grouping says', async () => {
        const first = await opened('inc-1', 'a');

        await grouped([{ kind: 'open', incident: id('inc-2'), alert: alert('a', { status: 'resolved' }) }]);

        expect(await store.incident(id('inc-2'))).toBeUndefined();
        expect((await store.incident(first))?.alerts[0]?.status).toBe('resolved');
      });

      test('joining an incident that closed meanwhile writes nothing and gives the delivery back', async () => {
        const incident = await opened('inc-1', 'a');
        await brought(incident, closed());
        const delivery = { id: 'late', receivedAt: NIGHT, body: '{}' };
        await store.appendDeliveries([delivery]);
        await store.claimDelivery({ now: NIGHT, leaseMs: LEASE_MS });
        const before = await store.verifyChain();

        const commitLate = store.commitGrouping({
          delivery: 'late',
          at: NIGHT,
          grouped: [
            { kind: 'open', incident: id('inc-2'), alert: alert('y') },
            { kind: 'join', incident, alert: alert('z') },
          ],
          rejected: [],
        });

        await expect(commitLate).rejects.toMatchObject({ code: 'NOT_READY', retryable: true });
        expect(await store.verifyChain()).toEqual(before);
        expect(await store.claimDelivery({ now: NIGHT, leaseMs: 1 })).toEqual(delivery);
      });

      test('20,000 alerts are one commit', async () => {
        const many = Array.from({ length: 20_000 }, (_, n) => alert(`many-${n}`));

        await grouped(many.map((each, n) => ({ kind: 'open', incident: id(`inc-${n >> 2}`), alert: each })));

        const episodes = await store.episodes(many.map(({ fingerprint }) => fingerprint));
        expect(episodes.size).toBe(20_000);
        expect(episodes.get('many-19999')?.open).toBe('inc-4999');
        expect((await store.queues(NIGHT)).open.received).toBe(5_000);
      });

      test('what was ignored and rejected is journalled with the delivery', async () => {
        await store.appendDeliveries([{ id: 'd', receivedAt: NIGHT, body: '{}' }]);

        const ignore = { kind: 'ignore', alert: alert('a'), because: 'repeat' } as const;
        await store.commitGrouping({
          delivery: 'd',
          at: NIGHT,
          grouped: [ignore],
          rejected: [{ index: 3, reason: 'r' }],
        });

        expect((await store.verifyChain()).events).toBe(2);
        expect(await store.episodes(['a'])).toEqual(new Map());
      });
    });

    describe('episodes', () => {
      test('a fingerprint that was never seen is not there', async () => {
        expect(await store.episodes(['a', 'a'])).toEqual(new Map());
      });

      test('tell the open incident and the last closed one', async () => {
        await brought(await opened('inc-1', 'a'), closed({ outcome: 'refused', closedAt: NIGHT }));
        await brought(await opened('inc-2', 'a', NIGHT + 1), closed({ updatedAt: NIGHT + 2, closedAt: NIGHT + 2 }));
        await opened('inc-3', 'a', NIGHT + 3);

        expect((await store.episodes(['a'])).get('a')).toEqual({
          open: 'inc-3',
          lastClosed: { incident: 'inc-2', outcome: 'healed', closedAt: NIGHT + 2, resolved: false },
        });
      });

      test('know an alert that resolved in its incident', async () => {
        const incident = await opened('inc-1', 'a');
        await grouped([{ kind: 'join', incident, alert: alert('a', { status: 'resolved' }) }]);
        await brought(incident, closed());

        expect((await store.episodes(['a'])).get('a')?.lastClosed?.resolved).toBe(true);
      });

      test('know an alert that resolved after its incident closed', async () => {
        await brought(await opened('inc-1', 'a'), closed());
        const firing: Grouped = { kind: 'ignore', alert: alert('a'), because: 'repeat' };
        const resolved: Grouped = { ...firing, alert: alert('a', { status: 'resolved' }) };

        await grouped([firing]);
        const before = (await store.episodes(['a'])).get('a')?.lastClosed?.resolved;
        await grouped([resolved]);

        expect(before).toBe(false);
        expect((await store.episodes(['a'])).get('a')).toMatchObject({ lastClosed: { resolved: true } });
      });
    });

    describe('claiming', () => {
      test('hands out what is due, earliest first, up to the limit, with a lease', async () => {
        await opened('inc-b', 'b', NIGHT + 2);
        await opened('inc-a', 'a', NIGHT + 1);
        await opened('inc-c', 'c', NIGHT + 9);

        const request = { now: NIGHT + 5, limit: 2, leaseMs: LEASE_MS };
        const first = await store.claimDue({ ...request, limit: 1 });
        const second = await store.claimDue(request);
        const held = await store.claimDue(request);
        const expired = await store.claimDue({ ...request, now: NIGHT + 5 + LEASE_MS, limit: 9 });

        expect(first.map(({ incident }) => incident.id)).toEqual(['inc-a']);
        expect(second.map(({ incident }) => incident.id)).toEqual(['inc-b']);
        expect(held).toEqual([]);
        expect(expired.map(({ incident }) => incident.id)).toEqual(['inc-a', 'inc-b', 'inc-c']);
      });

      test('a closed incident is never due', async () => {
        await brought(await opened('inc-1'), closed());

        expect(await store.claimDue({ now: NIGHT + 1e12, limit: 9, leaseMs: 1 })).toEqual([]);
      });

      test('a release counts a failure, makes the step due later and is told in the history', async () => {
        const claimed = await claim(await opened('inc-1'));

        await store.release({ claimed, dueAt: NIGHT + 1000, because: 'PORT_TIMEOUT: too slow' });

        expect(await store.claimDue({ now: NIGHT + 999, limit: 1, leaseMs: 1 })).toEqual([]);
        const again = await claim(id('inc-1'), NIGHT + 1000);
        expect(again.incident.failures).toBe(1);
        expect(again.version).toBeGreaterThan(claimed.version);
        expect((await store.history(id('inc-1'))).at(-1)).toMatchObject({
          kind: 'step-failed',
          body: { phase: 'received', because: 'PORT_TIMEOUT: too slow' },
        });
      });

      test('a release of what somebody else moved on changes nothing', async () => {
        const claimed = await claim(await opened('inc-1'));
        await commit(claimed, located());
        const before = await store.verifyChain();

        await store.release({ claimed, dueAt: NIGHT + 1e9, because: 'late' });

        expect(await store.verifyChain()).toEqual(before);
        expect((await claim(id('inc-1'))).incident.failures).toBe(0);
      });
    });

    describe('committing a step', () => {
      test('moves the incident on and lets go of it', async () => {
        const claimed = await claim(await opened('inc-1'));

        const answer = await commit(claimed, located({ updatedAt: NIGHT + 5 }), { dueAt: NIGHT + 10 });

        expect(answer).toEqual({ kind: 'committed', version: claimed.version + 1 });
        expect(await store.claimDue({ now: NIGHT + 9, limit: 1, leaseMs: 1 })).toEqual([]);
        const next = await claim(id('inc-1'), NIGHT + 10);
        expect(next.incident).toEqual({
          ...located({ updatedAt: NIGHT + 5 }),
          id: 'inc-1',
          alerts: [alert('f-inc-1')],
        });
        expect(await store.incident(id('inc-1'))).toEqual(next.incident);
      });

      test('the journal says what the step found, and nothing twice', async () => {
        const incident = await opened('inc-1');
        await brought(incident, located());
        await brought(incident, decided(ACT, { updatedAt: NIGHT + 3 }));

        const history = await store.history(incident);

        expect(history.map(({ kind }) => kind)).toEqual(['opened', 'step', 'step']);
        expect(history[1]?.body).toEqual({ phase: 'located', location: CART });
        expect(history[2]?.body).toMatchObject({ phase: 'decided', verdict: ACT, updatedAt: NIGHT + 3 });
        expect(history[2]?.body).not.toHaveProperty('location');
      });

      test('against another version is stale and writes nothing', async () => {
        const claimed = await claim(await opened('inc-1'));
        await commit(claimed, located());
        const before = await store.verifyChain();

        const answer = await commit(claimed, closed());

        expect(answer).toEqual({ kind: 'stale' });
        expect(await store.verifyChain()).toEqual(before);
        expect((await store.incident(id('inc-1')))?.phase).toBe('located');
      });

      test('of an incident that does not exist is stale', async () => {
        const claimed = { incident: located({ id: id('inc-none') }), version: 1 };

        expect(await commit(claimed, located())).toEqual({ kind: 'stale' });
      });

      test('what wakes the incident meanwhile makes the next step due at once', async () => {
        const incident = await opened('inc-1');
        const claimed = await claim(incident);
        await grouped([{ kind: 'join', incident, alert: alert('b') }], NIGHT + 1);

        await commit(claimed, located({ updatedAt: NIGHT + 2 }), { dueAt: NIGHT + 1e6 });

        expect((await claim(incident, NIGHT + 2)).incident.alerts).toHaveLength(2);
      });

      test('a step that would close over an alert it never saw is stale, and due again at once', async () => {
        const incident = await opened('inc-1', 'a');
        await brought(incident, located(), { dueAt: NIGHT });
        const claimed = await claim(incident);
        await grouped([{ kind: 'join', incident, alert: alert('b') }], NIGHT + 1);

        const answer = await commit(claimed, closed({ outcome: 'cancelled' }));

        expect(answer).toEqual({ kind: 'stale' });
        const again = await claim(incident, NIGHT + 1);
        expect(again.incident.alerts).toHaveLength(2);
        expect((await commit(again, closed())).kind).toBe('committed');
      });

      test('closing lets go of the workload and of the alerts', async () => {
        const incident = await opened('inc-1', 'a');
        await brought(incident, located(), { workload: CART_KEY });
        const before = await store.openIncidentOf(CART_KEY);
        await brought(incident, closed());

        expect(before).toBe(incident);
        expect(await store.openIncidentOf(CART_KEY)).toBeUndefined();
        expect((await store.episodes(['a'])).get('a')?.open).toBeUndefined();
        await brought(await opened('inc-2', 'a'), located(), { workload: CART_KEY });
        expect(await store.openIncidentOf(CART_KEY)).toBe('inc-2');
        expect((await store.incident(incident))?.alerts).toEqual([alert('a')]);
      });
    });

    describe('one open incident for each workload', () => {
      test('the second is told of the first, and nothing is written', async () => {
        await brought(await opened('inc-1'), located(), { workload: CART_KEY });
        const claimed = await claim(await opened('inc-2'));
        const before = await store.verifyChain();

        const answer = await commit(claimed, located(), { workload: CART_KEY });

        expect(answer).toEqual({ kind: 'workload-taken', by: 'inc-1' });
        expect(await store.verifyChain()).toEqual(before);
        expect((await store.incident(id('inc-2')))?.phase).toBe('received');
      });

      test('merging moves the alerts and wakes the other one', async () => {
        const first = await opened('inc-1', 'a');
        await brought(first, located(), { workload: CART_KEY, dueAt: NIGHT + 1e6 });
        const second = await opened('inc-2', 'b', NIGHT + 5);
        const merged = closed({ outcome: 'merged', mergedInto: first, updatedAt: NIGHT + 6, closedAt: NIGHT + 6 });

        const answer = await commit(await claim(second, NIGHT + 5), merged, { mergeInto: first });

        expect(answer.kind).toBe('committed');
        expect((await claim(first, NIGHT + 6)).incident.alerts.map(({ fingerprint }) => fingerprint)).toEqual([
          'a',
          'b',
        ]);
        expect((await store.episodes(['b'])).get('b')).toEqual({ open: first });
        expect(await store.incident(second)).toMatchObject({ phase: 'closed', outcome: 'merged', alerts: [] });
        expect((await store.history(first)).at(-1)).toMatchObject({
          kind: 'absorbed',
          body: { incident: 'inc-2', alerts: ['b'] },
        });
        expect((await store.history(second)).at(-1)).toMatchObject({ kind: 'step', body: { mergedInto: 'inc-1' } });
      });

      test('merging takes alerts along that joined meanwhile', async () => {
        const first = await opened('inc-1', 'a');
        await brought(first, located(), { workload: CART_KEY });
        const second = await opened('inc-2', 'b');
        const claimed = await claim(second);
        await grouped([{ kind: 'join', incident: second, alert: alert('c') }]);

        const answer = await commit(claimed, closed({ outcome: 'merged', mergedInto: first }), { mergeInto: first });

        expect(answer.kind).toBe('committed');
        expect((await store.incident(first))?.alerts).toHaveLength(3);
      });

      test('merging into an incident that closed meanwhile is stale, and due again at once', async () => {
        const first = await opened('inc-1', 'a');
        await brought(first, closed());
        const second = await opened('inc-2', 'b');

        const answer = await commit(await claim(second), closed({ outcome: 'merged', mergedInto: first }), {
          mergeInto: first,
        });

        expect(answer).toEqual({ kind: 'stale' });
        expect((await claim(second)).incident.phase).toBe('received');
      });
    });

    describe('intents', () => {
      const PAYMENT = { ...CART.workload, name: 'payment' };

      /** An incident that is about to act, as it was claimed. */
      async function deciding(incident: string, at = NIGHT): Promise<ClaimedIncident> {
        await opened(incident, `f-${incident}`, at);
        return claim(id(incident), at);
      }

      function intends(
        claimed: ClaimedIncident,
        step: {
          readonly at?: number;
          readonly limits?: Partial<ActionLimits>;
          readonly workload?: typeof PAYMENT;
        } = {},
      ): Promise<CommitAnswer> {
        const { at = NIGHT, limits = {}, workload = CART.workload } = step;
        const { rung, id: incident } = claimed.incident;
        const intent = anIntent({ actionId: actionId(incident, rung), rung, target: workload, plannedAt: at });
        return commit(claimed, intended({ intent, rung, updatedAt: at }), {
          intent: { intent, workload: workloadKey(workload), limits: { ...GENEROUS, ...limits } },
        });
      }

      test('are recorded as actions that count', async () => {
        const answer = await intends(await deciding('inc-1'));

        expect(answer.kind).toBe('committed');
        expect(await store.actionsSince({ since: NIGHT })).toEqual([
          { actionId: 'inc-1/1', workload: CART_KEY, remedy: 'rollback', at: NIGHT },
        ]);
        expect(await store.actionsSince({ since: NIGHT + 1 })).toEqual([]);
        expect(await store.actionsSince({ since: NIGHT, workload: workloadKey(PAYMENT) })).toEqual([]);
      });

      test('are refused once no alert fires, and nothing is written', async () => {
        const incident = await opened('inc-1', 'a');
        const claimed = await claim(incident);
        await grouped([{ kind: 'join', incident, alert: alert('a', { status: 'resolved' }) }]);
        const before = await store.verifyChain();

        const answer = await intends(claimed);

        expect(answer).toEqual({ kind: 'resolved' });
        expect(await store.verifyChain()).toEqual(before);
        expect(await store.actionsSince({ since: 0 })).toEqual([]);
      });

      test.each([
        { name: 'within the cooldown', at: NIGHT + 59_999, limits: { cooldownMs: 60_000 }, code: 'cooldown' },
        { name: 'once the cooldown is over', at: NIGHT + 60_000, limits: { cooldownMs: 60_000 }, code: undefined },
        { name: 'without a cooldown', at: NIGHT + 1, limits: {}, code: undefined },
        { name: 'with the hour spent', at: NIGHT + 3_599_999, limits: { perHour: 1 }, code: 'budget-spent' },
        { name: 'an hour later', at: NIGHT + 3_600_000, limits: { perHour: 1 }, code: undefined },
        { name: 'with the day spent', at: NIGHT + 86_399_999, limits: { perWorkloadPerDay: 1 }, code: 'budget-spent' },
        { name: 'a day later', at: NIGHT + 86_400_000, limits: { perWorkloadPerDay: 1 }, code: undefined },
      ])('a second one on the workload $name: $code', async ({ at, limits, code }) => {
        await intends(await deciding('inc-1'));

        const answer = await intends(await deciding('inc-2', at), { at, limits });

        expect(answer).toMatchObject(code === undefined ? { kind: 'committed' } : { kind: 'budget-spent', code });
        expect(await store.actionsSince({ since: 0 })).toHaveLength(code === undefined ? 2 : 1);
      });

      test.each([
        { name: 'the hour is one for all workloads', limits: { perHour: 1 }, kind: 'budget-spent' },
        { name: 'the day is one for each workload', limits: { perWorkloadPerDay: 1 }, kind: 'committed' },
        { name: 'the cooldown is one for each workload', limits: { cooldownMs: 60_000 }, kind: 'committed' },
      ])('$name', async ({ limits, kind }) => {
        await intends(await deciding('inc-1'));

        const answer = await intends(await deciding('inc-2'), { limits, workload: PAYMENT });

        expect(answer.kind).toBe(kind);
      });

      test('an action id is never used twice', async () => {
        await intends(await deciding('inc-1'));
        const again = await claim(id('inc-1'));
        const before = await store.verifyChain();

        await expect(intends(again)).rejects.toMatchObject({ code: 'BUG' });
        expect(await store.verifyChain()).toEqual(before);
      });

      test('one whose write was refused counts against nothing', async () => {
        await intends(await deciding('inc-1'));
        const refusal = { code: 'changed-since', why: '409' } as const;
        const attempts = [{ intent: anIntent(), result: { kind: 'refused', at: NIGHT, refusal } as const }];

        await brought(id('inc-1'), located({ attempts, rung: 2 }));

        expect(await store.actionsSince({ since: 0 })).toEqual([]);
        const limits = { perHour: 1, perWorkloadPerDay: 1, cooldownMs: 60_000 };
        expect((await intends(await claim(id('inc-1')), { limits })).kind).toBe('committed');
      });

      test('one whose write may have happened counts, and knows how its incident ended', async () => {
        await intends(await deciding('inc-1'));
        const result = { kind: 'unknown', at: NIGHT, detail: 'timed out' } as const;
        await brought(id('inc-1'), { ...intended(), phase: 'acted', result });
        await brought(id('inc-1'), closed({ outcome: 'not-healed', attempts: [{ intent: anIntent(), result }] }));

        expect(await store.actionsSince({ since: 0 })).toMatchObject([{ actionId: 'inc-1/1', outcome: 'not-healed' }]);
      });

      test('come newest first', async () => {
        await intends(await deciding('inc-1'));
        await intends(await deciding('inc-2', NIGHT + 9), { at: NIGHT + 9 });

        const actions = await store.actionsSince({ since: NIGHT });

        expect(actions.map((action) => action.actionId)).toEqual(['inc-2/1', 'inc-1/1']);
      });
    });

    describe('what is taken back after an incident', () => {
      const LATER = NIGHT + 900_000;
      const restore: Restore = {
        actionId: anIntent().actionId,
        step: 0,
        undo: { target: anIntent().target, uid: 'u', path: '/p', expect: {}, restore: {} },
        when: 'always',
        by: 'autoheal',
        dueAt: LATER,
        giveUpAt: LATER + 1,
        state: 'pending',
        detail: '',
      };

      test('is due at its time, while the workload and its alerts are free for another incident', async () => {
        const incident = await opened('inc-1');
        await brought(incident, located(), { workload: CART_KEY });
        await brought(incident, closed({ restores: [restore] }), { dueAt: LATER });

        expect(await store.claimDue({ now: LATER - 1, limit: 9, leaseMs: LEASE_MS })).toEqual([]);
        expect(await store.openIncidentOf(CART_KEY)).toBeUndefined();
        expect(await store.queues(LATER)).toMatchObject({ due: 1, open: {}, nextDueAt: LATER });
        const other = await opened('inc-2', 'f-inc-1', LATER - 1);
        await brought(other, closed({ id: other, closedAt: LATER - 1, updatedAt: LATER - 1, outcome: 'escalated' }));

        const claimed = await claim(incident, LATER);
        const after = closed({ restores: [{ ...restore, state: 'undone' }], updatedAt: LATER });
        expect(await commit(claimed, after)).toMatchObject({ kind: 'committed' });

        expect(await store.claimDue({ now: LATER + 1e9, limit: 9, leaseMs: LEASE_MS })).toEqual([]);
        expect(await store.incident(incident)).toMatchObject({ outcome: 'healed', restores: [{ state: 'undone' }] });
        // What the alert's last incident was is not forgotten over it.
        const episode = (await store.episodes(['f-inc-1'])).get('f-inc-1');
        expect(episode?.lastClosed).toMatchObject({ incident: 'inc-2', outcome: 'escalated' });
      });

      test('a closed incident without anything to take back is never due again', async () => {
        const incident = await opened('inc-1');
        await brought(incident, closed());

        expect(await store.claimDue({ now: LATER + 1e9, limit: 9, leaseMs: LEASE_MS })).toEqual([]);
      });

      test('a person may ask for it: journalled, due at once, and a step taken without knowing it is stale', async () => {
        const incident = await opened('inc-1');
        await brought(incident, closed({ restores: [restore] }), { dueAt: LATER });
        const claimed = await claim(incident, LATER);

        expect(await store.requestUndo({ incident, by: 'ada', at: LATER })).toBe(true);

        expect(await commit(claimed, closed({ updatedAt: LATER }))).toEqual({ kind: 'stale' });
        const again = await claim(incident, LATER);
        expect(again.incident).toMatchObject({ undoRequest: { by: 'ada', at: LATER } });
        expect((await store.history(incident)).at(-1)).toMatchObject({ kind: 'undo-requested', body: { by: 'ada' } });
        expect((await store.verifyChain()).problems).toEqual([]);
      });

      test('nobody can ask for it while the incident is open, or of one that is not there', async () => {
        const incident = await opened('inc-1');

        expect(await store.requestUndo({ incident, by: 'ada', at: NIGHT })).toBe(false);
        expect(await store.requestUndo({ incident: id('nobody'), by: 'ada', at: NIGHT })).toBe(false);
      });
    });

    describe('approvals', () => {
      const EXPIRES = NIGHT + 600_000;
      const yes = { decision: 'approve', by: 'anna', at: NIGHT + 10 } as const;

      function waiting(overrides: Partial<AwaitingApproval> = {}): AwaitingApproval {
        const verdict = { kind: 'ask', candidate: aCandidate(), mode: 'approve', expiresAt: EXPIRES } as const;
        return { ...decided(ACT), phase: 'awaiting-approval', verdict, ...overrides };
      }

      test('wake the incident that waits, and are used once', async () => {
        const incident = await opened('inc-1');
        await brought(incident, waiting(), { dueAt: EXPIRES });

        const first = await store.approve({ incident, approval: yes });
        const second = await store.approve({ incident, approval: { ...yes, decision: 'deny', by: 'bob' } });

        expect([first, second]).toEqual([true, false]);
        expect(await store.approvalOf(incident, 1)).toEqual(yes);
        expect(await store.approvalOf(incident, 2)).toBeUndefined();
        expect((await claim(incident, NIGHT + 10)).incident.phase).toBe('awaiting-approval');
        expect((await store.history(incident)).at(-1)).toMatchObject({
          kind: 'approval',
          body: { rung: 1, by: 'anna' },
        });
      });

      test('one that comes while the incident is looked at is seen at once', async () => {
        const incident = await opened('inc-1');
        await brought(incident, waiting(), { dueAt: NIGHT });
        const claimed = await claim(incident);
        await store.approve({ incident, approval: yes });

        await commit(claimed, waiting({ updatedAt: NIGHT + 20 }), { dueAt: EXPIRES });

        expect((await claim(incident, NIGHT + 20)).incident.phase).toBe('awaiting-approval');
        expect(await store.approvalOf(incident, 1)).toEqual(yes);
      });

      test('the expiry does not close over an answer it did not see', async () => {
        const incident = await opened('inc-1');
        await brought(incident, waiting(), { dueAt: NIGHT });
        const claimed = await claim(incident);
        await store.approve({ incident, approval: yes });

        expect(await commit(claimed, closed({ outcome: 'expired' }))).toEqual({ kind: 'stale' });
      });

      test.each([
        { name: 'an incident that does not exist', after: undefined, incident: 'inc-none', at: NIGHT },
        { name: 'one that does not wait', after: located(), incident: 'inc-1', at: NIGHT },
        { name: 'one that is closed', after: 'closed' as const, incident: 'inc-1', at: NIGHT },
        { name: 'one that has expired', after: waiting(), incident: 'inc-1', at: EXPIRES },
      ])('$name takes none', async ({ after, incident, at }) => {
        await opened('inc-1');
        if (after !== undefined) await brought(id('inc-1'), after === 'closed' ? closed() : after);
        const before = await store.verifyChain();

        expect(await store.approve({ incident: id(incident), approval: { ...yes, at } })).toBe(false);
        expect(await store.verifyChain()).toEqual(before);
      });

      test('a rung that asks a second time, about something else, needs a second answer', async () => {
        const incident = await opened('inc-1');
        await brought(incident, waiting(), { dueAt: NIGHT });
        await store.approve({ incident, approval: yes });
        await brought(incident, decided(ACT, { updatedAt: NIGHT + 11 }));
        await brought(incident, waiting({ updatedAt: NIGHT + 12 }));

        expect(await store.approvalOf(incident, 1)).toBeUndefined();
        expect(await store.approve({ incident, approval: { ...yes, at: NIGHT + 13 } })).toBe(true);
      });
    });

    describe('notifications', () => {
      const now = NIGHT + 1000;
      const request = { now, leaseMs: LEASE_MS };

      test('come in the order of the steps, one at a time for each thread, and hand the thread over', async () => {
        const incident = await opened('inc-1');
        await brought(incident, located({ updatedAt: NIGHT }), { notify: ['slack', 'email'] });
        await brought(incident, decided(ACT), { notify: ['slack', 'slack'] });

        const slack = await store.claimNotification(request);
        const email = await store.claimNotification(request);
        const behind = await store.claimNotification(request);
        const thread = { ts: '17.1' };
        await store.finishNotification({ id: slack?.id ?? 0, at: now, answer: { kind: 'sent', thread } });
        const next = await store.claimNotification(request);
        const none = await store.claimNotification(request);

        expect(slack).toMatchObject({ channel: 'slack', incident: { id: 'inc-1', phase: 'located' }, attempts: 0 });
        expect(slack).not.toHaveProperty('thread');
        expect(email).toMatchObject({ channel: 'email', incident: { phase: 'located' } });
        expect(behind).toBeUndefined();
        expect(next).toMatchObject({ channel: 'slack', incident: { phase: 'decided' }, thread });
        expect(next?.incident.alerts).toEqual([alert('f-inc-1')]);
        expect(none).toBeUndefined();
        expect((await store.queues(now)).notifications).toBe(2);
      });

      test('one that is to be tried again holds the later ones back', async () => {
        const incident = await opened('inc-1');
        await brought(incident, located(), { notify: ['slack'] });
        await brought(incident, decided(ACT), { notify: ['slack'] });
        const first = await store.claimNotification(request);

        const retry = { kind: 'retry', dueAt: now + 5000, detail: '503' } as const;
        await store.finishNotification({ id: first?.id ?? 0, at: now, answer: retry });

        expect(await store.claimNotification(request)).toBeUndefined();
        expect((await store.queues(now)).nextDueAt).toBe(NIGHT); // The incident itself.
        const again = await store.claimNotification({ ...request, now: now + 5000 });
        expect(again).toMatchObject({ id: first?.id, attempts: 1, incident: { phase: 'located' } });
      });

      test('a dead one makes way, and the journal knows', async () => {
        const incident = await opened('inc-1');
        await brought(incident, located(), { notify: ['slack'] });
        await brought(incident, decided(ACT), { notify: ['slack'] });
        const first = await store.claimNotification(request);

        const dead = { kind: 'dead', detail: 'channel_not_found' } as const;
        await store.finishNotification({ id: first?.id ?? 0, at: now, answer: dead });

        expect((await store.claimNotification(request))?.incident.phase).toBe('decided');
        expect((await store.history(incident)).at(-1)).toMatchObject({
          kind: 'notification-dead',
          body: { channel: 'slack', detail: 'channel_not_found' },
        });
      });

      test('a lease that runs out gives it to the next; the late finish of the first changes nothing', async () => {
        const incident = await opened('inc-1');
        await brought(incident, located(), { notify: ['slack'] });
        const first = await store.claimNotification(request);
        const second = await store.claimNotification({ ...request, now: now + LEASE_MS });
        const sent = { kind: 'sent', thread: { ts: '1' } } as const;
        await store.finishNotification({ id: second?.id ?? 0, at: now, answer: sent });
        await brought(incident, decided(ACT), { notify: ['slack'] });

        await store.finishNotification({ id: first?.id ?? 0, at: now, answer: { kind: 'sent', thread: { ts: '2' } } });

        expect(second?.id).toBe(first?.id);
        const third = await store.claimNotification(request);
        expect(third).toMatchObject({ incident: { phase: 'decided' }, thread: { ts: '1' } });
        expect(third?.id).not.toBe(first?.id);
      });

      test('are bounded for each thread: the newest takes the place of the last', async () => {
        const incident = await opened('inc-1');
        for (let step = 0; step < 60; step += 1) {
          await brought(incident, located({ updatedAt: NIGHT + step, rung: step + 1 }), { notify: ['slack'] });
        }

        const told: number[] = [];
        for (let each = await store.claimNotification(request); each; each = await store.claimNotification(request)) {
          told.push(each.incident.rung);
          await store.finishNotification({ id: each.id, at: now, answer: { kind: 'sent', thread: {} } });
        }

        expect(told).toEqual([...Array.from({ length: 49 }, (_, n) => n + 1), 60]);
      });
    });

    describe('looking', () => {
      test('incidents come newest first, open or closed or both', async () => {
        await brought(await opened('inc-1', 'a', NIGHT), closed({ outcome: 'escalated' }));
        await opened('inc-2', 'b', NIGHT + 1);
        await brought(id('inc-2'), located({ updatedAt: NIGHT + 2 }), { workload: CART_KEY });

        expect(await store.incidents({ limit: 9 })).toEqual([
          { id: 'inc-2', phase: 'located', workload: CART_KEY, openedAt: NIGHT + 1, updatedAt: NIGHT + 2 },
          { id: 'inc-1', phase: 'closed', outcome: 'escalated', openedAt: NIGHT, updatedAt: NIGHT },
        ]);
        expect((await store.incidents({ limit: 9, open: false })).map((each) => each.id)).toEqual(['inc-1']);
        expect((await store.incidents({ limit: 9, open: true })).map((each) => each.id)).toEqual(['inc-2']);
        expect((await store.incidents({ limit: 1 })).map((each) => each.id)).toEqual(['inc-2']);
      });

      test('an empty store waits for nothing', async () => {
        const { nextDueAt, ...depths } = await store.queues(NIGHT);

        expect(nextDueAt).toBeUndefined();
        expect(depths).toEqual({ deliveries: 0, due: 0, open: {}, notifications: 0 });
        expect(await store.verifyChain()).toEqual({ events: 0, head: '', problems: [] });
        expect(await store.incident(id('inc-1'))).toBeUndefined();
        expect(await store.history(id('inc-1'))).toEqual([]);
      });

      test('the queues say how much waits and when the next of it can be claimed', async () => {
        await opened('inc-1', 'a', NIGHT);
        await opened('inc-2', 'b', NIGHT + 500);
        const before = await store.queues(NIGHT);
        await store.claimDue({ now: NIGHT, limit: 1, leaseMs: LEASE_MS });
        const held = await store.queues(NIGHT);

        expect(before).toMatchObject({ deliveries: 0, due: 1, open: { received: 2 }, nextDueAt: NIGHT });
        expect(held.nextDueAt).toBe(NIGHT + 500);
      });

      test('a closed store is not ready', async () => {
        await store.close();

        await expect(store.appendDeliveries([{ id: 'd', receivedAt: 1, body: '' }])).rejects.toMatchObject({
          code: 'NOT_READY',
        });
        await expect(store.queues(NIGHT)).rejects.toMatchObject({ code: 'NOT_READY' });
      });
    });

    test('everything that was done is one unbroken chain', async () => {
      const incident = await opened('inc-1');
      await brought(incident, located(), { workload: CART_KEY, notify: ['slack'] });
      await brought(incident, closed(), { notify: ['slack'] });

      const report = await store.verifyChain();

      expect(report).toMatchObject({ events: 5, problems: [] });
      expect(report.head).toMatch(/^[0-9a-f]{64}$/);
    });
  });
}
