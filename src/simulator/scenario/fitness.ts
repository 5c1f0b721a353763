import {
  serviceKey,
  type FaultKindName,
  type HarmlessKindName,
  type ServiceSpec,
  type WorldSpec,
} from '../world/spec.ts';
import { callersOf } from './estimate.ts';

export type AnyKind = FaultKindName | HarmlessKindName;

/** Why a service cannot fall ill with a kind of fault, with what it would need; undefined where it can. */
export function whyUnfit(spec: WorldSpec, kind: AnyKind, service: ServiceSpec): string | undefined {
  const who = `${service.kind} ${serviceKey(service)}`;
  for (const need of NEEDS[kind]) {
    if (!CHECKS[need].holds(spec, service)) return `${who} ${CHECKS[need].lacks}`;
  }
  return undefined;
}

/** The services of a world that can fall ill with a kind of fault. */
export function fitFor(spec: WorldSpec, kind: AnyKind): readonly ServiceSpec[] {
  return spec.services.filter((service) => whyUnfit(spec, kind, service) === undefined);
}

/** What a service must have to fall ill with a kind, for people. */
export function needsOf(kind: AnyKind): string {
  const needs = NEEDS[kind].map((need) => CHECKS[need].says);
  return [...(needs.length === 0 ? ['any service'] : needs), ...(NODE_KINDS.has(kind) ? ['or a node'] : [])].join(', ');
}

/** The kinds that may have a node as their target. */
export const NODE_KINDS: ReadonlySet<AnyKind> = new Set(['node-not-ready', 'node-pressure', 'noisy-neighbour']);

type Need = keyof typeof CHECKS;

interface Check {
  readonly holds: (spec: WorldSpec, service: ServiceSpec) => boolean;
  readonly lacks: string;
  readonly says: string;
}

const CHECKS = {
  load: {
    holds: (_, { load }) => load !== undefined,
    lacks: 'takes no requests: give it a `load`',
    says: 'a load',
  },
  requests: {
    holds: (spec, service) => (service.load?.rootRate ?? 0) > 0 || callersOf(spec, service).length > 0,
    lacks: 'gets no requests: give it a `load.rootRate`, or let another service call it',
    says: 'requests',
  },
  caller: {
    holds: (spec, service) => callersOf(spec, service).length > 0,
    lacks: 'is called by no other service, so nobody could notice: let one call it',
    says: 'a caller',
  },
  calls: {
    holds: (_, { load }) => (load?.calls ?? []).length + (load?.externals ?? []).length > 0,
    lacks: 'calls nobody: give it `load.calls` or `load.externals`',
    says: 'calls',
  },
  externals: {
    holds: (_, { load }) => (load?.externals ?? []).length > 0,
    lacks: 'calls nothing outside the cluster: give it `load.externals`',
    says: 'externals',
  },
  cpuLimit: {
    holds: (_, { limits }) => limits?.cpu !== undefined,
    lacks: 'has no CPU limit: give it `limits.cpu`',
    says: 'a CPU limit',
  },
  memoryLimit: {
    holds: (_, { limits }) => limits?.memory !== undefined,
    lacks: 'has no memory limit: give it `limits.memory`',
    says: 'a memory limit',
  },
  previousImage: {
    holds: (_, { previousImage }) => previousImage !== undefined,
    lacks: 'has no revision to go back to: give it a `previousImage`',
    says: 'a previous image',
  },
  port: {
    holds: (_, { port }) => port !== undefined,
    lacks: 'has no port, so nothing probes or scrapes it: give it a `port`',
    says: 'a port',
  },
  autoscaler: {
    holds: (_, { kind, autoscaler }) => kind === 'Deployment' && autoscaler !== undefined,
    lacks: 'has no autoscaler: give a Deployment an `autoscaler` with min, max and cpuPercent',
    says: 'a Deployment with an autoscaler',
  },
  volume: {
    holds: (_, { kind, volume }) => kind === 'StatefulSet' && volume !== undefined,
    lacks: 'has no volume: make it a StatefulSet with a `volume` of a size and a usedRatio',
    says: 'a StatefulSet with a volume',
  },
  movable: {
    holds: (_, { kind }) => kind !== 'DaemonSet',
    lacks: 'runs on every node: a Deployment or a StatefulSet can do this',
    says: 'no DaemonSet',
  },
} as const satisfies Readonly<Record<string, Check>>;

const ROLLOUT = ['previousImage'] as const;
const BUSY = ['load', 'requests', 'cpuLimit'] as const;

/** What a service must have to fall ill with each kind. */
const NEEDS: Readonly<Record<AnyKind, readonly Need[]>> = {
  'bad-rollout-crash': ROLLOUT,
  'bad-rollout-errors': ['previousImage', 'load', 'requests'],
  'bad-rollout-slow': ['previousImage', 'load', 'requests'],
  'bad-rollout-leak': ['previousImage', 'memoryLimit'],
  'image-pull': ROLLOUT,
  'missing-config': ROLLOUT,
  'memory-leak': ['memoryLimit'],
  'limit-too-low': ['memoryLimit'],
  'cpu-throttling': BUSY,
  'hot-loop': BUSY,
  'deadlock-one-pod': ['port'],
  'crash-on-poison': [],
  'disk-filling': ['volume'],
  blip: ['load', 'requests'],
  overload: BUSY,
  'traffic-spike': BUSY,
  'retry-storm': BUSY,
  'bad-hpa-bounds': ['autoscaler', ...BUSY],
  'dependency-outage': ['load', 'externals', 'requests'],
  'slow-dependency': ['load', 'calls', 'requests'],
  'connection-pool-exhaustion': ['load', 'requests'],
  'certificate-expiry': ['load', 'caller'],
  'dns-outage': ['load', 'calls', 'requests'],
  'node-not-ready': [],
  'node-pressure': [],
  'noisy-neighbour': [],
  unschedulable: ['movable'],
  'monitoring-outage': ['port'],
  'good-rollout': ROLLOUT,
  'traffic-rise': ['load', 'requests'],
};
