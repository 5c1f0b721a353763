import { serviceKey, type ServiceKey, type ServiceSpec, type WorldSpec } from '../simulator/world/spec.ts';
import type { World } from '../simulator/world/world.ts';

/** A service whose callers see more failures than this is down. */
const ERROR_RATIO = 0.02;
/** A service whose mean answer takes so many times as long as in health, and so much longer (seconds), is down. */
const SLOW_FACTOR = 3;
const SLOW_SECONDS = 0.05;
/** What it counts when replicas are missing or not ready while the callers notice nothing yet. */
const DEGRADED = 0.5;

/** How every service answered in good health, before any fault: what "slow" is measured against. Seconds. */
export type Baseline = ReadonlyMap<ServiceKey, number>;

export function baselineOf(world: Pick<World, 'answer'>, { services }: WorldSpec): Baseline {
  return new Map(
    services.map((service) => [serviceKey(service), world.answer(serviceKey(service))?.meanSeconds ?? 0] as const),
  );
}

/** Counts what the users of a world suffer. */
export interface BadMinutes {
  /** Counts so many seconds as the world stands now. Returns the badness of the moment, summed over all services. */
  count(seconds: number): number;
  /** Minutes so far, summed over all services. */
  total(): number;
  /** Minutes so far of one service; 0 for one that never was bad. */
  of(service: ServiceKey): number;
  /** The services that were bad when it was counted last. */
  ill(): readonly ServiceSpec[];
}

/**
 * Bad minutes: a service-minute counts 1 while more than 2 % of its requests fail or while its mean answer takes more than
 * three times as long as in good health (and 50 ms longer), and otherwise half the share of its replicas that are missing
 * or not ready. Extra replicas are not missed when they go: a service is measured by the replicas that it was made with.
 */
export function makeBadMinutes(world: Pick<World, 'answer' | 'view'>, spec: WorldSpec, baseline: Baseline): BadMinutes {
  const seconds = new Map<ServiceKey, number>();
  let ill: ServiceSpec[] = [];

  function badness(service: ServiceSpec): number {
    const key = serviceKey(service);
    const answer = world.answer(key);
    const usual = baseline.get(key) ?? 0;
    if (answer !== undefined && answer.requestsPerSecond > 0) {
      const slow = answer.meanSeconds > Math.max(usual * SLOW_FACTOR, usual + SLOW_SECONDS);
      if (answer.errorRatio > ERROR_RATIO || slow) return 1;
    }
    return DEGRADED * unready(world, service);
  }

  return {
    count(passed) {
      let sum = 0;
      ill = [];
      for (const service of spec.services) {
        const bad = badness(service);
        if (bad === 0) continue;
        sum += bad;
        ill.push(service);
        const key = serviceKey(service);
        seconds.set(key, (seconds.get(key) ?? 0) + bad * passed);
      }
      return sum;
    },
    total: () => [...seconds.values()].reduce((total, each) => total + each, 0) / 60,
    ill: () => ill,
    of: (service) => (seconds.get(service) ?? 0) / 60,
  };
}

const STATUS = {
  Deployment: ['deployments', 'readyReplicas'],
  StatefulSet: ['statefulsets', 'readyReplicas'],
  DaemonSet: ['daemonsets', 'numberReady'],
} as const;

/** Share of the replicas that are not ready, of those that are wanted or of those that are there. */
function unready({ view }: Pick<World, 'view'>, service: ServiceSpec): number {
  const [resource, ready] = STATUS[service.kind];
  const status: Readonly<Record<string, unknown>> = {
    ...view.kit.get(resource, service.namespace, service.name)?.status,
  };
  const isReady = Number(status[ready] ?? 0);
  const isDaemon = service.kind === 'DaemonSet';
  const wanted = isDaemon ? Number(status['desiredNumberScheduled'] ?? 0) : service.replicas;
  const there = isDaemon ? wanted : Number(status['replicas'] ?? 0);
  const missing = wanted === 0 ? 0 : Math.max(0, 1 - isReady / wanted);
  const ill = there === 0 ? 0 : Math.max(0, 1 - isReady / there);
  return Math.max(missing, ill);
}
