import { request } from 'undici';
import { AutoHealError } from '../domain/errors.ts';
import type { AlertSource } from '../ports/alerts.ts';
import type { MetricSource } from '../ports/metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Endpoints } from '../ports/endpoints.ts';
import type { Log } from '../ports/log.ts';
import { makeSimAlerting } from './alerting.ts';
import { startApiServer, type ApiServerDeps } from './api/server.ts';
import { customResourcesOf } from './custom-resources.ts';
import { makeSimulatedEndpoints } from './endpoints.ts';
import { makeObjectStore, type ObjectStore } from './objects.ts';
import { simulatedMetrics } from './metric-source.ts';
import { makeSimClock } from './world/clock.ts';
import { seededUids } from './world/random.ts';
import type { WorldSpec } from './world/spec.ts';
import { makeWorld, type World } from './world/world.ts';

export interface SimulationDeps {
  readonly scenario: WorldSpec;
  readonly seed: number;
  /** The wall clock that drives the world. */
  readonly wall: Clock;
  /** How many simulated seconds pass in one of the wall's. */
  readonly speed: number;
  readonly log: Log;
  /** When the world's time begins, in epoch milliseconds; now, where it is left out. Its load has a daily shape. */
  readonly startAt?: number;
  readonly api?: Omit<ApiServerDeps, 'store' | 'logs'>;
}

/** A world that lives by itself, behind a Kubernetes API on loopback. */
export interface Simulation {
  readonly apiUrl: string;
  readonly objects: ObjectStore;
  readonly world: World;
  /** The world's time, for a service that is to live in it: its `sleep` is as much shorter as the world is faster. */
  readonly clock: Clock;
  /** The heal endpoints of the world's services. */
  readonly endpoints: Endpoints;
  /** The signals that PromQL over the world's metrics would give. */
  readonly metrics: MetricSource;
  /** What Alertmanager would say of the world's alerts. */
  readonly alerts: AlertSource;
  /** From now on the world's alerts are evaluated and POSTed to this URL, as Prometheus and Alertmanager would. */
  sendAlertsTo(url: string): void;
  stop(): Promise<void>;
}

/** Wall milliseconds between two ticks. */
const TICK_MS = 100;

/** Starts a world whose time runs `speed` times as fast as the wall clock. */
export async function startSimulation(deps: SimulationDeps): Promise<Simulation> {
  const { wall, speed } = deps;
  const time = makeSimClock(deps.startAt ?? wall.now());
  const objects = makeObjectStore({ now: time.now, uid: seededUids(deps.seed) });
  const world = makeWorld({ store: objects, seed: deps.seed, scenario: deps.scenario });
  const api = await startApiServer({
    customResources: customResourcesOf(deps.scenario),
    ...deps.api,
    store: objects,
    logs: ({ namespace, pod, container, previous }) => world.logs(namespace, pod, container, previous),
  });
  let receiver: string | undefined;
  const alerting = makeSimAlerting({
    world,
    now: time.now,
    postAlert: (body) => (receiver === undefined ? Promise.resolve() : postWebhook(receiver, body)),
  });
  const ended = new AbortController();
  const began = { wall: wall.now(), world: time.now() };
  const living = live();

  async function live(): Promise<void> {
    while (!ended.signal.aborted) {
      const seconds = (began.world + (wall.now() - began.wall) * speed - time.now()) / 1000;
      if (seconds > 0) {
        time.advance(seconds * 1000);
        world.tick(seconds);
        if (receiver !== undefined) await alerting.tick();
      }
      await wall.sleep(TICK_MS, ended.signal);
    }
  }

  return {
    apiUrl: api.url,
    objects,
    world,
    clock: { now: time.now, sleep: (ms, signal) => wall.sleep(ms / speed, signal) },
    endpoints: makeSimulatedEndpoints(world),
    metrics: simulatedMetrics(world),
    alerts: alerting.source,
    sendAlertsTo(url) {
      receiver = url;
    },
    async stop() {
      ended.abort();
      await living.catch((error: unknown) => deps.log.error({ err: error }, 'the simulated world stopped'));
      await api.close();
    },
  };
}

const WEBHOOK_TIMEOUT_MS = 10_000;

/** @throws AutoHealError as Alertmanager sees it: 5xx and lost connections may be tried again, anything else may not. */
async function postWebhook(url: string, body: object): Promise<void> {
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'Alertmanager/0.33.1 (simulated)' },
    body: JSON.stringify(body),
    headersTimeout: WEBHOOK_TIMEOUT_MS,
    bodyTimeout: WEBHOOK_TIMEOUT_MS,
  }).catch((error: unknown) => {
    throw new AutoHealError('PORT_UNREACHABLE', `${url} cannot be reached`, { cause: error });
  });
  await answer.body.dump();
  if (answer.statusCode < 300) return;
  throw new AutoHealError(answer.statusCode >= 500 ? 'PORT_SERVER' : 'PORT_CLIENT', `answered ${answer.statusCode}`);
}
