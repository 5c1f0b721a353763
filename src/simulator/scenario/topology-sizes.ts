import { FALLBACK_ANNOTATION } from '../../domain/remedy.ts';
import type { Random } from '../world/random.ts';
import type { ServiceSpec } from '../world/spec.ts';
import { between, oneOf, rounded, wholeBetween } from './dice.ts';
import type { Vertex } from './topology-graph.ts';

/** CPU and memory that replicas ask for. Millicores and MiB. */
const CPU_SIZES = [100, 150, 200, 250, 300, 400] as const;
const MEMORY_SIZES = [128, 192, 256, 384, 512] as const;
/** Share of its CPU limit that a service uses at the mean of the day: half as much again at its height leaves room. */
const LEAST_BUSY = 0.24;
const MOST_BUSY = 0.42;
/** What an autoscaler aims at is above what a scaled service uses at the height of the day. */
const SCALED_BUSY = 0.4;
const MOST_REPLICAS = 8;

/** A service with replicas, sizes, bounds and its share of everything else that real ones have. */
export function sized(
  random: Random,
  vertex: Vertex,
  on: {
    /** Requests per second at the mean of the day; for a fallback those of whom it stands in for. */
    readonly rate: number;
  },
): ServiceSpec {
  const replicas = replicasOf(random, vertex, on.rate);
  const cpu = oneOf(random, CPU_SIZES) ?? 200;
  const scaler = scalerOf(random, vertex, replicas);
  const busy = between(random, LEAST_BUSY, scaler === undefined ? MOST_BUSY : SCALED_BUSY);
  // What is scaled on its requests has limits like them; others may use more than they ask for.
  const limit = scaler === undefined && random() < 0.35 ? Math.round(cpu * between(random, 1.3, 2)) : cpu;
  const idle = wholeBetween(random, 4, 10);
  const { name, namespace, kind } = vertex;
  return {
    namespace,
    name,
    kind: kind === 'stateful' ? 'StatefulSet' : 'Deployment',
    replicas,
    ...imagesOf(random, vertex),
    ...memoryOf(random, cpu, limit),
    startSeconds: wholeBetween(random, 2, 8),
    port: kind === 'stateful' ? 6379 : 8080,
    progressDeadlineSeconds: 120,
    load: {
      ...(vertex.rootRate > 0 ? { rootRate: vertex.rootRate } : {}),
      cpuMillisPerRequest: rounded((Math.max(0.05, busy - idle / limit) * limit * replicas) / on.rate),
      idleCpuMillis: idle,
      latencySeconds: vertex.latencySeconds,
      errorRatio: vertex.errorRatio,
      ...(vertex.calls.length === 0 ? {} : { calls: vertex.calls }),
      ...(vertex.externals.length === 0 ? {} : { externals: vertex.externals }),
    },
    ...(scaler === undefined ? {} : { autoscaler: scaler }),
    ...budgetOf(random, replicas),
    ...extrasOf(random, vertex),
  };
}

/** Busy services have more replicas; some have a single one, whatever they do. */
function replicasOf(random: Random, { kind }: Vertex, rate: number): number {
  if (kind === 'stateful') return wholeBetween(random, 1, 3);
  if (kind === 'fallback') return 2;
  if (kind !== 'gateway' && random() < 0.1) return 1;
  const usual = 1.5 + Math.log2(1 + rate / 15);
  return Math.min(MOST_REPLICAS, Math.max(2, Math.round(usual * between(random, 0.7, 1.5))));
}

function scalerOf(random: Random, { kind }: Vertex, replicas: number): ServiceSpec['autoscaler'] {
  const scales = kind === 'gateway' ? 1 : kind === 'middle' || kind === 'leaf' ? 0.35 : 0;
  if (random() >= scales || replicas < 2) return undefined;
  const most = Math.max(replicas + 2, Math.round(replicas * between(random, 1.4, 2.4)));
  const scaler = { min: replicas, max: most, cpuPercent: 5 * wholeBetween(random, 13, 15) };
  return random() < 0.15 ? { ...scaler, keda: true } : scaler;
}

function imagesOf(random: Random, { namespace, name }: Vertex): Pick<ServiceSpec, 'image' | 'previousImage'> {
  const minor = wholeBetween(random, 1, 18);
  const patch = wholeBetween(random, 1, 6);
  const image = (version: number): string => `${namespace}/${name}:1.${minor}.${version}`;
  return { image: image(patch), previousImage: image(patch - 1) };
}

function memoryOf(random: Random, cpu: number, cpuLimit: number): Pick<ServiceSpec, 'requests' | 'limits' | 'memory'> {
  const memory = oneOf(random, MEMORY_SIZES) ?? 256;
  const asked = random() < 0.7 ? memory : Math.round(memory * 0.75);
  return {
    requests: { cpu: `${cpu}m`, memory: `${asked}Mi` },
    limits: { cpu: `${cpuLimit}m`, memory: `${memory}Mi` },
    memory: `${Math.round(memory * between(random, 0.3, 0.55))}Mi`,
  };
}

function budgetOf(random: Random, replicas: number): Pick<ServiceSpec, 'budget'> {
  if (replicas < 2 || random() < 0.45) return {};
  return { budget: random() < 0.6 ? { maxUnavailable: 1 } : { minAvailable: replicas - 1 } };
}

function extrasOf(random: Random, { kind, name, fallback }: Vertex): Partial<ServiceSpec> {
  if (kind === 'stateful') {
    const size = oneOf(random, ['4Gi', '8Gi', '20Gi', '50Gi']) ?? '8Gi';
    return { volume: { size, usedRatio: rounded(between(random, 0.35, 0.6), 2) } };
  }
  const isRouted = random() < 0.5;
  return {
    ...(random() < 0.4 ? { configMap: `${name}-settings` } : {}),
    ...(random() < 0.3 ? { healEndpoint: { path: '/internal/reset' } } : {}),
    ...(fallback === undefined ? {} : { annotations: { [FALLBACK_ANNOTATION]: `service/${fallback}` } }),
    ...(fallback === undefined || !isRouted ? {} : { route: { name, fallback } }),
  };
}
