import { makeClusterOver } from '../adapters/kubernetes/cluster.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { MetricSource } from '../ports/metrics.ts';
import { makeApi } from '../simulator/api/handle.ts';
import type { ApiServerDeps } from '../simulator/api/server.ts';
import { makeInProcessTransport } from '../simulator/api/in-process.ts';
import { customResourcesOf } from '../simulator/custom-resources.ts';
import { makeSimulatedEndpoints, type SimulatedEndpoints } from '../simulator/endpoints.ts';
import { simulatedMetrics } from '../simulator/metric-source.ts';
import type { ObjectStore } from '../simulator/objects.ts';
import type { SimClock } from '../simulator/world/clock.ts';
import type { WorldSpec } from '../simulator/world/spec.ts';
import { advance, type World } from '../simulator/world/world.ts';

/** A world with its clock and its objects. */
export interface Habitat {
  readonly time: SimClock;
  readonly objects: ObjectStore;
  readonly world: World;
}

/** A world as the stages see it: through the same adapter as a real cluster, in virtual time and without a socket. */
export interface Bed extends Habitat {
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly endpoints: SimulatedEndpoints;
  readonly metrics: MetricSource;
}

/** What stands between the ports and the API of a habitat. */
export type Between = Pick<ApiServerDeps, 'onWrite' | 'wrap'>;

/** The ports on a habitat. What is written through them acts on the world at its next tick. */
export function makeBed(habitat: Habitat, spec: WorldSpec, between: Between = {}): Bed {
  const { world, objects, time } = habitat;
  const { onWrite, wrap } = between;
  const handle = makeApi({
    store: objects,
    customResources: customResourcesOf(spec),
    logs: ({ namespace, pod, container, previous }) => world.logs(namespace, pod, container, previous),
    ...(onWrite === undefined ? {} : { onWrite }),
  });
  return {
    ...habitat,
    clock: { now: time.now, sleep: (_ms, signal) => untilAborted(signal) },
    cluster: makeClusterOver(makeInProcessTransport(wrap?.(handle) ?? handle), { retryMs: 1 }),
    endpoints: makeSimulatedEndpoints(world),
    metrics: simulatedMetrics(world),
  };
}

/** Lets a habitat live, in ticks of so many seconds. */
export function live(habitat: Habitat, seconds: number, tickSeconds: number): void {
  advance(habitat.world, habitat.time, seconds, tickSeconds);
}

/** Whether every fault of a habitat has come and gone. */
export function isOver({ world }: Habitat): boolean {
  return world.truth().every(({ present, startedAt }) => startedAt !== undefined && !present);
}

/** Nothing sleeps in virtual time: what waits for a time-out waits until its work is done. */
function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
