import { makeDryRunCluster, type RehearsedWrite } from '../adapters/dry-run-cluster.ts';
import { makeKubernetesCluster } from '../adapters/kubernetes/cluster.ts';
import { openSqliteStore } from '../adapters/store/sqlite-store.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { buildApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { Cluster } from '../ports/cluster.ts';
import { parseWebhook } from '../receive/webhook.ts';
import { startSnapshot } from '../simulator/snapshot.ts';
import { makeLogger } from '../telemetry/logger.ts';
import { drain } from '../worker.ts';
import { describeForTerminal } from './incident-text.ts';
import { readConfig, readText } from './read-config.ts';

export interface ReplayOptions {
  readonly config?: string;
  readonly objects?: string;
  readonly json?: boolean;
}

/**
 * Runs a saved webhook through the real stages and prints what each found: owner, causes, scores, verdict, and the write
 * that would be sent. Nothing is changed: the store is in memory, every write a dry run, and nobody is told.
 */
export async function replay(file: string, options: ReplayOptions): Promise<void> {
  const config = readConfig(options.config);
  const body = readText(file);
  const now = systemClock.now();
  const parsed = parseWebhook(body, now);
  if (parsed.kind === 'invalid') throw new AutoHealError('PAYLOAD_INVALID', `${file}: ${parsed.why}`);
  const opened = await openCluster(config, options.objects);
  const cluster = makeDryRunCluster(opened.cluster);
  const { incidents, ignored } = await run(config, cluster, body);
  await opened.close();
  const { rejected } = parsed.webhook;
  if (options.json === true) {
    const found = { incidents: incidents.map(summaryOf), ignored, rejected, writes: cluster.writes };
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  for (const incident of incidents) process.stdout.write(`${describeForTerminal(incident)}\n\n`);
  for (const rehearsed of cluster.writes) process.stdout.write(`${describeWrite(rehearsed)}\n`);
  for (const reason of ignored) process.stdout.write(`ignored: ${reason}\n`);
  for (const { index, reason } of rejected) process.stdout.write(`alert ${index} cannot be used: ${reason}\n`);
  if (incidents.length === 0) process.stdout.write('no incident would be opened\n');
}

interface ReplayCluster {
  readonly cluster: Cluster;
  readonly close: () => Promise<void>;
}

async function openCluster(config: Config, objects: string | undefined): Promise<ReplayCluster> {
  const { timeoutMs } = config.cluster;
  if (objects === undefined) {
    return { cluster: makeKubernetesCluster({ connection: config.cluster, timeoutMs }), close: async () => undefined };
  }
  const snapshot = await startSnapshot(readList(objects), () => systemClock.now());
  return {
    cluster: makeKubernetesCluster({ connection: { server: snapshot.url }, timeoutMs }),
    close: () => snapshot.close(),
  };
}

function readList(file: string): readonly unknown[] {
  const text = readText(file);
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new AutoHealError('CONFIG_INVALID', `${file} is not JSON: ${errorText(error)}`, { cause: error });
  }
  if (typeof list === 'object' && list !== null && 'items' in list && Array.isArray(list.items)) return list.items;
  throw new AutoHealError('CONFIG_INVALID', `${file} is not a Kubernetes List: make one with kubectl get ... -o json`);
}

/** The incidents as they stood when nothing was left to do at once: ended, or waiting. */
async function run(
  config: Config,
  cluster: Cluster,
  body: string,
): Promise<{ readonly incidents: readonly Incident[]; readonly ignored: readonly string[] }> {
  const store = await openSqliteStore({ path: ':memory:' });
  const last = new Map<string, Incident>();
  const app = await buildApp(
    config,
    { store, cluster, notifiers: [], log: makeLogger({ level: 'error' }) },
    { onStep: (_before, after) => last.set(after.id, after) },
  );
  const ignored: string[] = [];
  try {
    await store.appendDeliveries([{ id: 'replay', receivedAt: systemClock.now(), body }]);
    const group: typeof app.work.group = async (delivery) => {
      const grouping = await app.work.group(delivery);
      for (const each of grouping.grouped) {
        if (each.kind === 'ignore') ignored.push(`${each.alert.labels['alertname'] ?? ''}: ${each.because}`);
      }
      return grouping;
    };
    await drain({ ...app.work, group });
    return { incidents: [...last.values()], ignored };
  } finally {
    await app.stop(1000);
  }
}

/** What a script wants to know of an incident. */
function summaryOf(incident: Incident): object {
  const { phase, alerts } = incident;
  return {
    phase,
    alerts: alerts.map((alert) => alert.labels),
    ...('location' in incident ? { location: incident.location } : {}),
    ...('diagnosis' in incident ? { causes: incident.diagnosis?.causes } : {}),
    ...('diagnosis' in incident ? { missing: incident.diagnosis?.evidence.missing } : {}),
    ...('candidates' in incident ? { scores: incident.candidates } : {}),
    ...('verdict' in incident ? { verdict: incident.verdict } : {}),
    ...(incident.phase === 'closed' ? { outcome: incident.outcome, because: incident.because } : {}),
  };
}

function describeWrite({ write, answer }: RehearsedWrite): string {
  const said = answer.kind === 'ok' ? 'accepted in a dry run' : `${answer.kind}: ${answer.message}`;
  return `would send ${write.method} ${write.path} (${write.contentType}), ${said}\n${JSON.stringify(write.body, null, 2)}`;
}
