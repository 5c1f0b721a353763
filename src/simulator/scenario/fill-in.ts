import { parseQuantity } from '../../domain/quantity.ts';
import { calleeKey, serviceKey, type LoadSpec, type ServiceSpec } from '../world/spec.ts';
import { rounded } from './dice.ts';
import { expectedRates } from './estimate.ts';
import type { WrittenLoad, WrittenOverride, WrittenService } from './written.ts';

const SIZE = { cpu: '200m', memory: '256Mi' } as const;
/** Share of its CPU limit that a service uses at the mean of the day, where the file does not say what a request costs. */
const BUSY = 0.35;
const USUAL_CPU_MILLIS = 5;
const MEMORY_SHARE = 0.4;

/** Services with everything that their file leaves out. */
export function fillIn(services: readonly WrittenService[]): readonly ServiceSpec[] {
  const filled = services.map(withDefaults);
  const isCalled = (key: string): boolean =>
    filled.some((caller) => (caller.load?.calls ?? []).some((call) => calleeKey(caller, call) === key));
  // Rates along a circle have no end; that it is one is found and said elsewhere.
  const rates = hasCircle(filled) ? new Map<string, number>() : expectedRates(filled);
  return filled.map((service, index) => {
    const given = services[index]?.load?.cpuMillisPerRequest;
    const rate =
      isCalled(serviceKey(service)) || service.load?.rootRate !== undefined ? rates.get(serviceKey(service)) : 0;
    return given === undefined ? withCpu(service, rate ?? 0) : service;
  });
}

function hasCircle(services: readonly ServiceSpec[]): boolean {
  try {
    expectedRates(services);
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

function withDefaults(written: WrittenService): ServiceSpec {
  const { namespace = 'shop', name, image, previousImage, load, autoscaler, ...given } = written;
  const requests = { ...SIZE, ...written.requests };
  const limits = { ...requests, ...written.limits };
  const images =
    image === undefined
      ? { image: `${namespace}/${name}:1.4.2`, previousImage: previousImage ?? `${namespace}/${name}:1.4.1` }
      : { image, ...(previousImage === undefined ? {} : { previousImage }) };
  return {
    kind: 'Deployment',
    replicas: 2,
    port: 8080,
    progressDeadlineSeconds: 120,
    ...given,
    namespace,
    name,
    ...images,
    requests,
    limits,
    memory: written.memory ?? shareOf(limits.memory, MEMORY_SHARE),
    load: loadOf(load ?? {}),
    ...(autoscaler === undefined
      ? {}
      : {
          autoscaler: {
            cpuPercent: 70,
            ...autoscaler,
          },
        }),
  };
}

function shareOf(quantity: string, share: number): string {
  return `${Math.round(((parseQuantity(quantity) ?? 0) * share) / 2 ** 20)}Mi`;
}

function loadOf(written: WrittenLoad): LoadSpec {
  const { calls = [], externals = [], ...given } = written;
  return {
    cpuMillisPerRequest: USUAL_CPU_MILLIS,
    idleCpuMillis: 8,
    latencySeconds: 0.02,
    errorRatio: 0.001,
    ...given,
    calls: calls.map((call) => ({
      perRequest: 1,
      required: true,
      ...(typeof call === 'string' ? { to: call } : call),
    })),
    externals: externals.map((external) => ({
      perRequest: 1,
      ...external,
    })),
  };
}

function withCpu(service: ServiceSpec, rate: number): ServiceSpec {
  const limit = (parseQuantity(service.limits?.cpu) ?? 0) * 1_000 * service.replicas;
  const { load } = service;
  if (load === undefined || rate === 0 || limit === 0) return service;
  return { ...service, load: { ...load, cpuMillisPerRequest: rounded((limit * BUSY) / rate) } };
}

/** A service as an override changes it. */
export function overridden(service: ServiceSpec, override: WrittenOverride): ServiceSpec {
  const { load, requests, autoscaler, ...plain } = override;
  const changed = { ...service, ...plain };
  const merged = {
    ...changed,
    requests: { ...service.requests, ...requests },
    load: load === null ? null : mergedLoad(service.load, load),
    autoscaler: autoscaler === null ? null : (autoscaler ?? service.autoscaler),
  };
  const kept = Object.entries(merged).filter(([, value]) => value !== null && value !== undefined);
  const withDefault = Object.fromEntries(kept) as unknown as ServiceSpec; // The fields of a service, less those that may be missing.
  const scaler = withDefault.autoscaler;
  return scaler === undefined
    ? withDefault
    : { ...withDefault, autoscaler: { ...scaler, cpuPercent: scaler.cpuPercent ?? 70 } };
}

function mergedLoad(before: LoadSpec | undefined, written: WrittenLoad | undefined): LoadSpec | undefined {
  if (written === undefined) return before;
  const { calls, externals } = written;
  const asked = loadOf(written);
  return {
    ...(before ?? asked),
    ...written,
    calls: calls === undefined ? (before?.calls ?? []) : (asked.calls ?? []),
    externals: externals === undefined ? (before?.externals ?? []) : (asked.externals ?? []),
  };
}
