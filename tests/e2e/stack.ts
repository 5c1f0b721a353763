import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { buildApp, type App } from '../../src/app.ts';
import type { Config } from '../../src/config/config.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startMetricsServer } from '../../src/simulator/metrics-server.ts';
import { startSimulation, type Simulation } from '../../src/simulator/simulation.ts';
import type { ServiceSpec, WorldSpec } from '../../src/simulator/world/spec.ts';
import { makeLogger } from '../../src/telemetry/logger.ts';
import { startSlackServer, type SlackServer } from '../fakes/slack-server.ts';
import { startSmtpServer, type FakeSmtpServer } from '../fakes/smtp-server.ts';
import { startAlertmanager, startPrometheus } from '../support/monitoring.ts';
import { freePort, type Part } from '../support/parts.ts';
import { compressedRules, fastAlertmanager, fastPrometheus } from './shipped-config.ts';

/** Everything from the sick workload to the people who hear of it. Only the cluster, Slack and the mail server are not real. */
export interface Stack {
  readonly simulation: Simulation;
  readonly app: App;
  /** What the app was built from. */
  readonly config: Config;
  readonly autohealUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly slack: SlackServer;
  readonly smtp: FakeSmtpServer;
  /** Every write that the cluster's API answered, oldest first. Only AutoHeal writes through the API. */
  readonly writes: readonly WriteRecord[];
  /** Every step that was committed. */
  readonly steps: readonly { readonly before: Incident; readonly after: Incident }[];
  stop(): Promise<void>;
}

/** What AutoHeal asks of those who call it. */
export const TOKEN = 'end-to-end-token';
const SLACK = { token: 'xoxb-end-to-end', channel: 'C0000E2E' };

const WORLD: WorldSpec = {
  nodes: ['node-1', 'node-2'].map((name) => ({ name, cpu: '4', memory: '8Gi' })),
  services: [
    {
      ...service('shop', 'checkout'),
      load: {
        rootRate: 10,
        cpuMillisPerRequest: 5,
        idleCpuMillis: 5,
        latencySeconds: 0.03,
        errorRatio: 0.001,
        calls: [{ to: 'cart', perRequest: 1, required: true }],
      },
    },
    {
      ...service('shop', 'cart'),
      load: { cpuMillisPerRequest: 5, idleCpuMillis: 5, latencySeconds: 0.01, errorRatio: 0.001 },
    },
    {
      ...service('lab', 'search'),
      load: { rootRate: 5, cpuMillisPerRequest: 5, idleCpuMillis: 5, latencySeconds: 0.02, errorRatio: 0.001 },
    },
    { ...service('monitoring', 'kube-state-metrics'), replicas: 1 },
  ],
  prehistorySeconds: 900,
};

function service(namespace: string, name: string): ServiceSpec {
  return {
    namespace,
    name,
    kind: 'Deployment',
    replicas: 2,
    image: `${namespace}/${name}:1.4.2`,
    previousImage: `${namespace}/${name}:1.4.1`,
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { cpu: '500m', memory: '256Mi' },
    memory: '64Mi',
    // Longer than a bad image takes to crash: its pods never become ready, and those of the revision before go on serving.
    startSeconds: 3,
    port: 8080,
  };
}

/** Starts the stack; what was started before a failure is stopped again. */
export async function startStack(parts: ReadonlyMap<string, Part>): Promise<Stack> {
  const teardown: (() => Promise<void>)[] = [];
  try {
    return await start(parts, teardown);
  } catch (error) {
    await unwind(teardown);
    throw error;
  }
}

type Teardown = (() => Promise<void>)[];

async function start(parts: ReadonlyMap<string, Part>, teardown: Teardown): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-e2e-'));
  teardown.push(async () => rmSync(folder, { recursive: true, force: true }));
  const writes: WriteRecord[] = [];
  const { simulation, metricsUrl } = await startCluster(writes, teardown);
  const slack = await startSlackServer(SLACK);
  teardown.push(() => slack.stop());
  const smtp = await startSmtpServer();
  teardown.push(() => smtp.stop());
  const [autohealPort, alertmanagerPort, prometheusPort] = [await freePort(), await freePort(), await freePort()];
  const at = {
    autoheal: `127.0.0.1:${autohealPort}`,
    alertmanager: `127.0.0.1:${alertmanagerPort}`,
    simulator: new URL(metricsUrl).host,
  };
  const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  const steps: { readonly before: Incident; readonly after: Incident }[] = [];
  const yaml = autohealYaml({
    folder,
    port: autohealPort,
    cluster: simulation.apiUrl,
    prometheus: prometheusUrl,
    alertmanager: `http://${at.alertmanager}`,
    slackApi: slack.apiUrl,
    smtpPort: smtp.port,
  });
  const config = configOrThrow('e2e', loadConfig(yaml, { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS }));
  const app = await buildApp(
    config,
    {},
    {
      onStep: (before, after) => void steps.push({ before, after }),
    },
  );
  teardown.push(() => app.stop(5_000));
  const autohealUrl = await app.listen();

  writeFileSync(join(folder, 'token'), TOKEN, { mode: 0o600 });
  writeFileSync(join(folder, 'autoheal.rules.yml'), compressedRules());
  writeFileSync(join(folder, 'alertmanager.yml'), fastAlertmanager(at, join(folder, 'token')));
  writeFileSync(join(folder, 'prometheus.yml'), fastPrometheus(at, join(folder, 'autoheal.rules.yml')));
  const alertmanager = await startAlertmanager({ parts, folder, port: alertmanagerPort });
  teardown.push(() => alertmanager.stop());
  const prometheus = await startPrometheus({ parts, folder, port: prometheusPort });
  teardown.push(() => prometheus.stop());
  return {
    simulation,
    app,
    config,
    autohealUrl,
    prometheusUrl,
    alertmanagerUrl: alertmanager.url,
    slack,
    smtp,
    writes,
    steps,
    stop: () => unwind(teardown),
  };
}

async function startCluster(
  writes: WriteRecord[],
  teardown: Teardown,
): Promise<{ readonly simulation: Simulation; readonly metricsUrl: string }> {
  const simulation = await startSimulation({
    scenario: WORLD,
    seed: 7,
    wall: systemClock,
    speed: 1,
    log: makeLogger({ level: 'error' }),
    api: { onWrite: (record) => void writes.push(record) },
  });
  teardown.push(() => simulation.stop());
  const metrics = await startMetricsServer({ metricsText: () => simulation.world.metricsText() });
  teardown.push(() => metrics.close());
  return { simulation, metricsUrl: metrics.url };
}

/** Namespace shop heals itself, its cart only when somebody approves; everything else is only observed. */
function autohealYaml(to: {
  readonly folder: string;
  readonly port: number;
  readonly cluster: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly slackApi: string;
  readonly smtpPort: number;
}): string {
  return JSON.stringify({
    server: { port: to.port, auth: { mode: 'bearer', tokens: [TOKEN] } },
    store: { path: join(to.folder, 'autoheal.db') },
    cluster: { server: to.cluster },
    prometheus: { url: to.prometheus },
    alertmanager: { url: to.alertmanager },
    notify: {
      slack: { ...SLACK, apiUrl: to.slackApi },
      email: {
        host: '127.0.0.1',
        port: to.smtpPort,
        requireTls: false,
        from: 'AutoHeal <autoheal@shop.example>',
        to: ['sre@shop.example'],
      },
    },
    policy: {
      rules: [
        { name: 'cart asks', match: { workloads: ['Deployment/shop/cart'] }, mode: 'approve' },
        { name: 'shop heals itself', match: { namespaces: ['shop'] }, mode: 'auto' },
      ],
      verification: { firstCheckSeconds: 2, intervalSeconds: 1, stableSeconds: 5, deadlineSeconds: 60 },
    },
    log: { level: 'error' },
  });
}

/** Stops what was started, last first; one that fails does not keep the others running. */
async function unwind(teardown: Teardown): Promise<void> {
  const failures: unknown[] = [];
  for (let stop = teardown.pop(); stop !== undefined; stop = teardown.pop()) {
    await stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
}
