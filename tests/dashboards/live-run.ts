import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { buildApp, type App } from '../../src/app.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import type { Closed } from '../../src/domain/incident.ts';
import { startMetricsServer } from '../../src/simulator/metrics-server.ts';
import { startSimulation, type Simulation } from '../../src/simulator/simulation.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import { makeLogger } from '../../src/telemetry/logger.ts';
import { compressedRules, fastPrometheus } from '../e2e/shipped-config.ts';
import { startPrometheus } from '../support/monitoring.ts';
import type { Part, Running } from '../support/parts.ts';

/** A service that heals a simulated cluster, and a real Prometheus that scrapes both. */
export interface LiveRun {
  readonly simulation: Simulation;
  /** Incidents that ended, oldest first. */
  readonly ended: readonly Closed[];
  /** The series of a range query over the whole run. Rejects with Prometheus' own words when it does not answer. */
  query(expr: string): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Simulated seconds in one real second. Prometheus scrapes every real second. */
const SPEED = 20;
const NOBODY = '127.0.0.1:1';

export async function startLiveRun(parts: ReadonlyMap<string, Part>): Promise<LiveRun> {
  const teardown: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (let each = teardown.pop(); each !== undefined; each = teardown.pop()) await each();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-dashboards-'));
    teardown.push(async () => rmSync(folder, { recursive: true, force: true }));
    const simulation = await startSimulation({
      scenario: DEMO_WORLD,
      seed: 42,
      wall: systemClock,
      speed: SPEED,
      startAt: Date.parse('2026-03-02T12:00:00Z'),
      log: makeLogger({ level: 'error' }),
    });
    teardown.push(() => simulation.stop());
    const cluster = await startMetricsServer({ metricsText: () => simulation.world.metricsText() });
    teardown.push(() => cluster.close());
    const ended: Closed[] = [];
    const app = await healer(simulation, folder, ended);
    teardown.push(() => app.stop(5000));
    const autohealUrl = await app.listen();
    const prometheus = await scraping(parts, folder, {
      autoheal: new URL(autohealUrl).host,
      alertmanager: NOBODY,
      simulator: new URL(cluster.url).host,
    });
    teardown.push(() => prometheus.stop());
    simulation.sendAlertsTo(`${autohealUrl}/alert`);
    const began = Date.now();
    return { simulation, ended, query: (expr) => queryRange(prometheus.url, expr, began), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nobody listens where its Slack messages go, so that the panels of failures have something to show. */
function healer(simulation: Simulation, folder: string, ended: Closed[]): Promise<App> {
  const yaml = JSON.stringify({
    server: { port: 0 },
    store: { path: join(folder, 'autoheal.db') },
    cluster: { server: simulation.apiUrl },
    notify: { slack: { token: 'xoxb-nobody', channel: 'C0000000', apiUrl: `http://${NOBODY}/api/` } },
    policy: {
      mode: 'auto',
      cooldownSeconds: 60,
      verification: { firstCheckSeconds: 15, intervalSeconds: 10, stableSeconds: 45, deadlineSeconds: 600 },
    },
    log: { level: 'error' },
  });
  const config = configOrThrow(
    'dashboards',
    loadConfig(yaml, { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS }),
  );
  const { clock, endpoints, metrics, alerts } = simulation;
  return buildApp(
    config,
    { clock, endpoints, metrics, alerts, log: makeLogger({ level: 'silent' }) },
    {
      onStep(_, after) {
        if (after.phase === 'closed') ended.push(after);
      },
    },
  );
}

async function scraping(
  parts: ReadonlyMap<string, Part>,
  folder: string,
  at: Parameters<typeof fastPrometheus>[0],
): Promise<Running> {
  const rules = join(folder, 'autoheal.rules.yml');
  writeFileSync(rules, compressedRules());
  writeFileSync(join(folder, 'prometheus.yml'), fastPrometheus(at, rules));
  return startPrometheus({ parts, folder });
}

async function queryRange(url: string, expr: string, began: number): Promise<readonly Series[]> {
  const body = new URLSearchParams({
    query: expr,
    start: String(began / 1000),
    end: String(Date.now() / 1000),
    step: '2s',
  }).toString();
  const answer = await request(`${url}/api/v1/query_range`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
    headersTimeout: 5000,
    bodyTimeout: 5000,
  });
  // The shape is that of Prometheus' documented API.
  const { error, data } = (await answer.body.json()) as {
    readonly error?: string;
    readonly data?: { readonly result: readonly Series[] };
  };
  if (data === undefined) throw new Error(`${expr}: ${error ?? answer.statusCode}`);
  return data.result;
}
