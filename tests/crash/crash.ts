import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { startSimulation, type Simulation } from '../../src/simulator/simulation.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import type { WorldSpec } from '../../src/simulator/world/spec.ts';
import { makeLogger } from '../../src/telemetry/logger.ts';
import { killPlan, type KillPoint } from './kill-points.ts';

export interface CrashReport {
  readonly kills: number;
  /** Alerts that were answered 200. */
  readonly acknowledged: number;
  /** Acknowledged alerts that no incident of the journal holds. */
  readonly lost: number;
  /** Real writes beyond the first of one action id, plus those beyond the one that each workload needed. */
  readonly duplicate_writes: number;
  /** Real writes that took effect. */
  readonly writes: number;
  /** Workloads whose incident ended as healed. */
  readonly healed: number;
  readonly workloads: number;
  /** Problems of the journal's hash chain after everything. */
  readonly chain_problems: number;
}

interface Batch {
  readonly folder: string;
  readonly simulation: Simulation;
  readonly writes: readonly WriteRecord[];
  readonly services: readonly string[];
}

const CHILD = join(import.meta.dirname, 'child.ts');
/** Ill workloads of one simulated cluster; for more kills another cluster is made. */
const BATCH = 25;

/**
 * Kills the running service with SIGKILL as often as asked, at every point of its journal and in the middle of its writes,
 * lets it finish, and counts what was lost and what was done twice.
 */
export async function crash(options: {
  readonly kills: number;
  readonly random: () => number;
  readonly progress: (line: string) => void;
}): Promise<CrashReport> {
  const plan = killPlan(options.kills, options.random);
  const total = {
    kills: 0,
    acknowledged: 0,
    lost: 0,
    duplicate_writes: 0,
    writes: 0,
    healed: 0,
    workloads: 0,
    chain_problems: 0,
  };
  for (let start = 0; start < plan.length; start += BATCH) {
    const report = await crashBatch(plan.slice(start, start + BATCH), options.progress);
    for (const key of Object.keys(total) as (keyof CrashReport)[]) total[key] += report[key]; // The keys of CrashReport.
    options.progress(`${total.kills} of ${plan.length} kills: ${JSON.stringify(total)}`);
  }
  return total;
}

async function crashBatch(plan: readonly KillPoint[], progress: (line: string) => void): Promise<CrashReport> {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-crash-'));
  const writes: WriteRecord[] = [];
  const services = plan.map((_, index) => `svc-${index}`);
  const log = makeLogger({ level: 'error' });
  const simulation = await startSimulation({
    scenario: scenarioOf(services),
    seed: 7,
    wall: systemClock,
    speed: 1,
    log,
    api: { onWrite: (record) => writes.push(record) },
  });
  const batch: Batch = { folder, simulation, writes, services };
  try {
    return await runBatch(batch, plan, progress);
  } finally {
    await simulation.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runBatch(
  batch: Batch,
  plan: readonly KillPoint[],
  progress: (line: string) => void,
): Promise<CrashReport> {
  const acknowledged = new Set<string>();
  for (const service of batch.services) {
    batch.simulation.world.inject({ id: service, kind: 'bad-rollout-crash', target: { namespace: 'crash', service } });
  }
  await until('all services crash', 60, async () =>
    batch.services.every((service) => crashingPod(batch, service) !== undefined),
  );

  let kills = 0;
  for (const [index, kill] of plan.entries()) {
    kills += await lifeAndDeath(batch, kill, { index, acknowledged });
  }
  await finish(batch, acknowledged);
  return { ...(await count(batch, acknowledged, progress)), kills };

  /** One life of the service: it gets alerts, new ones and repeated ones, until it dies. Counts 1 when it was killed. */
  async function lifeAndDeath(
    { folder }: Batch,
    kill: KillPoint,
    life: { readonly index: number; readonly acknowledged: Set<string> },
  ): Promise<number> {
    const child = await startChild(folder, batch.simulation.apiUrl, kill.when === 'random' ? undefined : kill);
    const dead = deathOf(child.process);
    if (kill.when === 'random') setTimeout(() => child.process.kill('SIGKILL'), kill.afterMs ?? 0);
    const subjects = [life.index, life.index - 1, Math.floor(life.index / 2)].map((at) => batch.services[at]);
    for (const service of new Set(subjects)) {
      if (service !== undefined && child.url !== undefined) await post(child.url, batch, service, life.acknowledged);
    }
    const died = await Promise.race([dead.then(() => true), systemClock.sleep(DEATH_WITHIN_MS).then(() => false)]);
    if (!died) {
      progress(
        `the point ${kill.when} ${kill.point} was not reached within ${DEATH_WITHIN_MS} ms: killed from outside`,
      );
      child.process.kill('SIGKILL');
      await dead;
    }
    return 1;
  }
}

const DEATH_WITHIN_MS = 12_000;

/** The service lives on undisturbed until every alert was acknowledged and every incident has ended. */
async function finish(batch: Batch, acknowledged: Set<string>): Promise<void> {
  const child = await startChild(batch.folder, batch.simulation.apiUrl, undefined);
  const { url } = child;
  if (url === undefined) throw new Error('the service does not start any more');
  for (const service of batch.services) {
    if (!acknowledged.has(fingerprintOf(service))) await post(url, batch, service, acknowledged);
  }
  await until('all incidents end', 180, async () => {
    const answer = await request(`${url}/incidents?open=true&limit=100`);
    const { incidents } = (await answer.body.json()) as { incidents: readonly unknown[] }; // The service's own answer.
    return incidents.length === 0;
  });
  const dead = deathOf(child.process);
  child.process.kill('SIGTERM');
  await dead;
}

async function count(
  batch: Batch,
  acknowledged: ReadonlySet<string>,
  progress: (line: string) => void,
): Promise<Omit<CrashReport, 'kills'>> {
  const store = await openSqliteStore({ path: join(batch.folder, 'autoheal.db') });
  const episodes = await store.episodes([...acknowledged]);
  const chain = await store.verifyChain();
  const incidents = await store.incidents({ limit: 10_000 });
  for (const { id, outcome } of incidents) {
    if (outcome === 'healed' || outcome === 'merged') continue;
    const incident = await store.incident(id);
    progress(`${id} ended as ${outcome}: ${incident?.phase === 'closed' ? incident.because : ''}`);
  }
  await store.close();
  const effective = batch.writes.filter((write) => !write.dryRun && write.status < 300 && write.actionId !== undefined);
  const perAction = Map.groupBy(effective, (write) => write.actionId);
  const perWorkload = Map.groupBy(effective, (write) => write.path);
  const beyondFirst = [...perAction.values(), ...perWorkload.values()].map((each) => each.length - 1);
  return {
    acknowledged: acknowledged.size,
    lost: [...acknowledged].filter((fingerprint) => !isHeld(episodes.get(fingerprint))).length,
    duplicate_writes: beyondFirst.reduce((sum, each) => sum + each, 0),
    writes: effective.length,
    healed: new Set(incidents.filter((each) => each.outcome === 'healed').map((each) => each.workload)).size,
    workloads: batch.services.length,
    chain_problems: chain.problems.length,
  };
}

function isHeld(episode: { readonly open?: unknown; readonly lastClosed?: unknown } | undefined): boolean {
  return episode?.open !== undefined || episode?.lastClosed !== undefined;
}

async function startChild(
  folder: string,
  apiUrl: string,
  kill: KillPoint | undefined,
): Promise<{ readonly process: ChildProcess; readonly url: string | undefined }> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', CHILD, JSON.stringify({ yaml: yamlOf(folder, apiUrl), kill })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = await new Promise<string | undefined>((resolve) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const line = /^listening (\S+)$/m.exec(said);
      if (line?.[1] !== undefined) resolve(line[1]);
    });
    child.once('exit', () => {
      resolve(undefined);
    });
  });
  return { process: child, url };
}

function deathOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
}

/** 16 hex digits, another one for each service. */
function fingerprintOf(service: string): string {
  return Buffer.from(service.padEnd(8, '.')).toString('hex').slice(0, 16);
}

/** Sends the alert of an ill service; remembers it as acknowledged only when the answer was 200. */
async function post(url: string, batch: Batch, service: string, acknowledged: Set<string>): Promise<void> {
  const pod = crashingPod(batch, service) ?? `${service}-gone`;
  const fingerprint = fingerprintOf(service);
  const labels = {
    alertname: 'AutoHealPodCrashLooping',
    namespace: 'crash',
    pod,
    container: 'app',
    deployment: service,
  };
  const body = {
    version: '4',
    groupKey: `{}:{service="${service}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'autoheal',
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://127.0.0.1:9093',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: {},
        startsAt: new Date().toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint,
      },
    ],
  };
  try {
    const answer = await request(`${url}/alert`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      headersTimeout: 5000,
      bodyTimeout: 5000,
    });
    await answer.body.dump();
    if (answer.statusCode === 200) acknowledged.add(fingerprint);
  } catch {
    // The service died before it answered: the sender was told nothing, so nothing was promised.
  }
}

function crashingPod({ simulation }: Batch, service: string): string | undefined {
  const pods = simulation.objects.list('pods', { namespace: 'crash', labels: (labels) => labels['app'] === service });
  const restarts = (pod: (typeof pods)[number]): number => {
    const statuses = pod.status?.['containerStatuses'] as readonly { restartCount: number }[] | undefined; // As the kubelet writes them.
    return Math.max(0, ...(statuses ?? []).map((status) => status.restartCount));
  };
  return pods.find((pod) => restarts(pod) > 0)?.metadata.name;
}

function scenarioOf(services: readonly string[]): WorldSpec {
  return {
    // Long enough for a first revision and the present one, so that there is one to go back to.
    prehistorySeconds: 900,
    nodes: [{ name: 'node-1', cpu: '64', memory: '256Gi' }],
    services: services.map((name) => ({
      namespace: 'crash',
      name,
      kind: 'Deployment',
      replicas: 1,
      image: `crash/${name}:1`,
      previousImage: `crash/${name}:0`,
      requests: { cpu: '50m', memory: '64Mi' },
      memory: '32Mi',
      startSeconds: 1,
    })),
  };
}

function yamlOf(folder: string, apiUrl: string): string {
  return JSON.stringify({
    server: { port: 0 },
    store: { path: join(folder, 'autoheal.db') },
    cluster: { server: apiUrl },
    policy: {
      mode: 'auto',
      cooldownSeconds: 3600,
      maxActionsPerHour: 1000,
      verification: { firstCheckSeconds: 1, intervalSeconds: 1, stableSeconds: 1, deadlineSeconds: 60 },
    },
    log: { level: 'error' },
  });
}

async function until(what: string, seconds: number, probe: () => Promise<boolean>): Promise<void> {
  for (let left = seconds * 5; left > 0; left -= 1) {
    if (await probe()) return;
    await systemClock.sleep(200);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}
