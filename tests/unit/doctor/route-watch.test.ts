import { describe, expect, test } from '@jest/globals';
import type { RoutedAlert } from '../../../src/adapters/alertmanager-examine.ts';
import type { DoctorArrival, DoctorNotes } from '../../../src/domain/doctor.ts';
import { receiversOf } from '../../../src/doctor/alertmanager-config.ts';
import { watchRoute, type RouteOutcome } from '../../../src/doctor/route-watch.ts';
import { makeVirtualClock } from '../../fakes/virtual-clock.ts';

const NIGHT = Date.UTC(2026, 10, 21, 3);
const RECEIVERS = receiversOf('receivers: [{name: none}, {name: autoheal, webhook_configs: [{max_alerts: 0}]}]');
const ROUTED: RoutedAlert = { receivers: ['autoheal'], state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] };
const NONCE = '0123456789abcdef';
const ARRIVAL: DoctorArrival = {
  at: NIGHT,
  delivery: 'd',
  status: 'firing',
  receiver: 'autoheal',
  groupKey: '{}',
  labels: {},
  alerts: 1,
  truncatedAlerts: 0,
};
const BEFORE: DoctorNotes = { arrivals: [], refused: [{ status: 401, count: 4, lastAt: NIGHT }] };

interface Case {
  readonly name: string;
  /** What the desk knows so many seconds later. */
  readonly notes?: (seconds: number) => Partial<DoctorNotes>;
  readonly routed?: (seconds: number) => RoutedAlert | undefined;
  readonly failed?: number;
  readonly outcome: RouteOutcome['kind'];
  /** When it is known. */
  readonly after: number;
}

const REFUSED = [{ status: 401, count: 5, lastAt: NIGHT }];

const CASES: readonly Case[] = [
  {
    name: 'it is over when the alert comes',
    notes: (seconds) => (seconds >= 7 ? { arrivals: [ARRIVAL] } : {}),
    outcome: 'arrived',
    after: 7,
  },
  { name: 'it is missed when the time is over', outcome: 'missed', after: 30 },
  {
    name: 'a silence ends it at once',
    routed: () => ({ ...ROUTED, silencedBy: ['s'] }),
    outcome: 'suppressed',
    after: 0,
  },
  {
    name: 'receivers without a webhook end it at once',
    routed: () => ({ ...ROUTED, receivers: ['none'] }),
    outcome: 'no-webhook',
    after: 0,
  },
  {
    name: 'a refusal ends it a little later: it may have been that of somebody else',
    notes: (seconds) => (seconds >= 3 ? { refused: REFUSED } : {}),
    outcome: 'refused',
    after: 8,
  },
  {
    name: 'an alert that comes soon after a refusal has come',
    notes: (seconds) => ({
      ...(seconds >= 3 && { refused: REFUSED }),
      ...(seconds >= 6 && { arrivals: [ARRIVAL] }),
    }),
    outcome: 'arrived',
    after: 6,
  },
  {
    name: 'what was refused for a moment only is no refusal',
    notes: () => ({ refused: [...BEFORE.refused, { status: 503, count: 9, lastAt: NIGHT }] }),
    outcome: 'missed',
    after: 30,
  },
  {
    name: 'a peer that does not know the alert proves nothing',
    routed: () => undefined,
    notes: (seconds) => (seconds >= 12 ? { arrivals: [ARRIVAL] } : {}),
    outcome: 'arrived',
    after: 12,
  },
];

describe('watchRoute', () => {
  test.each(CASES)('$name', async ({ notes, routed = () => ROUTED, outcome, after }) => {
    const clock = makeVirtualClock(NIGHT);
    const seconds = (): number => (clock.now() - NIGHT) / 1000;
    let endedAt: number | undefined;
    const watching = watchRoute({
      nonce: NONCE,
      desk: { read: async () => ({ ...BEFORE, ...notes?.(seconds()) }) },
      alertmanager: { find: async () => routed(seconds()), failedWebhooks: async () => 12 },
      before: BEFORE,
      failedBefore: 10,
      receivers: RECEIVERS,
      clock,
      waitMs: 30_000,
      signal: new AbortController().signal,
    }).then((result) => {
      endedAt = seconds();
      return result;
    });

    await clock.advance(31_000);
    const result = await watching;

    expect(result.kind).toBe(outcome);
    expect(endedAt).toBe(after);
    if (result.kind === 'missed') expect(result).toEqual({ kind: 'missed', routed: ROUTED, failedWebhooks: 2 });
  });
});
