import { parseQuantity } from '../../domain/quantity.ts';
import { callersFirst } from '../world/load/graph.ts';
import { calleeKey, serviceKey, type ServiceKey, type ServiceSpec, type WorldSpec } from '../world/spec.ts';

/**
 * Requests per second that reach each service at the mean of the day, from the rates at the roots down the calls.
 *
 * @throws RangeError when services call each other in a circle.
 */
export function expectedRates(services: readonly ServiceSpec[]): ReadonlyMap<ServiceKey, number> {
  const rates = new Map<ServiceKey, number>();
  for (const service of callersFirst(services)) {
    const key = serviceKey(service);
    const rate = (rates.get(key) ?? 0) + (service.load?.rootRate ?? 0);
    rates.set(key, rate);
    for (const call of service.load?.calls ?? []) {
      const callee = calleeKey(service, call);
      rates.set(callee, (rates.get(callee) ?? 0) + rate * call.perRequest);
    }
  }
  return rates;
}

/** CPU that a service wants over the CPU limits of so many replicas, at the mean of the day; 0 without a limit. */
export function expectedPressure(service: ServiceSpec, rate: number, replicas = service.replicas): number {
  const limit = parseQuantity(service.limits?.cpu) ?? Number.POSITIVE_INFINITY;
  const { load } = service;
  if (load === undefined || !Number.isFinite(limit) || replicas === 0) return 0;
  return (rate * load.cpuMillisPerRequest + replicas * load.idleCpuMillis) / 1_000 / (replicas * limit);
}

/** Where a service stands: who calls it, and whether it keeps anything. */
export const ROLES = ['frontend', 'middle', 'leaf', 'stateful'] as const;
export type Role = (typeof ROLES)[number];

/** The role of a service; undefined for what takes no requests, as the pods of the monitoring and the system. */
export function roleOf({ kind, load }: ServiceSpec): Role | undefined {
  if (load === undefined) return undefined;
  if ((load.rootRate ?? 0) > 0) return 'frontend';
  if (kind === 'StatefulSet') return 'stateful';
  return (load.calls ?? []).length > 0 ? 'middle' : 'leaf';
}

/** Who calls each service, and how often for each of its own requests. */
export interface Caller {
  readonly service: ServiceSpec;
  readonly perRequest: number;
  readonly required: boolean;
}

export function callersOf({ services }: Pick<WorldSpec, 'services'>, service: ServiceSpec): readonly Caller[] {
  const key = serviceKey(service);
  return services.flatMap((caller) =>
    (caller.load?.calls ?? [])
      .filter((call) => calleeKey(caller, call) === key)
      .map(({ perRequest, required }) => ({ service: caller, perRequest, required })),
  );
}
