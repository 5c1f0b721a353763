import { describe, expect, test } from '@jest/globals';

import type { IncidentId, Outcome } from '../../../src/domain/incident.ts';
import { decideEpisode, type EpisodeDecision, type KnownEpisode } from '../../../src/group/episode.ts';
import type { ClosedEpisode } from '../../../src/ports/store.ts';
import { anAlert } from '../../builders/journey.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CLOSED_AT = Date.UTC(2026, 10, 21, 3);
const RULES = { alertLagMs: 15 * MINUTE, reopenAfterMs: 4 * HOUR };

const OPEN = 'open-one' as IncidentId; // Tests name their incidents themselves.
const OLD = 'old-one' as IncidentId;

function closed(outcome: Outcome, resolved = false): KnownEpisode {
  const lastClosed: ClosedEpisode = { incident: OLD, outcome, closedAt: CLOSED_AT, resolved };
  return { lastClosed };
}

interface Case {
  readonly name: string;
  readonly alert?: Parameters<typeof anAlert>[0];
  readonly known?: KnownEpisode;
  /** Milliseconds after the close. */
  readonly after?: number;
  readonly decision: EpisodeDecision;
}

const SAME_EPISODE = { startsAt: CLOSED_AT - HOUR };
const NEXT_EPISODE = { startsAt: CLOSED_AT + 1 };

const CASES: readonly Case[] = [
  { name: 'firing for the first time opens', decision: { kind: 'open', because: 'first-seen' } },
  {
    name: 'firing joins the open incident',
    known: { open: OPEN },
    decision: { kind: 'join', incident: OPEN, because: 'incident-open' },
  },
  {
    name: 'resolved joins the open incident',
    alert: { status: 'resolved' },
    known: { open: OPEN, ...closed('healed') },
    decision: { kind: 'join', incident: OPEN, because: 'incident-open' },
  },
  {
    name: 'resolved without an incident means nothing',
    alert: { status: 'resolved' },
    decision: { kind: 'ignore', because: 'resolved-without-incident' },
  },
  {
    name: 'resolved after the close opens nothing',
    alert: { status: 'resolved' },
    known: closed('refused'),
    decision: { kind: 'ignore', because: 'resolved-without-incident' },
  },
  ...(['healed', 'self-recovered', 'cancelled'] as const).flatMap((outcome): Case[] => [
    {
      name: `after ${outcome}, an alert that lags is no news`,
      alert: SAME_EPISODE,
      known: closed(outcome),
      after: 15 * MINUTE,
      decision: { kind: 'ignore', because: 'alert-lag' },
    },
    {
      name: `after ${outcome}, an alert that fires beyond the lag recurred`,
      alert: SAME_EPISODE,
      known: closed(outcome),
      after: 15 * MINUTE + 1,
      decision: { kind: 'open', because: 'recurred' },
    },
  ]),
  ...(['observed', 'refused', 'denied', 'expired', 'not-healed', 'unknown', 'escalated', 'merged'] as const).flatMap(
    (outcome): Case[] => [
      {
        name: `after ${outcome}, the same episode is a repeat`,
        alert: SAME_EPISODE,
        known: closed(outcome),
        after: 4 * HOUR - 1,
        decision: { kind: 'ignore', because: 'repeat' },
      },
      {
        name: `after ${outcome}, the same episode opens again after the reopen time`,
        alert: SAME_EPISODE,
        known: closed(outcome),
        after: 4 * HOUR,
        decision: { kind: 'open', because: 'still-firing' },
      },
    ],
  ),
  {
    name: 'an episode that began after the close opens, however soon',
    alert: NEXT_EPISODE,
    known: closed('healed'),
    after: 2,
    decision: { kind: 'open', because: 'new-episode' },
  },
  {
    name: 'an alert that was seen resolved opens, even with an old start',
    alert: SAME_EPISODE,
    known: closed('refused', true),
    after: MINUTE,
    decision: { kind: 'open', because: 'new-episode' },
  },
  {
    name: 'a start that moved earlier is still the same episode',
    alert: { startsAt: CLOSED_AT - 9 * HOUR },
    known: closed('escalated'),
    after: MINUTE,
    decision: { kind: 'ignore', because: 'repeat' },
  },
  {
    name: 'a webhook from before the close, grouped late, is a repeat',
    alert: SAME_EPISODE,
    known: closed('healed'),
    after: -MINUTE,
    decision: { kind: 'ignore', because: 'alert-lag' },
  },
  ...['Watchdog', 'InfoInhibitor'].map((alertname): Case => ({
    name: `${alertname} fires by design`,
    alert: { labels: { alertname } },
    known: { open: OPEN },
    decision: { kind: 'ignore', because: 'heartbeat' },
  })),
  {
    name: 'the alert of a doctor is no illness',
    alert: { labels: { alertname: 'AutoHealDoctor', autoheal_doctor: '0123456789abcdef' } },
    decision: { kind: 'ignore', because: 'doctor' },
  },
  {
    name: 'an alert with its name alone is one like any other',
    alert: { labels: { alertname: 'AutoHealDoctor' } },
    decision: { kind: 'open', because: 'first-seen' },
  },
];

describe('decideEpisode', () => {
  test.each(CASES)('$name', ({ alert, known = {}, after = MINUTE, decision }) => {
    expect(decideEpisode(anAlert(alert), known, CLOSED_AT + after, RULES)).toEqual(decision);
  });
});
