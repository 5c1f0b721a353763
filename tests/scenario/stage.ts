import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { buildApp, type App } from '../../src/app.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import type { Incident, IncidentId } from '../../src/domain/incident.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { MetricSource } from '../../src/ports/metrics.ts';
import { makeSimAlerting } from '../../src/simulator/alerting.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer, type ApiServerDeps } from '../../src/simulator/api/server.ts';
import { makeObjectStore, type ObjectStore } from '../../src/simulator/objects.ts';
import { makeSimClock } from '../../src/simulator/world/clock.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import { seededUids } from '../../src/simulator/world/random.ts';
import { advance, makeWorld, type World } from '../../src/simulator/world/world.ts';
import type { WorldSpec } from '../../src/simulator/world/spec.ts';
import { drain } from '../../src/worker.ts';
import { makeLogSink } from '../fakes/log-sink.ts';

export interface StageOptions {
  /** The `policy` section, over mode auto. */
  readonly policy?: object;
  readonly self?: object;
  readonly scenario?: WorldSpec;
  /** How often each webhook is delivered, as by several Alertmanagers. */
  readonly copies?: number;
  readonly wrap?: (objects: ObjectStore) => NonNullable<ApiServerDeps['wrap']>;
  readonly metrics?: (world: World) => MetricSource;
}

/** A whole AutoHeal on a simulated cluster, in virtual time. */
export interface Stage {
  readonly app: App;
  readonly world: World;
  readonly objects: ObjectStore;
  /** Writes to the API that took effect, AutoHeal's own, Events left out. */
  writes(): readonly WriteRecord[];
  /** Every write that was asked for, dry runs and refused ones too. */
  asked(): readonly WriteRecord[];
  /** Lets the cluster live and AutoHeal work for so many seconds. */
  run(seconds: number): Promise<void>;
  /** Runs until the condition holds; fails after so many simulated seconds. */
  until(what: string, seconds: number, holds: () => Promise<boolean>): Promise<void>;
  /** Every incident that was not merged, oldest first. */
  incidents(): Promise<readonly Incident[]>;
  close(): Promise<void>;
}

/** Three in the afternoon: the demo world's load is high, but every service can carry it. */
const START = Date.UTC(2026, 10, 21, 3);
const STEP_SECONDS = 5;

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const time = makeSimClock(START);
  const objects = makeObjectStore({ now: time.now, uid: seededUids(7) });
  const world = makeWorld({ store: objects, seed: 7, scenario: options.scenario ?? DEMO_WORLD });
  const written: WriteRecord[] = [];
  const wrap = options.wrap?.(objects);
  const api = await startApiServer({
    store: objects,
    logs: ({ namespace, pod, container, previous }) => world.logs(namespace, pod, container, previous),
    onWrite: (record) => written.push(record),
    ...(wrap === undefined ? {} : { wrap }),
  });
  // Nothing sleeps in virtual time: what waits for a time-out waits until its work is done.
  const clock: Clock = { now: time.now, sleep: (_ms, signal) => untilAborted(signal) };
  const store = await openSqliteStore({ path: ':memory:' });
  let deliveries = 0;
  const alerting = makeSimAlerting({
    world,
    now: time.now,
    async postAlert(body) {
      for (let copy = 1; copy <= (options.copies ?? 1); copy += 1) {
        deliveries += 1;
        const text = JSON.stringify({ ...body, externalURL: `http://alertmanager-${copy}` });
        await store.appendDeliveries([{ id: `delivery-${deliveries}`, receivedAt: time.now(), body: text }]);
      }
    },
  });
  const config = configOrThrow(
    'stage',
    loadConfig(
      JSON.stringify({
        cluster: { server: api.url },
        policy: { mode: 'auto', cooldownSeconds: 60, ...options.policy },
        ...(options.self === undefined ? {} : { self: options.self }),
      }),
      { env: {}, readFile: () => '' },
    ),
  );
  const app = await buildApp(config, {
    clock,
    store,
    log: makeLogSink().log,
    cluster: makeKubernetesCluster({ connection: config.cluster, timeoutMs: 5000, retryMs: 1 }),
    metrics: options.metrics?.(world) ?? { signals: async ({ workload, pods }) => world.signals(workload, pods) },
    alerts: alerting.source,
    notifiers: [],
  });

  async function run(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += STEP_SECONDS) {
      advance(world, time, STEP_SECONDS);
      await alerting.tick();
      await drain(app.work);
    }
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
    writes: () => written.filter((record) => !record.dryRun && record.status < 300 && record.actionId !== undefined),
    asked: () => written,
    run,
    async until(what, seconds, holds) {
      for (let passed = 0; passed < seconds; passed += STEP_SECONDS) {
        if (await holds()) return;
        await run(STEP_SECONDS);
      }
      throw new Error(`${what}: not within ${seconds} simulated seconds; ${JSON.stringify(await tell())}`);
    },
    incidents,
    async close() {
      await app.stop(1000);
      await api.close();
    },
  };

  async function tell(): Promise<readonly string[]> {
    return (await incidents()).map((each) =>
      each.phase === 'closed' ? `${each.outcome}: ${each.because}` : each.phase,
    );
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
