import { randomBytes, randomUUID } from 'node:crypto';
import { makeExecute, makeReadBack } from './act/execute.ts';
import { CATALOGUE, considerAll, REMEDY_TRAITS } from './act/catalogue.ts';
import { makePlan } from './act/plan.ts';
import { contextOf, type PolicyOfRemedies } from './act/remedy.ts';
import { undo } from './act/undo.ts';
import { makeAlertmanagerSource } from './adapters/alertmanager.ts';
import { makeEmailNotifier } from './adapters/email/email-notifier.ts';
import { makeHealEndpoints } from './adapters/heal-endpoints.ts';
import { makeKubernetesEventNotifier } from './adapters/kubernetes-event.ts';
import { makeKubernetesCluster } from './adapters/kubernetes/cluster.ts';
import { DEFAULT_SIGNAL_TEMPLATES } from './adapters/prometheus/signal-templates.ts';
import { makePrometheusSource } from './adapters/prometheus/source.ts';
import { makeSlackNotifier } from './adapters/slack/slack-notifier.ts';
import { openSqliteStore } from './adapters/store/sqlite-store.ts';
import { systemClock } from './adapters/system-clock.ts';
import { championOf } from './champion.ts';
import type { Config } from './config/config.ts';
import { makeDecide, makeMayStillAct } from './decide/decide.ts';
import { makeMayTakeBack } from './decide/take-back.ts';
import { makeDiagnose } from './diagnose/diagnose.ts';
import { makeGatherEvidence } from './diagnose/evidence/gather.ts';
import { makeLocate } from './diagnose/locate/locate.ts';
import { AutoHealError, errorText } from './domain/errors.ts';
import type { IncidentId } from './domain/incident.ts';
import { undoIdOf } from './domain/undo-journal.ts';
import { makeGroup, REOPEN_AFTER_MS } from './group/group.ts';
import type { HealDeps } from './heal.ts';
import { makeFanOut } from './notify/fan-out.ts';
import { tallyStep } from './learn/observe.ts';
import { watchModel } from './learn/watch.ts';
import { isMilestone } from './notify/milestone.ts';
import type { AlertSource } from './ports/alerts.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';
import type { Endpoints } from './ports/endpoints.ts';
import type { Log } from './ports/log.ts';
import type { MetricSource } from './ports/metrics.ts';
import type { Notifier } from './ports/notifier.ts';
import type { Store } from './ports/store.ts';
import { makeDeliveryIds } from './receive/delivery-id.ts';
import { makeJournal } from './receive/journal-batch.ts';
import { buildServer, type Readiness } from './receive/server.ts';
import { parseWebhook } from './receive/webhook.ts';
import { makeScore, type ModelInUse } from './score/by-model.ts';
import { makeLogger } from './telemetry/logger.ts';
import { makeMetrics, type Metrics } from './telemetry/metrics.ts';
import { VERSION } from './version.ts';
import { judge } from './verify/progress.ts';
import { makeVerify } from './verify/recovery.ts';
import { startWorker, type WorkerDeps } from './worker.ts';

/** The outside parts. Those that are given replace the ones that the configuration names: for the demo, `replay` and tests. */
export interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly cluster: Cluster;
  readonly endpoints: Endpoints;
  readonly metrics: MetricSource;
  readonly alerts: AlertSource;
  readonly notifiers: readonly Notifier[];
  /** The model that is asked; undefined for the rules alone. */
  readonly champion: () => ModelInUse | undefined;
}

/** AutoHeal, wired. */
export interface App {
  readonly log: Log;
  readonly store: Store;
  /** Everything that the worker works with; `drain` and benches use it without starting one. */
  readonly work: WorkerDeps;
  /** Starts to listen and to heal; resolves with the address. */
  listen(): Promise<string>;
  /** Takes nothing new, finishes the steps under way within `graceMs`, and closes everything in reverse order. */
  stop(graceMs: number): Promise<void>;
}

export type AppHooks = Pick<WorkerDeps, 'onStep'>;

/**
 * Builds the service from its configuration: the one place where adapters meet stages. What was opened before a failure is
 * closed again.
 *
 * @throws AutoHealError `CONFIG_INVALID` or `NOT_READY` when a part cannot be opened.
 */
export async function buildApp(config: Config, given: Partial<Parts> = {}, hooks: AppHooks = {}): Promise<App> {
  const teardown: (() => Promise<void>)[] = [];
  const clock = given.clock ?? systemClock;
  const log = given.log ?? makeLogger({ level: config.log.level });
  const telemetry = makeMetrics({ version: VERSION, remedies: CATALOGUE.map(({ name }) => name) });
  const store =
    given.store ?? (await openSqliteStore({ path: config.store.path, log, telemetry, now: () => clock.now() }));
  teardown.push(() => store.close());
  try {
    const parts = { ...outsideParts(config, given, { log, telemetry }), clock, log, store, telemetry };
    const work: WorkerDeps = {
      store,
      heal: wireHeal(config, parts),
      group: wireGroup(config, parts),
      ...wireNotify(parts),
      clock,
      telemetry,
      log,
      settings: WORKER_SETTINGS,
      onStep(before, after) {
        tallyStep(before, after, telemetry);
        hooks.onStep?.(before, after);
      },
    };
    return run(config, work, { telemetry, teardown, champion: parts.champion });
  } catch (error) {
    await unwind(teardown);
    throw error;
  }
}

const WORKER_SETTINGS: WorkerDeps['settings'] = { concurrency: 8, leaseMs: 60_000, idleMs: 5_000, maxFailures: 10 };
const DAY_MS = 24 * 60 * 60 * 1000;

type Wired = Omit<Parts, 'alerts'> & {
  readonly alerts?: AlertSource;
  readonly telemetry: Metrics;
};

function outsideParts(
  config: Config,
  given: Partial<Parts>,
  { log, telemetry }: { readonly log: Log; readonly telemetry: Metrics },
): Pick<Wired, 'cluster' | 'endpoints' | 'metrics' | 'alerts' | 'notifiers' | 'champion'> {
  const cluster =
    given.cluster ?? makeKubernetesCluster({ connection: config.cluster, timeoutMs: config.cluster.timeoutMs, log });
  const alerts = given.alerts ?? (config.alertmanager && makeAlertmanagerSource(config.alertmanager));
  return {
    cluster,
    endpoints: given.endpoints ?? makeHealEndpoints({ timeoutMs: config.cluster.timeoutMs }),
    metrics: given.metrics ?? prometheusOf(config, log),
    notifiers: given.notifiers ?? notifiersOf(config, cluster, log),
    champion: given.champion ?? championOf(config, log, telemetry),
    ...(alerts && { alerts }),
  };
}

/** Signals from Prometheus; without one every signal is unknown, and so is every recovery that would need one. */
function prometheusOf(config: Config, log: Log): MetricSource {
  const { prometheus } = config;
  if (prometheus === undefined) return { signals: async () => ({}) };
  const templates = { ...DEFAULT_SIGNAL_TEMPLATES, ...prometheus.signals };
  return makePrometheusSource({ ...prometheus, templates, log });
}

function notifiersOf(config: Config, cluster: Cluster, log: Log): readonly Notifier[] {
  const { slack, email, kubernetesEvents, grafanaUrl } = config.notify;
  const { publicUrl } = config.server;
  const links = { ...(publicUrl !== undefined && { publicUrl }), ...(grafanaUrl !== undefined && { grafanaUrl }) };
  return [
    ...(slack === undefined ? [] : [makeSlackNotifier({ ...slack, ...links, log })]),
    ...(email === undefined ? [] : [makeEmailNotifier({ ...email, ...links, log })]),
    ...(kubernetesEvents ? [makeKubernetesEventNotifier({ cluster })] : []),
  ];
}

function wireHeal(config: Config, parts: Wired): HealDeps {
  const { cluster, metrics, clock, store } = parts;
  const { policy } = config;
  const { monitoringNamespaces, allowTargetOverride } = config.locate;
  const remedyPolicy = policyOfRemedies(config);
  const acting = { cluster, endpoints: parts.endpoints, clock, catalogue: CATALOGUE, policy: remedyPolicy };
  const deciding = {
    policy,
    cluster,
    clock,
    monitoringNamespaces,
    self: config.self,
    ...(parts.alerts && { alerts: parts.alerts }),
  };
  const gather = makeGatherEvidence({ cluster, metrics, clock, deadlineMs: config.diagnose.deadlineMs });
  const score = makeScore({ champion: parts.champion, traits: REMEDY_TRAITS, actFrom: policy.minimumScore });
  return {
    locate: makeLocate({ cluster, allowTargetOverride, monitoringNamespaces }),
    diagnose: makeDiagnose({ gather, clock }),
    score: (incident, history) =>
      score({ ...incident, considered: considerAll(contextOf(incident, remedyPolicy)), history }),
    decide: makeDecide(deciding),
    mayStillAct: makeMayStillAct(deciding),
    plan: makePlan(acting),
    execute: makeExecute(acting),
    readBack: makeReadBack(acting),
    mayTakeBack: makeMayTakeBack({ cluster, metrics, clock }),
    takeBack: (restore) => undo(restore.undo, cluster, { actionId: restore.actionId, undoId: undoIdOf(restore) }),
    verify: makeVerify({ cluster, metrics, clock, settleSeconds: policy.verification.stableSeconds }),
    judge,
    openIncidentOf: (workload) => store.openIncidentOf(workload),
    historyOf: (workload, now) => store.actionsSince({ since: now - DAY_MS, workload }),
    approvalOf: (incident, rung) => store.approvalOf(incident, rung),
    policy,
    now: () => clock.now(),
  };
}

/** What remedies obey: they keep their hands off the monitoring and AutoHeal itself too, whatever is drained around them. */
function policyOfRemedies({ policy, locate, self }: Config): PolicyOfRemedies {
  const own = self.namespace === undefined ? [] : [self.namespace];
  return { ...policy, protectedNamespaces: [...policy.protectedNamespaces, ...locate.monitoringNamespaces, ...own] };
}

function wireGroup(config: Config, { store, clock }: Wired): WorkerDeps['group'] {
  return makeGroup({
    store,
    clock,
    newIncidentId,
    parse: parseWebhook,
    rules: { alertLagMs: config.policy.alertLagSeconds * 1000, reopenAfterMs: REOPEN_AFTER_MS },
  });
}

function wireNotify({
  notifiers,
  store,
  clock,
  telemetry,
  log,
}: Wired): Pick<WorkerDeps, 'channelsFor' | 'deliverOne'> {
  const channels = notifiers.map((notifier) => notifier.channel);
  const fanOut = makeFanOut({ store, notifiers, clock, telemetry, log, random: Math.random });
  return {
    channelsFor: (after, before) => (isMilestone(after, before) ? channels : []),
    deliverOne: () => fanOut.deliverOne(),
  };
}

/** Sortable by time and unlike any other: `inc-`, the time in base 36, and 64 random bits. */
function newIncidentId(): IncidentId {
  return `inc-${Date.now().toString(36)}${randomBytes(8).toString('hex')}` as IncidentId; // The one place that makes them.
}

interface Running extends Pick<Parts, 'champion'> {
  readonly telemetry: Metrics;
  readonly teardown: (() => Promise<void>)[];
}

function run(config: Config, work: WorkerDeps, { telemetry, teardown, champion }: Running): App {
  const { store, clock, log } = work;
  let draining = false;
  let graceMs = 0;
  let wake = (): void => undefined;
  const journal = makeJournal({ store, clock, newDeliveryId: makeDeliveryIds(clock, randomUUID) });
  const server = buildServer({
    journal,
    store,
    clock,
    log,
    telemetry,
    auth: config.server.auth,
    limits: { bodyLimit: config.server.bodyLimitMiB * 1024 * 1024 },
    ready: () => readiness(work),
    draining: () => draining,
    metrics: async () => {
      telemetry.queue(await store.queues(clock.now()));
      return telemetry.expose();
    },
    onJournalled: () => wake(),
  });
  return {
    log,
    store,
    work,
    async listen() {
      const { host, port } = config.server;
      const url = await server.listen({ host, port }).catch((error: unknown) => {
        const why = `cannot listen on ${host}:${port}: ${errorText(error)}; choose another server.port (--port)`;
        throw new AutoHealError('CONFIG_INVALID', why, { cause: error });
      });
      const worker = startWorker(work);
      const watching = new AbortController();
      const watch = watchModel(
        { store, champion, traits: REMEDY_TRAITS, gauges: telemetry, clock, log },
        watching.signal,
      );
      teardown.push(async () => {
        watching.abort();
        await watch;
      });
      wake = () => worker.wake();
      // Last in, first out: no webhook is taken while the worker stops, and the store closes after both.
      teardown.push(() => worker.stop(graceMs));
      teardown.push(() => server.close());
      return url;
    },
    async stop(grace) {
      draining = true;
      graceMs = grace;
      await unwind(teardown);
    },
  };
}

/** Ready means: what arrives can be journalled. A cluster or Prometheus that is away delays healing, not intake. */
async function readiness({ store, clock }: WorkerDeps): Promise<Readiness> {
  try {
    await store.queues(clock.now());
    return { ok: true, problems: [] };
  } catch (error) {
    return { ok: false, problems: [`the store does not answer: ${errorText(error)}`] };
  }
}

/** Closes what was opened, last first; one that fails does not keep the others open. */
async function unwind(teardown: (() => Promise<void>)[]): Promise<void> {
  for (let close = teardown.pop(); close !== undefined; close = teardown.pop()) {
    await close().catch(() => undefined);
  }
}
