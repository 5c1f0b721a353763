import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome, Phase } from '../domain/incident.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface Metrics extends Telemetry {
  /** The exposition for one scrape. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const PHASES = [
  'received',
  'located',
  'diagnosed',
  'scored',
  'decided',
  'awaiting-approval',
  'intended',
  'acted',
  'verifying',
] as const satisfies readonly Phase[];

const OUTCOMES = [
  'healed',
  'self-recovered',
  'observed',
  'refused',
  'denied',
  'expired',
  'cancelled',
  'not-healed',
  'unknown',
  'escalated',
  'merged',
] as const satisfies readonly Outcome[];

/** From half a millisecond to ten seconds: webhooks, steps, commits. */
const QUICK = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From seconds to hours: how long an incident lasts. */
const LONG = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

/** Every metric of AutoHeal, defined here and nowhere else, in a registry of its own. */
export function makeMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  const webhooks = new Counter({
    name: 'autoheal_webhooks_total',
    help: 'Webhooks answered, by HTTP status.',
    labelNames: ['status'],
    registers,
  });
  const webhookAlerts = new Counter({
    name: 'autoheal_webhook_alerts_total',
    help: 'Alerts of journalled webhooks, by whether they could be used.',
    labelNames: ['result'],
    registers,
  });
  const webhookSeconds = new Histogram({
    name: 'autoheal_webhook_duration_seconds',
    help: 'From the first byte of a webhook to its answer.',
    buckets: QUICK,
    registers,
  });
  const steps = new Counter({
    name: 'autoheal_steps_total',
    help: 'Steps of incidents, by the phase before and after; failed and stale ones too.',
    labelNames: ['from', 'to'],
    registers,
  });
  const stepSeconds = new Histogram({
    name: 'autoheal_step_duration_seconds',
    help: 'Duration of one step, commit included, by the phase it started from.',
    labelNames: ['from'],
    buckets: QUICK,
    registers,
  });
  const closed = new Counter({
    name: 'autoheal_incidents_closed_total',
    help: 'Incidents that ended, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const open = new Gauge({
    name: 'autoheal_incidents_open',
    help: 'Open incidents, by phase.',
    labelNames: ['phase'],
    registers,
  });
  const recovery = new Histogram({
    name: 'autoheal_recovery_seconds',
    help: 'From the first alert of an incident to its verified recovery.',
    labelNames: ['outcome'],
    buckets: LONG,
    registers,
  });
  const actions = new Counter({
    name: 'autoheal_actions_total',
    help: 'Remedies that were executed, by what became of the write.',
    labelNames: ['remedy', 'result'],
    registers,
  });
  const refusals = new Counter({
    name: 'autoheal_refusals_total',
    help: 'Guards that said no, by reason.',
    labelNames: ['code'],
    registers,
  });
  const notifications = new Counter({
    name: 'autoheal_notifications_total',
    help: 'Tries to tell people, by channel and result.',
    labelNames: ['channel', 'result'],
    registers,
  });
  const waiting = new Gauge({
    name: 'autoheal_queue_depth',
    help: 'What waits: webhooks to be grouped, incidents that are due, notifications to be sent.',
    labelNames: ['queue'],
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'autoheal_store_commit_duration_seconds',
    help: 'Duration of a durable commit, by operation.',
    labelNames: ['operation'],
    buckets: QUICK,
    registers,
  });

  // Series that exist from the start let rate() and increase() see the first event.
  for (const status of ['200', '400', '401', '413', '503']) webhooks.inc({ status }, 0);
  for (const result of ['accepted', 'rejected']) webhookAlerts.inc({ result }, 0);
  for (const outcome of OUTCOMES) closed.inc({ outcome }, 0);
  for (const outcome of RECOVERIES) recovery.zero({ outcome });

  return {
    webhook({ status, alerts, rejected, seconds }) {
      webhooks.inc({ status: String(status) });
      webhookAlerts.inc({ result: 'accepted' }, alerts);
      webhookAlerts.inc({ result: 'rejected' }, rejected);
      webhookSeconds.observe(seconds);
    },
    step({ from, to, seconds }) {
      steps.inc({ from, to });
      stepSeconds.observe({ from }, seconds);
    },
    closed({ outcome, seconds }) {
      closed.inc({ outcome });
      if (RECOVERIES.has(outcome)) recovery.observe({ outcome }, seconds);
    },
    action: (sample) => actions.inc(sample),
    refusal: (code) => refusals.inc({ code }),
    notification: (sample) => notifications.inc(sample),
    storeCommit: ({ operation, seconds }) => commitSeconds.observe({ operation }, seconds),
    queue(sample) {
      waiting.set({ queue: 'deliveries' }, sample.deliveries);
      waiting.set({ queue: 'incidents' }, sample.due);
      waiting.set({ queue: 'notifications' }, sample.notifications);
      for (const phase of PHASES) open.set({ phase }, sample.open[phase] ?? 0);
    },
    async expose() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

const RECOVERIES: ReadonlySet<Outcome> = new Set<Outcome>(['healed', 'self-recovered']);
