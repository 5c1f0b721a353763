import { makeDryRunCluster, type DryRunCluster, type RehearsedWrite } from '../adapters/dry-run-cluster.ts';
import { makeKubernetesCluster } from '../adapters/kubernetes/cluster.ts';
import { openSqliteStore } from '../adapters/store/sqlite-store.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { buildApp, type App } from '../app.ts';
import type { Alert } from '../domain/alert.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Decided, IncidentId, Received, Scored } from '../domain/incident.ts';
import { writesOf, type Candidate, type Refusal } from '../domain/remedy.ts';
import type { Endpoints } from '../ports/endpoints.ts';
import { parseWebhook } from '../receive/webhook.ts';
import { makeLogger } from '../telemetry/logger.ts';
import type { ExplainedRemedy, Explanation } from './explanation.ts';
import { explanationText } from './explanation-text.ts';
import { readConfig, readText } from './read-config.ts';

/**
 * Prints for one alert every remedy of the catalogue: whether it applies and why, the exact requests it would send, and what the
 * API server answers to a dry run of them. Nothing is changed: every write is a dry run, and no endpoint is called.
 */
export async function explain(
  file: string,
  options: { readonly config?: string; readonly json?: boolean },
): Promise<void> {
  const config = readConfig(options.config);
  const alerts = readAlerts(file);
  const { timeoutMs } = config.cluster;
  const cluster = makeDryRunCluster(makeKubernetesCluster({ connection: config.cluster, timeoutMs }));
  const store = await openSqliteStore({ path: ':memory:' });
  const log = makeLogger({ level: 'error' });
  const app = await buildApp(config, { store, cluster, endpoints: NEVER_CALLED, notifiers: [], log });
  try {
    const explanations: Explanation[] = [];
    for (const alert of alerts) explanations.push(await explainAlert(alert, app, cluster));
    const text =
      options.json === true ? JSON.stringify(explanations, null, 2) : explanations.map(explanationText).join('\n');
    process.stdout.write(`${text}\n`);
  } finally {
    await app.stop(1000);
  }
}

const NEVER_CALLED: Endpoints = {
  call: async () => ({ kind: 'refused', status: 0, message: 'nothing is called while explaining' }),
};

/** The alerts of a webhook body, or a single alert. */
function readAlerts(file: string): readonly Alert[] {
  const text = readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AutoHealError('PAYLOAD_INVALID', `${file} is not JSON: ${errorText(error)}`, { cause: error });
  }
  const single = typeof value === 'object' && value !== null && !('alerts' in value) ? value : undefined;
  const body = single === undefined ? text : JSON.stringify(webhookOf(single));
  const parsed = parseWebhook(body, systemClock.now());
  if (parsed.kind === 'invalid') throw new AutoHealError('PAYLOAD_INVALID', `${file}: ${parsed.why}`);
  const [problem] = parsed.webhook.rejected;
  if (problem !== undefined) {
    throw new AutoHealError('PAYLOAD_INVALID', `${file}: alert ${problem.index} cannot be used: ${problem.reason}`);
  }
  return parsed.webhook.alerts;
}

function webhookOf(alert: object): object {
  // Just begun, unless it says otherwise: what changed before it may be to blame.
  const startsAt = new Date(systemClock.now()).toISOString();
  const whole = {
    status: 'firing',
    annotations: {},
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    ...alert,
  };
  return {
    version: '4',
    groupKey: 'explain',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'explain',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
    alerts: [whole],
  };
}

async function explainAlert(alert: Alert, { work }: App, cluster: DryRunCluster): Promise<Explanation> {
  const { heal } = work;
  const location = await heal.locate([alert]);
  if (location.kind === 'unlocated') {
    return { alert: alert.labels, location, causes: [], missing: [], remedies: [] };
  }
  const now = heal.now();
  const received: Received = {
    id: 'explain' as IncidentId, // Only ever shown: nothing is stored under it.
    phase: 'received',
    openedAt: now,
    updatedAt: now,
    alerts: [alert],
    rung: 1,
    attempts: [],
    failures: 0,
  };
  const diagnosis = await heal.diagnose(location, [alert]);
  const diagnosed = { ...received, phase: 'diagnosed', location, diagnosis } as const;
  const candidates = heal.score(diagnosed, []);
  const scored: Scored = { ...diagnosed, phase: 'scored', candidates };
  const verdict = await heal.decide(scored, []);
  const decided: Decided = { ...scored, phase: 'decided', verdict };
  const remedies: ExplainedRemedy[] = [];
  for (const candidate of candidates) remedies.push(await explainRemedy(candidate, decided, heal.plan, cluster));
  const { causes, evidence } = diagnosis;
  return { alert: alert.labels, location, causes, missing: evidence.missing, remedies, verdict };
}

async function explainRemedy(
  candidate: Candidate,
  incident: Decided,
  plan: App['work']['heal']['plan'],
  cluster: DryRunCluster,
): Promise<ExplainedRemedy> {
  const { remedy, score, because, disruption, refusal } = candidate;
  const known = { remedy, score, because, ...(disruption === undefined ? {} : { disruption }) };
  if (refusal !== undefined) return { ...known, applies: false, refusal, requests: [] };
  if (remedy === 'none') return { ...known, applies: true, requests: [] };
  const before = cluster.rehearsals.length;
  const answer = await plan(incident, candidate).catch((error: unknown) => unplanned(error));
  const requests = lastOfEach(cluster.rehearsals.slice(before));
  if (answer.kind === 'refused') return { ...known, applies: false, refusal: answer.refusal, requests };
  const { summary, diff, giveBack, call } = answer.intent;
  return {
    ...known,
    applies: true,
    summary,
    requests: requests.slice(-writesOf(answer.intent).length),
    ...(diff === undefined ? {} : { diff }),
    ...(giveBack === undefined ? {} : { giveBack }),
    ...(call === undefined ? {} : { call }),
  };
}

function unplanned(error: unknown): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: { code: 'api-unavailable', why: errorText(error) } };
}

/** A plan may be rehearsed again when its object changed in between: the last try is what counts. */
function lastOfEach(rehearsals: readonly RehearsedWrite[]): readonly RehearsedWrite[] {
  return [...new Map(rehearsals.map((each) => [each.write.path, each])).values()];
}
