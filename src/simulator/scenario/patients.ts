import { calleeKey, serviceKey, type ServiceSpec, type WorldSpec } from '../world/spec.ts';
import { expectedPressure, expectedRates } from './estimate.ts';
import { fitFor, type AnyKind } from './fitness.ts';

/** Fewer requests per second than this tell nobody anything. */
const LEAST_RATE = 1;
/** What shows only in requests shows of a StatefulSet only where a Deployment needs it this often per request. */
const LEAST_SHARE = 0.25;
/** A storm begins with six times the requests: of a service that is hardly busy nothing fails then. */
const STORM_PRESSURE = 0.24;

/** Kinds whose alerts are of requests; those are defined for Deployments. */
const SHOWN_BY_REQUESTS: ReadonlySet<AnyKind> = new Set([
  'bad-rollout-errors',
  'bad-rollout-slow',
  'cpu-throttling',
  'hot-loop',
  'blip',
  'overload',
  'traffic-spike',
  'retry-storm',
  'dependency-outage',
  'slow-dependency',
  'connection-pool-exhaustion',
  'noisy-neighbour',
]);

/** The services that can fall ill with a kind so that somebody would notice: those of the world itself that get requests. */
export function patientsFor(spec: WorldSpec, kind: AnyKind): readonly ServiceSpec[] {
  const rates = expectedRates(spec.services);
  return fitFor(spec, kind).filter((service) => {
    const rate = rates.get(serviceKey(service)) ?? 0;
    if (service.load === undefined || rate < LEAST_RATE) return false;
    if (kind === 'certificate-expiry') return isNeeded(spec, service);
    if (kind === 'cpu-throttling' && service.kind !== 'Deployment') return false;
    if (kind === 'retry-storm' && expectedPressure(service, rate) < STORM_PRESSURE) return false;
    return !SHOWN_BY_REQUESTS.has(kind) || service.kind === 'Deployment' || isNeeded(spec, service);
  });
}

/** Whether some Deployment cannot do without the service. */
function isNeeded(spec: WorldSpec, service: ServiceSpec): boolean {
  const key = serviceKey(service);
  return spec.services.some(
    (caller) =>
      caller.kind === 'Deployment' &&
      (caller.load?.calls ?? []).some(
        (call) => calleeKey(caller, call) === key && call.required && call.perRequest >= LEAST_SHARE,
      ),
  );
}
