/** What a world is made of, and what can befall it. All plain data. */

export interface NodeSpec {
  readonly name: string;
  /** Quantities, e.g. `4` and `16Gi`. */
  readonly cpu: string;
  readonly memory: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A call to another service of the world, or to something outside it. */
export interface CallSpec {
  /** A service of the same namespace, or `namespace/name`. */
  readonly to: string;
  /** Calls per request that the caller handles. */
  readonly perRequest: number;
  /** When false, a failed call costs the caller nothing but the time. */
  readonly required: boolean;
}

export interface LoadSpec {
  /** Requests per second that come from outside the world, at the mean of the day. */
  readonly rootRate?: number;
  readonly cpuMillisPerRequest: number;
  readonly idleCpuMillis: number;
  /** Time that the service itself takes, without its dependencies and without queueing. Seconds. */
  readonly latencySeconds: number;
  /** Share of requests that fail in good health. */
  readonly errorRatio: number;
  readonly calls?: readonly CallSpec[];
  /** Dependencies outside the world, by name. */
  readonly externals?: readonly { readonly name: string; readonly perRequest: number }[];
}

export interface ServiceSpec {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  /** Ignored for DaemonSets. */
  readonly replicas: number;
  readonly image: string;
  /** Rolled out first, so that the history has a revision to go back to. */
  readonly previousImage?: string;
  /** `app` when left out. */
  readonly container?: string;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits?: { readonly cpu?: string; readonly memory?: string };
  /** Working set of a fresh process, a quantity. */
  readonly memory: string;
  /** From process start to ready; 4 when left out. */
  readonly startSeconds?: number;
  readonly load?: LoadSpec;
  readonly port?: number;
  readonly autoscaler?: { readonly min: number; readonly max: number; readonly cpuPercent: number };
  readonly budget?: { readonly minAvailable?: number | string; readonly maxUnavailable?: number | string };
  readonly volume?: { readonly size: string; readonly usedRatio: number };
  /** A ConfigMap that the container reads. */
  readonly configMap?: string;
  readonly progressDeadlineSeconds?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface CronSpec {
  readonly namespace: string;
  readonly name: string;
  readonly schedule: string;
  readonly image: string;
  readonly runsSeconds: number;
  readonly exitCode?: number;
}

export interface WorldSpec {
  readonly nodes: readonly NodeSpec[];
  readonly services: readonly ServiceSpec[];
  readonly crons?: readonly CronSpec[];
  /** How long the cluster has run before the first tick, so that baselines and older revisions exist. Seconds; 0 when left out. */
  readonly prehistorySeconds?: number;
}

/** The kinds of illness; `faults/table.ts` says for each what it does and what cures it. */
export const FAULT_KINDS = [
  'bad-rollout-crash',
  'bad-rollout-errors',
  'memory-leak',
  'overload',
  'deadlock-one-pod',
  'dependency-outage',
  'image-pull',
  'missing-config',
  'node-not-ready',
  'blip',
  'crash-on-poison',
] as const;

export type FaultKindName = (typeof FAULT_KINDS)[number];

/** One illness. `id` names it for `clear` and `truth`. */
export interface FaultSpec {
  readonly id: string;
  readonly kind: FaultKindName;
  /** For `node-not-ready` with an empty namespace, `service` is a node's name; otherwise the node of the service's first pod. */
  readonly target: { readonly namespace: string; readonly service: string };
  /** Begins so long after the injection; 0 when left out. */
  readonly onsetSeconds?: number;
  /** How bad it is; what the number means depends on the kind, and each has its own default. */
  readonly strength?: number;
  /** Ends by itself so long after its onset. */
  readonly durationSeconds?: number;
}

/** `namespace/name` of a service. */
export type ServiceKey = string;

export function serviceKey(service: { readonly namespace: string; readonly name: string }): ServiceKey {
  return `${service.namespace}/${service.name}`;
}

/** The service that a call goes to, as a key. */
export function calleeKey(caller: { readonly namespace: string }, call: CallSpec): ServiceKey {
  return call.to.includes('/') ? call.to : `${caller.namespace}/${call.to}`;
}
