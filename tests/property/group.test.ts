import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import type { IncidentId, Outcome } from '../../src/domain/incident.ts';
import { decideEpisode } from '../../src/group/episode.ts';
import { makeGroup } from '../../src/group/group.ts';
import { subjectKey } from '../../src/group/subject.ts';
import { fingerprintOf } from '../../src/receive/fingerprint.ts';
import { parseWebhook } from '../../src/receive/webhook.ts';
import { anAlert } from '../builders/journey.ts';
import { AFTER_RECORDING, makeManualClock } from '../fakes/intake.ts';
import { makeMemoryIntakeStore, type MemoryIntakeStore } from '../fakes/memory-store-intake.ts';

const RULES = { alertLagMs: 900_000, reopenAfterMs: 4 * 3_600_000 };
const START = AFTER_RECORDING - 3_600_000;

interface Desk {
  readonly store: MemoryIntakeStore;
  deliver(body: string): Promise<void>;
}

function setUp(): Desk {
  const store = makeMemoryIntakeStore();
  let ids = 0;
  let deliveries = 0;
  const group = makeGroup({
    store,
    clock: makeManualClock(AFTER_RECORDING),
    newIncidentId: () => `i-${(ids += 1)}` as IncidentId, // Tests name their incidents themselves.
    parse: parseWebhook,
    rules: RULES,
  });
  return {
    store,
    async deliver(body) {
      const id = `d-${(deliveries += 1)}`;
      await store.commitGrouping(await group({ id, receivedAt: AFTER_RECORDING, body }));
    },
  };
}

function webhookOf(alerts: readonly { labels: object; status: string; startsAt: number }[]): string {
  const bodies = alerts.map((alert) => ({ ...alert, startsAt: new Date(alert.startsAt).toISOString() }));
  return JSON.stringify({ version: '4', alerts: bodies });
}

const labels = fc.record(
  {
    alertname: fc.constantFrom('KubePodCrashLooping', 'KubePodNotReady', 'KubeDeploymentReplicasMismatch'),
    namespace: fc.constantFrom('shop', 'test'),
    deployment: fc.constantFrom('cart', 'pay'),
    pod: fc.constantFrom('cart-1', 'cart-2', 'ksm-1'),
    node: fc.constantFrom('node-1'),
  },
  { requiredKeys: ['alertname'] },
);

const alert = fc.record({
  labels,
  status: fc.constantFrom('firing', 'resolved'),
  startsAt: fc.integer({ min: START, max: AFTER_RECORDING }),
});

describe('grouping', () => {
  test('the same body any number of times opens what it opens once: one incident for each subject', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(alert, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (alerts, times) => {
        const desk = setUp();
        const body = webhookOf(alerts);

        for (let time = 0; time < times; time += 1) await desk.deliver(body);

        const last = new Map(alerts.map((each) => [fingerprintOf({ ...each.labels }), each]));
        const firing = [...last].filter(([, each]) => each.status === 'firing');
        const subjects = new Set(firing.map(([key, each]) => subjectKey({ ...each.labels }) ?? key));
        expect(desk.store.incidents.size).toBe(subjects.size);
      }),
      { numRuns: 300 },
    );
  });

  test('an episode opens one incident, in whatever order its webhooks come and however its start moves', async () => {
    const episode = fc.array(
      fc.record({
        labels: fc.constant({ alertname: 'KubePodCrashLooping', namespace: 'shop', pod: 'cart-1' }),
        status: fc.constantFrom('firing', 'firing', 'resolved'),
        startsAt: fc.integer({ min: START - 60_000, max: START }),
      }),
      { minLength: 1, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(episode, async (posts) => {
        const desk = setUp();

        for (const post of posts) await desk.deliver(webhookOf([post]));

        expect(desk.store.incidents.size).toBe(posts.some((post) => post.status === 'firing') ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });

  test('repeats of an episode that was closed without a recovery open nothing', async () => {
    const outcomes = fc.constantFrom<Outcome>(
      'observed',
      'refused',
      'denied',
      'expired',
      'not-healed',
      'unknown',
      'escalated',
    );
    await fc.assert(
      fc.asyncProperty(
        outcomes,
        fc.integer({ min: 1, max: 6 }),
        fc.nat({ max: 60_000 }),
        async (outcome, repeats, earlier) => {
          const desk = setUp();
          const post = {
            labels: { alertname: 'A', namespace: 'shop', pod: 'cart-1' },
            status: 'firing',
            startsAt: START,
          };
          await desk.deliver(webhookOf([post]));
          desk.store.close('i-1' as IncidentId, outcome, AFTER_RECORDING - 1); // The only incident so far.

          for (let time = 0; time < repeats; time += 1) {
            await desk.deliver(webhookOf([{ ...post, startsAt: START - earlier }]));
          }

          expect(desk.store.incidents.size).toBe(1);
        },
      ),
      { numRuns: 100 },
    );
  });
});

const known = fc.record(
  {
    open: fc.constant('open' as IncidentId), // Tests name their incidents themselves.
    lastClosed: fc.record({
      incident: fc.constant('closed' as IncidentId),
      outcome: fc.constantFrom<Outcome>('healed', 'self-recovered', 'refused', 'escalated', 'cancelled', 'merged'),
      closedAt: fc.integer({ min: 0, max: 2 * AFTER_RECORDING }),
      resolved: fc.boolean(),
    }),
  },
  { requiredKeys: [] },
);
const time = fc.integer({ min: 0, max: 2 * AFTER_RECORDING });

describe('decideEpisode', () => {
  test('resolved never opens, and what is open is never opened again', () => {
    fc.assert(
      fc.property(known, fc.constantFrom('firing', 'resolved'), time, time, (episode, status, startsAt, now) => {
        const decision = decideEpisode(anAlert({ status, startsAt }), episode, now, RULES);

        if (status === 'resolved' || episode.open !== undefined) expect(decision.kind).not.toBe('open');
        if (episode.open !== undefined) expect(decision).toMatchObject({ kind: 'join', incident: episode.open });
      }),
      { numRuns: 1000 },
    );
  });

  test('a start that moves earlier never turns a repeat into an opening', () => {
    fc.assert(
      fc.property(known, time, time, fc.nat(), (episode, startsAt, now, earlier) => {
        const at = (start: number): string => decideEpisode(anAlert({ startsAt: start }), episode, now, RULES).kind;

        if (at(startsAt) === 'ignore') expect(at(startsAt - earlier)).toBe('ignore');
      }),
      { numRuns: 1000 },
    );
  });
});
