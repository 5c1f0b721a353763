import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REMEDY_OPTIONS } from '../act/catalogue.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { buildApp, type App } from '../app.ts';
import { configOrThrow, loadConfig } from '../config/load.ts';
import type { CauseName } from '../domain/diagnosis.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Closed } from '../domain/incident.ts';
import type { RemedyName } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import { startMetricsServer, type MetricsServer } from '../simulator/metrics-server.ts';
import { startSimulation, type Simulation } from '../simulator/simulation.ts';
import { DEMO_WORLD } from '../simulator/world/demo.ts';
import type { FaultSpec } from '../simulator/world/spec.ts';
import { makeLogger } from '../telemetry/logger.ts';
import { makeDemoView, type DemoView } from './demo-view.ts';
import { firstSignal } from './serve.ts';

/** One illness of the demo, and what heals it for the right reason. */
interface Chapter {
  readonly title: string;
  readonly fault: FaultSpec;
  readonly workload: string;
  readonly causes: readonly CauseName[];
  readonly remedies: readonly RemedyName[];
}

const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Somebody rolls out a version of checkout that crashes at its start.',
    fault: { id: 'bad-rollout', kind: 'bad-rollout-crash', target: { namespace: 'shop', service: 'checkout' } },
    workload: 'Deployment shop/checkout',
    causes: ['crash-loop-after-rollout'],
    remedies: ['rollback'],
  },
  {
    title: 'The pods of recommendation leak memory.',
    fault: { id: 'leak', kind: 'memory-leak', target: { namespace: 'shop', service: 'recommendation' } },
    workload: 'Deployment shop/recommendation',
    causes: ['memory-leak'],
    remedies: ['restart-pod', 'rollout-restart'],
  },
  {
    title: 'More than twice as many requests as usual reach cart.',
    fault: { id: 'overload', kind: 'overload', target: { namespace: 'shop', service: 'cart' }, strength: 2.1 },
    workload: 'Deployment shop/cart',
    causes: ['cpu-saturation', 'cpu-throttling'],
    remedies: ['scale-up'],
  },
];

/** Simulated seconds after which a chapter counts as failed. */
const CHAPTER_TIMEOUT_S = 1800;

export interface DemoOptions {
  readonly once?: boolean;
  readonly speed: number;
  readonly port: number;
  /** Where the simulated cluster serves its metrics; 0 picks a free port. */
  readonly metricsPort: number;
}

/**
 * The whole service on a simulated cluster: three illnesses, each from its alert to the verified recovery. Then it goes on
 * until it is interrupted, unless `once` is set; then the exit code is 0 only if all three were healed for the right reason.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  if (!(options.speed >= 1 && options.speed <= 60)) {
    throw new AutoHealError('CONFIG_INVALID', '--speed must be between 1 and 60');
  }
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-demo-'));
  const log = makeLogger({ level: 'error' });
  const view = makeDemoView(process.stdout);
  view.say('Starting a simulated cluster with an hour of history: 3 nodes, 14 workloads ...');
  const simulation = await startSimulation({
    scenario: DEMO_WORLD,
    seed: 42,
    wall: systemClock,
    speed: options.speed,
    startAt: noon(systemClock.now()),
    log,
  });
  const ended: Closed[] = [];
  const curtain = new AbortController();
  let app: App | undefined;
  let metrics: MetricsServer | undefined;
  try {
    metrics = await serveMetrics(simulation, options.metricsPort);
    app = await buildDemoApp(simulation, { folder, port: options.port, view, ended });
    const url = await app.listen();
    simulation.sendAlertsTo(`${url}/alert`);
    view.say(
      `Kubernetes API of the cluster: ${simulation.apiUrl}   (kubectl --server ${simulation.apiUrl} get pods -n shop)`,
    );
    view.say(`Its metrics, for a Prometheus of yours: ${metrics.url}/metrics`);
    view.say(`AutoHeal: ${url}   (incidents: ${url}/incidents, metrics: ${url}/metrics)`);
    view.say(`Times below are the cluster's; it lives ${options.speed} times as fast as you do.`);
    const interrupted = firstSignal();
    const told = tell(CHAPTERS, { simulation, view, ended, curtain: curtain.signal });
    const healed = await Promise.race([told, interrupted.then(() => undefined)]);
    if (healed === undefined) return;
    view.say(`\n${healed} of ${CHAPTERS.length} healed for the right reason.`);
    if (healed < CHAPTERS.length) process.exitCode = 1;
    if (options.once === true) return;
    view.say(`Still serving. Read an incident: npm run -s autoheal -- incidents --url ${url}   (Ctrl-C ends the demo)`);
    await interrupted;
    process.exitCode = 0;
  } finally {
    curtain.abort();
    await app?.stop(5_000);
    await metrics?.close();
    await simulation.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Noon (UTC) of the day: the load has a daily shape, and the story is to be the same at any hour. */
function noon(now: number): number {
  const day = 24 * 60 * 60 * 1000;
  return Math.floor(now / day) * day + day / 2;
}

async function serveMetrics(simulation: Simulation, port: number): Promise<MetricsServer> {
  try {
    return await startMetricsServer({ metricsText: () => simulation.world.metricsText(), port });
  } catch (error) {
    const why = `the cluster's metrics cannot be served on port ${port}: ${errorText(error)}; choose another --metrics-port`;
    throw new AutoHealError('CONFIG_INVALID', why, { cause: error });
  }
}

function buildDemoApp(
  simulation: Simulation,
  demo: { readonly folder: string; readonly port: number; readonly view: DemoView; readonly ended: Closed[] },
): Promise<App> {
  const config = configOrThrow(
    'demo',
    loadConfig(demoYaml(demo.folder, demo.port, simulation.apiUrl), NO_SURROUNDINGS),
  );
  const parts = {
    clock: simulation.clock,
    endpoints: simulation.endpoints,
    metrics: simulation.metrics,
    alerts: simulation.alerts,
    log: makeLogger({ level: 'error' }),
  };
  return buildApp(config, parts, {
    onStep(before, after) {
      demo.view.step(before, after);
      if (after.phase === 'closed' && after.outcome !== 'merged') demo.ended.push(after);
    },
  });
}

const NO_SURROUNDINGS = { env: {}, readFile: (): string => '', remedies: REMEDY_OPTIONS };

function demoYaml(folder: string, port: number, apiUrl: string): string {
  return JSON.stringify({
    server: { port },
    store: { path: join(folder, 'autoheal.db') },
    cluster: { server: apiUrl },
    policy: {
      mode: 'auto',
      cooldownSeconds: 60,
      verification: { firstCheckSeconds: 15, intervalSeconds: 10, stableSeconds: 45, deadlineSeconds: 600 },
    },
  });
}

interface Stage {
  readonly simulation: Simulation;
  readonly view: DemoView;
  readonly ended: readonly Closed[];
  /** Aborted when the demo ends before its story does. */
  readonly curtain: AbortSignal;
}

/** Makes the cluster ill, one chapter after the other. Resolves with how many were healed for the right reason. */
async function tell(chapters: readonly Chapter[], stage: Stage): Promise<number> {
  const { simulation, view } = stage;
  let healed = 0;
  for (const [index, chapter] of chapters.entries()) {
    view.chapter(index + 1, chapters.length, chapter.title, simulation.clock.now());
    simulation.world.inject(chapter.fault);
    const end = await endOf(chapter, stage);
    if (stage.curtain.aborted) return healed;
    const wrong = whatIsWrong(chapter, end);
    view.verdict(end, wrong);
    if (wrong === undefined) healed += 1;
    simulation.world.clear(chapter.fault.id);
  }
  return healed;
}

/** The first incident of the chapter's workload that ends, or undefined when none does in time. */
async function endOf(chapter: Chapter, { simulation, ended, curtain }: Stage): Promise<Closed | undefined> {
  const { clock } = simulation;
  const giveUpAt = clock.now() + CHAPTER_TIMEOUT_S * 1000;
  while (clock.now() < giveUpAt && !curtain.aborted) {
    const end = ended.find((each) => workloadOf(each) === chapter.workload);
    if (end !== undefined) return end;
    await clock.sleep(1000, curtain);
  }
  return undefined;
}

function workloadOf(incident: Closed): string {
  return incident.location?.kind === 'located' ? describeWorkload(incident.location.workload) : '';
}

/** Why an end is not the right one; undefined when it is. */
function whatIsWrong(chapter: Chapter, end: Closed | undefined): string | undefined {
  if (end === undefined)
    return `no incident of ${chapter.workload} ended within ${CHAPTER_TIMEOUT_S} simulated seconds`;
  if (end.outcome !== 'healed') return `the incident ended as ${end.outcome}: ${end.because}`;
  const last = end.attempts.at(-1)?.intent;
  if (last === undefined || !chapter.remedies.includes(last.remedy)) {
    return `healed by ${last?.remedy ?? 'nothing'}, expected ${chapter.remedies.join(' or ')}`;
  }
  if (!chapter.causes.includes(last.cures)) return `healed for ${last.cures}, expected ${chapter.causes.join(' or ')}`;
  return undefined;
}
