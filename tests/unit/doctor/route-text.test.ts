import { describe, expect, test } from '@jest/globals';
import type { DoctorArrival } from '../../../src/domain/doctor.ts';
import { receiversOf } from '../../../src/doctor/alertmanager-config.ts';
import { routeFindings } from '../../../src/doctor/route-text.ts';
import type { RouteOutcome } from '../../../src/doctor/route-watch.ts';

const NIGHT = Date.UTC(2026, 10, 21, 3);
const LABELS = { alertname: 'AutoHealDoctor', namespace: 'autoheal', autoheal_doctor: '0123456789abcdef' };
const SENT = { labels: LABELS, postedAt: NIGHT, waitMs: 90_000, where: 'http://127.0.0.1:9095' };
const ROUTED = { receivers: ['autoheal'], state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] };

function arrived(overrides: Partial<DoctorArrival> = {}, config = ''): RouteOutcome {
  const receivers = receiversOf(config);
  const arrival: DoctorArrival = {
    at: NIGHT + 5_321,
    delivery: 'd-1',
    status: 'firing',
    receiver: 'autoheal',
    groupKey: '{}:{}',
    labels: LABELS,
    alerts: 1,
    truncatedAlerts: 0,
    ...overrides,
  };
  return { kind: 'arrived', arrival, ...(receivers !== undefined && { receivers }) };
}

interface Case {
  readonly name: string;
  readonly outcome: RouteOutcome;
  readonly states: readonly string[];
  /** Somewhere in the last finding. */
  readonly says: string;
  readonly todo?: string;
}

const CASES: readonly Case[] = [
  {
    name: 'as it was sent',
    outcome: arrived(),
    states: ['ok route', 'ok route/labels'],
    says: 'came as they were sent',
  },
  {
    name: 'with a label lost',
    outcome: arrived({ labels: { ...LABELS, namespace: '' } }),
    states: ['ok route', 'fail route/labels'],
    says: 'lost or changed namespace',
  },
  {
    name: 'with a label more',
    outcome: arrived({ labels: { ...LABELS, cluster: 'north' } }),
    states: ['ok route', 'warn route/labels'],
    says: 'gained cluster',
  },
  {
    name: 'among others',
    outcome: arrived({ alerts: 7 }),
    states: ['ok route', 'ok route/labels', 'warn route/group'],
    says: 'mixes it with 6 other alerts',
  },
  {
    name: 'with others cut off',
    outcome: arrived({ truncatedAlerts: 3 }),
    states: ['ok route', 'ok route/labels', 'fail route/truncated'],
    says: '3 alerts were left out',
    todo: 'max_alerts: 0',
  },
  {
    name: 'by a receiver that never tells the end',
    outcome: arrived({}, 'receivers: [{name: autoheal, webhook_configs: [{send_resolved: false}]}]'),
    states: ['ok route', 'ok route/labels', 'warn route/resolved'],
    says: 'does not tell when alerts end',
    todo: 'send_resolved: true',
  },
  {
    name: 'kept back by a silence',
    outcome: { kind: 'suppressed', routed: { ...ROUTED, silencedBy: ['s-1'] } },
    states: ['fail route'],
    says: 'silence s-1',
  },
  {
    name: 'kept back by an inhibition',
    outcome: { kind: 'suppressed', routed: { ...ROUTED, inhibitedBy: ['f-1'] } },
    states: ['fail route'],
    says: 'inhibited by alert f-1',
  },
  {
    name: 'kept back at night',
    outcome: { kind: 'suppressed', routed: { ...ROUTED, mutedBy: ['nights'] } },
    states: ['fail route'],
    says: 'muted by nights',
    todo: 'mute_time_intervals',
  },
  {
    name: 'routed to nobody',
    outcome: { kind: 'no-webhook', routed: { ...ROUTED, receivers: ['none'] } },
    states: ['fail route'],
    says: 'its receivers are none',
    todo: 'alertname="AutoHealDoctor"',
  },
  {
    name: 'refused for its token',
    outcome: { kind: 'refused', status: 401, count: 2 },
    states: ['fail route'],
    says: 'answered 2 webhooks with 401',
    todo: 'credentials_file',
  },
  {
    name: 'refused for its size',
    outcome: { kind: 'refused', status: 413, count: 1 },
    states: ['fail route'],
    says: 'answered 1 webhook with 413',
    todo: 'bodyLimitMiB',
  },
  {
    name: 'sent somewhere else',
    outcome: { kind: 'missed', routed: ROUTED, failedWebhooks: 0 },
    states: ['fail route'],
    says: 'did not arrive at http://127.0.0.1:9095 within 90 s; its receivers are autoheal',
    todo: 'posts to http://127.0.0.1:9095',
  },
  {
    name: 'sent in vain',
    outcome: { kind: 'missed', routed: ROUTED, failedWebhooks: 3 },
    states: ['fail route'],
    says: '3 tries of Alertmanager to reach a webhook failed',
    todo: 'network policies',
  },
  {
    name: 'gone from Alertmanager',
    outcome: { kind: 'missed' },
    states: ['fail route'],
    says: 'does not hold the alert',
    todo: 'several Alertmanagers',
  },
];

describe('the way of the alert:', () => {
  test.each(CASES)('$name', ({ outcome, states, says, todo = '' }) => {
    const findings = routeFindings(outcome, SENT);

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual(states);
    expect(findings.at(-1)?.message).toContain(says);
    expect(findings.at(-1)?.remedy ?? '').toContain(todo);
  });

  test('the time is that from posting to arrival', () => {
    expect(routeFindings(arrived(), SENT)[0]?.message).toContain('after 5.3 s: receiver autoheal');
  });
});
