import { describe, expect, test } from '@jest/globals';

import type { IncidentId } from '../../../src/domain/incident.ts';
import { makeGroup, REOPEN_AFTER_MS, WHOLE_WEBHOOK, type Group } from '../../../src/group/group.ts';
import { parseWebhook } from '../../../src/receive/webhook.ts';
import { AFTER_RECORDING, makeManualClock, recorded } from '../../fakes/intake.ts';
import { makeMemoryIntakeStore, type MemoryIntakeStore } from '../../fakes/memory-store-intake.ts';

const RECEIVED = AFTER_RECORDING;

interface Desk {
  readonly store: MemoryIntakeStore;
  readonly group: Group;
  /** Groups a body and commits it; the kinds and reasons in the order of the alerts. */
  deliver(body: string, at?: number): Promise<readonly string[]>;
}

function setUp(): Desk {
  const store = makeMemoryIntakeStore();
  let ids = 0;
  const group = makeGroup({
    store,
    clock: makeManualClock(RECEIVED + 5),
    newIncidentId: () => `i-${(ids += 1)}` as IncidentId, // Tests name their incidents themselves.
    parse: parseWebhook,
    rules: { alertLagMs: 900_000, reopenAfterMs: REOPEN_AFTER_MS },
  });
  let deliveries = 0;
  return {
    store,
    group,
    async deliver(body, at = RECEIVED) {
      const commit = await group({ id: `d-${(deliveries += 1)}`, receivedAt: at, body });
      await store.commitGrouping(commit);
      return commit.grouped.map((entry) =>
        entry.kind === 'ignore' ? entry.because : `${entry.kind} ${entry.incident}`,
      );
    },
  };
}

function webhook(alerts: readonly Record<string, unknown>[]): string {
  const defaults = { status: 'firing', startsAt: '2026-11-21T03:00:00Z' };
  return JSON.stringify({ version: '4', alerts: alerts.map((alert) => ({ ...defaults, ...alert })) });
}

describe('makeGroup', () => {
  test('the recorded story: two alerts come, repeat, resolve; then it is over', async () => {
    const desk = setUp();

    expect(await desk.deliver(recorded('first-alert'))).toEqual(['open i-1']);
    expect(await desk.deliver(recorded('second-alert-joins'))).toEqual(['open i-2', 'join i-1']);
    expect(await desk.deliver(recorded('repeat'))).toEqual(['join i-2', 'join i-1']);
    expect(await desk.deliver(recorded('one-of-two-resolves'))).toEqual(['join i-2', 'join i-1']);
    desk.store.close('i-1' as IncidentId, 'healed', RECEIVED);
    desk.store.close('i-2' as IncidentId, 'self-recovered', RECEIVED);
    expect(await desk.deliver(recorded('first-alert'), RECEIVED + 1)).toEqual(['alert-lag']);
    expect(await desk.deliver(recorded('other-resolves'), RECEIVED + 2)).toEqual(['resolved-without-incident']);
    expect(await desk.deliver(recorded('first-alert'), RECEIVED + 3)).toEqual(['open i-3']);
  });

  test('alerts of one subject in one delivery share the new incident', async () => {
    const desk = setUp();

    const kinds = await desk.deliver(
      webhook([
        { labels: { alertname: 'A', namespace: 'shop', deployment: 'cart' } },
        { labels: { alertname: 'B', namespace: 'shop', deployment: 'cart' } },
        { labels: { alertname: 'A', namespace: 'shop', deployment: 'pay' } },
        { labels: { alertname: 'NoSubject' } },
        { labels: { alertname: 'NoSubjectEither' } },
      ]),
    );

    expect(kinds).toEqual(['open i-1', 'join i-1', 'open i-2', 'open i-3', 'open i-4']);
  });

  test('of one fingerprint that comes twice, the last counts', async () => {
    const desk = setUp();
    const labels = { alertname: 'A', namespace: 'shop', pod: 'p' };

    const kinds = await desk.deliver(webhook([{ labels }, { labels, status: 'resolved' }]));

    expect(kinds).toEqual(['resolved-without-incident']);
  });

  test('bad alerts are named, good ones are grouped', async () => {
    const { group } = setUp();

    const commit = await group({
      id: 'd',
      receivedAt: RECEIVED,
      body: webhook([
        { labels: { alertname: 'A' } },
        { labels: 7 },
        { labels: { alertname: 'B' }, startsAt: '2027-01-01T00:00:00Z' },
      ]),
    });

    expect(commit).toMatchObject({ delivery: 'd', at: RECEIVED + 5, grouped: [{ kind: 'open' }] });
    expect(commit.rejected.map(({ index }) => index)).toEqual([1, 2]);
  });

  test('a body that is no webhook is done with, not stuck', async () => {
    const { group } = setUp();

    const commit = await group({ id: 'd', receivedAt: RECEIVED, body: 'no' });

    expect(commit.grouped).toEqual([]);
    expect(commit.rejected).toEqual([{ index: WHOLE_WEBHOOK, reason: 'the body is not JSON' }]);
  });

  test('20,000 alerts are grouped well under two seconds, and others get their turn', async () => {
    const { group } = setUp();
    const template = JSON.parse(recorded('first-alert')) as { alerts: [{ labels: object }] }; // A fixture of ours.
    const alerts = Array.from({ length: 20_000 }, (_, i) => ({
      ...template.alerts[0],
      fingerprint: i.toString(16).padStart(16, '0'),
      labels: { ...template.alerts[0].labels, pod: `cart-${i}` },
    }));
    const body = webhook(alerts);
    let turns = 0;
    const ticker = setInterval(() => (turns += 1), 1);

    const started = performance.now();
    const commit = await group({ id: 'd', receivedAt: RECEIVED, body });
    const took = performance.now() - started;
    clearInterval(ticker);

    expect(commit.grouped).toHaveLength(20_000);
    expect(new Set(commit.grouped.map((entry) => entry.kind))).toEqual(new Set(['open']));
    expect(took).toBeLessThan(2000);
    expect(turns).toBeGreaterThan(5);
  });
});
