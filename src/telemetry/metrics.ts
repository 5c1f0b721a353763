import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome, Phase, Restore } from '../domain/incident.ts';
import type { ActionResult, RefusalCode, RemedyName } from '../domain/remedy.ts';
import type { NotifyFailure } from '../ports/notifier.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { makeModelMetrics, type ModelMetrics } from './model-metrics.ts';

export interface Metrics extends Telemetry, ModelMetrics {
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

/** As keys, so that a code that is added to the union and forgotten here does not compile. */
const REFUSAL_CODES = {
  'does-not-cure': 0,
  'wrong-kind': 0,
  'no-pod-named': 0,
  'already-tried': 0,
  'bare-pod': 0,
  'no-disruption-allowed': 0,
  'rollout-in-progress': 0,
  paused: 0,
  'no-healthy-revision': 0,
  'no-rollback-annotation': 0,
  'symptom-older-than-revision': 0,
  'gitops-owned': 0,
  'autoscaler-owned': 0,
  'at-upper-bound': 0,
  'at-lower-bound': 0,
  'upstream-cause': 0,
  'incident-in-namespace': 0,
  'no-revision-history': 0,
  'revision-needs-missing': 0,
  'operator-owned': 0,
  'no-rollout-in-progress': 0,
  'not-held-by-autoheal': 0,
  'no-endpoint': 0,
  'no-service': 0,
  'no-fallback': 0,
  'fallback-not-healthy': 0,
  'last-healthy-pod': 0,
  'no-limit-set': 0,
  'no-node-fits': 0,
  'no-cooler-node': 0,
  'quota-exceeded': 0,
  'nothing-to-clean': 0,
  'autoscaler-exists': 0,
  'no-requests-set': 0,
  'control-plane-node': 0,
  'single-node': 0,
  'too-many-nodes-out': 0,
  'node-recovered': 0,
  'node-not-ready': 0,
  'workload-not-healthy': 0,
  'still-needed': 0,
  'no-node-group': 0,
  'no-runbook': 0,
  'runbook-invalid': 0,
  'too-disruptive': 0,
  'not-located': 0,
  'notify-only': 0,
  protected: 0,
  'opted-out': 0,
  'not-allowed-by-policy': 0,
  silenced: 0,
  'evidence-missing': 0,
  'evidence-stale': 0,
  cooldown: 0,
  recurring: 0,
  'budget-spent': 0,
  'low-score': 0,
  resolved: 0,
  'guard-failed': 0,
  'dry-run-refused': 0,
  infeasible: 0,
  'endpoint-failed': 0,
  'changed-since': 0,
  forbidden: 0,
  'api-unavailable': 0,
} as const satisfies Record<RefusalCode, 0>;

/** Those of an action that reached the phase `acted`: a refused one goes back or ends the incident. */
const RESULTS = { done: 0, 'already-done': 0, unknown: 0 } as const satisfies Record<
  Exclude<ActionResult['kind'], 'refused'>,
  0
>;

const RESTORE_RESULTS = ['undone', 'refused', 'unknown'] as const satisfies readonly Restore['state'][];
const CHANNELS = ['slack', 'email', 'kubernetes-event'] as const;
const NOTIFY_FAILURES = {
  auth: 0,
  'rate-limited': 0,
  client: 0,
  server: 0,
  timeout: 0,
  unreachable: 0,
} as const satisfies Record<NotifyFailure, 0>;

/** From half a millisecond to ten seconds: webhooks, steps, commits. */
const QUICK = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** From seconds to hours: how long an incident lasts. */
const LONG = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

/**
 * Every metric of AutoHeal, defined here, and in `model-metrics.ts` those of the model, in a registry of its own.
 *
 * @param options.version the version that `autoheal_build_info` tells; left out where it is not known
 * @param options.remedies those whose counters exist from the start
 */
export function makeMetrics(
  options: { readonly version?: string; readonly remedies?: readonly RemedyName[] } = {},
): Metrics {
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
  const restores = new Counter({
    name: 'autoheal_restores_total',
    help: 'Changes that were to be taken back after an incident, by what became of them.',
    labelNames: ['result'],
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

  const buildInfo = new Gauge({
    name: 'autoheal_build_info',
    help: 'Always 1; the labels tell which version runs on which Node.',
    labelNames: ['version', 'node'],
    registers,
  });

  if (options.version !== undefined) buildInfo.set({ version: options.version, node: process.version }, 1);
  // Series that exist from the start let rate() and increase() see the first event.
  for (const outcome of RECOVERIES) recovery.zero({ outcome });
  startAtZero({ webhooks, webhookAlerts, closed, refusals, actions, restores, notifications }, options.remedies ?? []);

  return {
    ...makeModelMetrics(registry),
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
    restored: (result) => restores.inc({ result }),
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

type Counters = Readonly<
  Record<
    'webhooks' | 'webhookAlerts' | 'closed' | 'refusals' | 'actions' | 'restores' | 'notifications',
    { inc(labels: Readonly<Record<string, string>>, value: number): void }
  >
>;

function startAtZero(counters: Counters, remedies: readonly RemedyName[]): void {
  for (const status of ['200', '400', '401', '413', '503']) counters.webhooks.inc({ status }, 0);
  for (const result of ['accepted', 'rejected']) counters.webhookAlerts.inc({ result }, 0);
  for (const outcome of OUTCOMES) counters.closed.inc({ outcome }, 0);
  for (const code of Object.keys(REFUSAL_CODES)) counters.refusals.inc({ code }, 0);
  for (const remedy of remedies) {
    for (const result of Object.keys(RESULTS)) counters.actions.inc({ remedy, result }, 0);
  }
  for (const result of RESTORE_RESULTS) counters.restores.inc({ result }, 0);
  const failures = Object.keys(NOTIFY_FAILURES).flatMap((reason) => [`retry-${reason}`, `dead-${reason}`]);
  for (const channel of CHANNELS) {
    for (const result of ['sent', ...failures]) counters.notifications.inc({ channel, result }, 0);
  }
}
