import type { CustomResource } from '../api/resource-types.ts';
import type { NewObject } from '../objects.ts';

/** What a world is made of, and what can befall it. All plain data. */

export interface NodeSpec {
  readonly name: string;
  /** Quantities, e.g. `4` and `16Gi`. */
  readonly cpu: string;
  readonly memory: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The node group that it belongs to. */
  readonly group?: string;
}

/** Nodes that come and go with the replicas of a MachineDeployment of Cluster API. */
export interface NodeGroupSpec {
  readonly namespace: string;
  /** As `NodeSpec.group` names it; its first node is what new ones are made like. */
  readonly name: string;
  /** From the change of the replicas to a node that is ready; 60 when left out. */
  readonly joinSeconds?: number;
}

export interface QuotaSpec {
  readonly namespace: string;
  readonly name: string;
  /** As in a ResourceQuota: `pods`, `requests.cpu`, `count/pods`. */
  readonly hard: Readonly<Record<string, string>>;
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
  readonly autoscaler?: {
    readonly min: number;
    readonly max: number;
    readonly cpuPercent: number;
    /** Made by KEDA from a ScaledObject. */
    readonly keda?: true;
  };
  readonly budget?: { readonly minAvailable?: number | string; readonly maxUnavailable?: number | string };
  readonly volume?: { readonly size: string; readonly usedRatio: number };
  /** A ConfigMap that the container reads. */
  readonly configMap?: string;
  readonly progressDeadlineSeconds?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** All its requests come through this HTTPRoute, which has it and its fallback (weight 0) as backends. */
  readonly route?: { readonly name: string; readonly fallback: string };
  /** Where its processes take a request to reset themselves; the workload is annotated with it. */
  readonly healEndpoint?: { readonly path: string };
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
  readonly nodeGroups?: readonly NodeGroupSpec[];
  readonly quotas?: readonly QuotaSpec[];
  /** Custom kinds that its API serves besides those that its own parts need. */
  readonly customResources?: readonly CustomResource[];
  /** Objects that are there from the start, by the resource that the store keeps them under. */
  readonly objects?: readonly { readonly resource: string; readonly object: NewObject }[];
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
  'limit-too-low',
  'cpu-throttling',
  'hot-loop',
  'node-pressure',
  'noisy-neighbour',
  'unschedulable',
  'bad-hpa-bounds',
  'bad-rollout-slow',
  'bad-rollout-leak',
  'disk-filling',
  'slow-dependency',
  'connection-pool-exhaustion',
  'traffic-spike',
  'retry-storm',
  'certificate-expiry',
  'dns-outage',
  'monitoring-outage',
] as const;

export type FaultKindName = (typeof FAULT_KINDS)[number];

/** What happens in healthy clusters every day, and looks like the cause of an illness that begins soon after. */
export const HARMLESS_KINDS = ['good-rollout', 'traffic-rise'] as const;

export type HarmlessKindName = (typeof HARMLESS_KINDS)[number];

/** One illness. `id` names it for `clear` and `truth`. */
export interface FaultSpec {
  readonly id: string;
  readonly kind: FaultKindName | HarmlessKindName;
  /**
   * For the faults of nodes with an empty namespace, `service` is a node's name; otherwise the node of the service's first pod
   * is meant. `dns-outage` is of the whole cluster, whatever its target.
   */
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
  let key = keys.get(service);
  if (key === undefined) {
    key = `${service.namespace}/${service.name}`;
    keys.set(service, key);
  }
  return key;
}

/** Specs are plain data that nobody changes; in every step the key of each is asked for. */
const keys = new WeakMap<object, ServiceKey>();

/** The service that a call goes to, as a key. */
export function calleeKey(caller: { readonly namespace: string }, call: CallSpec): ServiceKey {
  if (call.to.includes('/')) {
    return call.to;
  }
  const known = callees.get(call);
  if (known?.namespace === caller.namespace) {
    return known.key;
  }
  const key = `${caller.namespace}/${call.to}`;
  callees.set(call, { namespace: caller.namespace, key });
  return key;
}

/** The callee of each call, as its latest caller meant it. */
const callees = new WeakMap<CallSpec, { readonly namespace: string; readonly key: ServiceKey }>();
