import { serviceKey, type FaultSpec, type ServiceSpec, type WorldSpec } from '../world/spec.ts';
import type { Random } from '../world/random.ts';
import { rounded } from './dice.ts';
import { expectedPressure, expectedRates } from './estimate.ts';
import { stripped, type Family } from './family.ts';
import type { AnyKind } from './fitness.ts';

export type Range = readonly [number, number];

/** How bad a fault is drawn: a range of what it does, and the strength that does so to the one service. */
interface Severity {
  /** What the range counts. */
  readonly of: string;
  readonly range: Range;
  /** The strength for a severity; the severity itself where it is left out. */
  readonly strength?: (severity: number, on: Patient) => number;
  /** How long it lasts, in seconds; as its kind says where it is left out. */
  readonly lasts?: Range;
}

interface Patient {
  readonly spec: WorldSpec;
  readonly service: ServiceSpec;
  readonly rate: number;
}

/** A surge is as many times the usual as puts so much on the CPU limits of the present replicas. */
function surge(severity: number, { service, rate }: Patient): number {
  return severity / Math.max(0.05, expectedPressure(service, rate));
}

/** The autoscaler is left one replica of room where it has none; the surge must fill that too. */
function surgeOverBounds(severity: number, { service, rate }: Patient): number {
  const most = Math.max((service.autoscaler?.min ?? 1) + 1, service.replicas);
  return severity / Math.max(0.05, expectedPressure(service, rate, most));
}

/** So much longer each request takes, spread over what it calls. */
function perCall(severity: number, { service: { load } }: Patient): number {
  const sum = (calls: readonly { readonly perRequest: number }[] = []): number =>
    calls.reduce((total, { perRequest }) => total + perRequest, 0);
  const outside = sum(load?.externals);
  return severity / Math.max(0.05, outside > 0 ? outside : sum(load?.calls));
}

const PRESSURE: Range = [1.7, 3.6];

/** Kinds that are not listed know no strength. */
export const SEVERITIES: Readonly<Partial<Record<AnyKind, Severity>>> = {
  'bad-rollout-crash': { of: 'seconds until the crash', range: [1, 14] },
  'bad-rollout-errors': { of: 'share of requests that fail', range: [0.12, 0.7] },
  'bad-rollout-slow': {
    of: 'seconds that the service itself takes',
    range: [0.5, 2.6],
    strength: (seconds, { service }) => seconds / (service.load?.latencySeconds ?? 0.01),
  },
  'bad-rollout-leak': { of: 'leak', range: [0.6, 2.6] },
  'memory-leak': { of: 'leak', range: [0.6, 2.4] },
  'limit-too-low': { of: 'additional memory, in limits', range: [0.72, 1.3] },
  'cpu-throttling': { of: 'CPU of the bursts, in limits', range: [0.64, 1.05] },
  'hot-loop': { of: 'CPU that is burnt, in limits', range: [0.7, 1.9] },
  'crash-on-poison': { of: 'seconds until the crash', range: [3, 18] },
  'disk-filling': { of: 'percent of the volume per minute', range: [6, 14] },
  blip: { of: 'share of requests that fail', range: [0.1, 0.5], lasts: [45, 150] },
  overload: { of: 'demand over the CPU limits of the present replicas', range: PRESSURE, strength: surge },
  'traffic-spike': {
    of: 'demand over the CPU limits of the present replicas',
    range: PRESSURE,
    strength: surge,
    lasts: [200, 560],
  },
  'retry-storm': { of: 'retries of a request that failed', range: [10, 26] },
  'bad-hpa-bounds': {
    of: 'demand over the CPU limits of the replicas that are allowed',
    range: [1.4, 2.6],
    strength: surgeOverBounds,
  },
  'dependency-outage': { of: 'share of the outside calls that fail', range: [0.35, 1] },
  'slow-dependency': { of: 'seconds that a request takes longer', range: [0.5, 2.8], strength: perCall },
  'connection-pool-exhaustion': { of: 'share of the connections that is left', range: [0.3, 0.8] },
  'certificate-expiry': { of: 'share of the connections that fail', range: [0.5, 1] },
  'dns-outage': { of: 'share of the look-ups that fail', range: [0.3, 1] },
  'node-pressure': { of: 'pace', range: [0.7, 2.6] },
  'noisy-neighbour': { of: 'share of the CPU that is gone', range: [0.66, 0.88] },
  unschedulable: { of: 'share of the pods that lose their place', range: [0.3, 0.9] },
  'monitoring-outage': { of: 'share of the services that are not scraped', range: [0.2, 0.9] },
  'traffic-rise': { of: 'factor', range: [1.1, 1.35], lasts: [300, 900] },
};

/** A strength and a duration for a fault of a service, from the strips of the family. */
export function drawStrength(
  random: Random,
  family: Family,
  fault: { readonly kind: AnyKind; readonly service: ServiceSpec; readonly spec: WorldSpec },
): Pick<FaultSpec, 'strength' | 'durationSeconds'> {
  const severity = SEVERITIES[fault.kind];
  if (severity === undefined) return {};
  const drawn = stripped(random, family, severity.range);
  const rate = expectedRates(fault.spec.services).get(serviceKey(fault.service)) ?? 0;
  const strength = severity.strength?.(drawn, { ...fault, rate }) ?? drawn;
  return {
    strength: rounded(strength, 6),
    ...(severity.lasts === undefined ? {} : { durationSeconds: Math.round(stripped(random, family, severity.lasts)) }),
  };
}
