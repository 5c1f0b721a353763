import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { buildApp, type App, type Parts } from '../../src/app.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import type { Incident, IncidentId, Phase } from '../../src/domain/incident.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { AlertSource } from '../../src/ports/alerts.ts';
import type { MetricSource } from '../../src/ports/metrics.ts';
import type { Notifier } from '../../src/ports/notifier.ts';
import { makeSimAlerting } from '../../src/simulator/alerting.ts';
import type { WebhookBody } from '../../src/simulator/alerting/groups.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import type { ApiServerDeps } from '../../src/simulator/api/server.ts';
import type { SeenCall } from '../../src/simulator/endpoints.ts';
import type { ObjectStore } from '../../src/simulator/objects.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import type { World } from '../../src/simulator/world/world.ts';
import type { WorldSpec } from '../../src/simulator/world/spec.ts';
import { drain } from '../../src/worker.ts';
import { makeLogSink } from '../fakes/log-sink.ts';
import { live, makeBed, type Habitat } from '../../src/lab/bed.ts';
import { makeHabitat } from '../../src/lab/habitat.ts';
import { breachesOf } from './laws.ts';

export interface StageOptions {
  /** The `policy` section, over mode auto. */
  readonly policy?: object;
  /** Other sections of the configuration. */
  readonly config?: object;
  readonly scenario?: WorldSpec;
  /** A world of that scenario that lives already; a fresh one where it is left out. */
  readonly habitat?: Habitat;
  /** How many seconds pass between two looks at the alerts; 5 when left out. */
  readonly stepSeconds?: number;
  /** Called after each step of the world. */
  readonly onTick?: (seconds: number) => void;
  readonly parts?: Partial<Parts>;
  /** How often each webhook is delivered, as by several Alertmanagers. */
  readonly copies?: number;
  /** What becomes of a webhook on its way. */
  readonly tamper?: (webhook: WebhookBody) => object;
  readonly wrap?: (objects: ObjectStore) => NonNullable<ApiServerDeps['wrap']>;
  readonly metrics?: (world: World) => MetricSource;
  readonly alerts?: (source: AlertSource) => AlertSource;
  /** Called after each committed step. */
  readonly onStep?: (before: Incident, after: Incident, objects: ObjectStore) => void;
}

/** A write as the API saw it, with the simulated time (epoch milliseconds). */
export interface SeenWrite extends WriteRecord {
  readonly at: number;
}

/** What people were told: an incident at a milestone. */
export interface Told {
  readonly id: IncidentId;
  readonly phase: Phase;
  readonly outcome?: string;
}

/** A whole AutoHeal on a simulated cluster, in virtual time. */
export interface Stage {
  readonly app: App;
  readonly world: World;
  readonly objects: ObjectStore;
  readonly policy: Policy;
  /** Writes to the API that took effect. Nobody but AutoHeal writes through the API; it has no Events to write here. */
  writes(): readonly SeenWrite[];
  /** Every write that was asked for, dry runs and refused ones too. */
  asked(): readonly SeenWrite[];
  /** Calls of heal endpoints. */
  calls(): readonly SeenCall[];
  /** The webhooks that Alertmanager sent, oldest first. */
  webhooks(): readonly object[];
  /** Delivers a webhook by hand. */
  post(body: object): Promise<void>;
  told(): readonly Told[];
  /** Lets the cluster live and AutoHeal work for so many seconds. */
  run(seconds: number): Promise<void>;
  /** Runs until the condition holds; fails after so many simulated seconds. */
  until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void>;
  /** Every incident that was not merged, oldest first. */
  incidents(): Promise<readonly Incident[]>;
  /** What was broken of what must always hold, one sentence each. */
  breaches(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Three in the afternoon: the demo world's load is high, but every service can carry it. */
const START = Date.UTC(2026, 10, 21, 3);
const STEP_SECONDS = 5;

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const scenario = options.scenario ?? DEMO_WORLD;
  const habitat = options.habitat ?? makeHabitat(scenario, 7, START);
  const { time, objects, world } = habitat;
  const stepSeconds = options.stepSeconds ?? STEP_SECONDS;
  // A world of its own lives second by second; one that is given says itself how coarse it is.
  const tickSeconds = options.habitat === undefined ? 1 : stepSeconds;
  const written: SeenWrite[] = [];
  const wrap = options.wrap?.(objects);
  const bed = makeBed(habitat, scenario, {
    onWrite: (record) => written.push({ ...record, at: time.now() }),
    ...(wrap === undefined ? {} : { wrap }),
  });
  const { clock, cluster, endpoints } = bed;
  const store = await openSqliteStore({ path: ':memory:' });
  const webhooks: object[] = [];
  let deliveries = 0;
  async function post(body: object): Promise<void> {
    deliveries += 1;
    await store.appendDeliveries([
      { id: `delivery-${deliveries}`, receivedAt: time.now(), body: JSON.stringify(body) },
    ]);
  }
  const alerting = makeSimAlerting({
    world,
    now: time.now,
    async postAlert(sent) {
      const body = options.tamper?.(sent as WebhookBody) ?? sent; // Alertmanager's webhooks are all it posts.
      webhooks.push(body);
      for (let copy = 1; copy <= (options.copies ?? 1); copy += 1) {
        await post({ ...body, externalURL: `http://alertmanager-${copy}` });
      }
    },
  });
  const config = configOrThrow(
    'stage',
    loadConfig(
      JSON.stringify({
        policy: { mode: 'auto', cooldownSeconds: 60, ...options.policy },
        ...options.config,
      }),
      { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS },
    ),
  );
  const told: Told[] = [];
  const seen: string[] = [];
  const parts = {
    clock,
    store,
    log: makeLogSink().log,
    cluster,
    endpoints,
    metrics: options.metrics?.(world) ?? bed.metrics,
    alerts: options.alerts?.(alerting.source) ?? alerting.source,
    notifiers: [listener(told)],
    ...options.parts,
  } satisfies Partial<Parts>;
  const app = await buildApp(config, parts, {
    onStep: (before, after) => options.onStep?.(before, after, objects),
  });

  async function run(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += stepSeconds) {
      live(habitat, stepSeconds, tickSeconds);
      options.onTick?.(stepSeconds);
      await alerting.tick();
      await drain(app.work);
      seen.push(...(await twiceOpen()));
    }
  }

  /** Workloads that two open incidents claim at this moment. */
  async function twiceOpen(): Promise<readonly string[]> {
    const open = (await store.incidents({ limit: 500, open: true })).flatMap(({ workload }) => workload ?? []);
    return open.filter((each, index) => open.indexOf(each) !== index).map((each) => `${each} has two open incidents`);
  }

  function writes(): readonly SeenWrite[] {
    return written.filter((record) => !record.dryRun && record.status < 300);
  }

  async function incidents(): Promise<readonly Incident[]> {
    const summaries = await store.incidents({ limit: 1000 });
    const all = await Promise.all(
      summaries.toReversed().map(({ id }: { readonly id: IncidentId }) => store.incident(id)),
    );
    return all
      .filter((each) => each !== undefined)
      .filter((each) => !(each.phase === 'closed' && each.outcome === 'merged'));
  }

  return {
    app,
    world,
    objects,
    policy: config.policy,
    writes,
    asked: () => written,
    calls: () => endpoints.calls(),
    webhooks: () => webhooks,
    post,
    told: () => told,
    run,
    async until(what, seconds, holds) {
      for (let passed = 0; passed < seconds; passed += stepSeconds) {
        if (await holds()) return;
        await run(stepSeconds);
      }
      throw new Error(`${what}: not within ${seconds} simulated seconds; ${JSON.stringify(await tell())}`);
    },
    incidents,
    breaches: async () => [...seen, ...(await breachesOf({ app, policy: config.policy, written, writes, told }))],
    async close() {
      await app.stop(1000);
    },
  };

  async function tell(): Promise<readonly string[]> {
    return (await incidents()).map((each) =>
      each.phase === 'closed' ? `${each.outcome}: ${each.because}` : each.phase,
    );
  }
}

/** A channel that always works. */
function listener(told: Told[]): Notifier {
  return {
    channel: 'listener',
    async deliver(incident) {
      const { id, phase } = incident;
      told.push({ id, phase, ...(phase === 'closed' ? { outcome: incident.outcome } : {}) });
      return { kind: 'sent', thread: {} };
    },
  };
}
