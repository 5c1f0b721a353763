import type { Condition } from './kubernetes.ts';
import type { WorkloadRef } from './workload.ts';

/** The signals that one Prometheus request brings. Ratios are fractions, never percent. */
export const SIGNAL_NAMES = [
  'cpu_per_limit', // CPU used / CPU limit, mean over the pods, 0..
  'throttled_ratio', // throttled CFS periods / all periods, 0..1
  'memory_per_limit', // working set / limit of the worst pod, 0..
  'memory_growth_per_limit', // growth of the working set in limits per 10 minutes, worst pod
  'restarts', // container restarts in the last 10 minutes, all pods
  'request_rate', // requests per second, all pods
  'request_rate_baseline', // the same an hour ago
  'error_ratio', // failed / all requests, 0..1
  'error_ratio_baseline', // the same an hour ago
  'error_spread', // error ratio of the worst pod / mean error ratio: 1 = all alike, high = one bad pod
  'latency_p99_seconds',
  'latency_p99_baseline_seconds', // the same an hour ago
  'dependency_error_ratio', // failed / all requests that this workload itself sends, 0..1
  'volume_used_ratio', // fullest persistent volume of the pods, 0..1
  'node_cpu_ratio', // of a Node alone: CPU in use / all of its CPU, 0..1
  'node_pods_cpu_ratio', // of a Node alone: CPU that its pods use / all of its CPU, 0..
] as const;

export type SignalName = (typeof SIGNAL_NAMES)[number];

/** What Prometheus said. A signal that is not here is unknown: never zero, never healthy. */
export type Signals = Readonly<Partial<Record<SignalName, number>>>;

export interface ContainerEvidence {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restarts: number;
  /** `waiting.reason` or `terminated.reason`, e.g. `CrashLoopBackOff`; empty while running. */
  readonly stateReason: string;
  readonly stateMessage: string;
  readonly lastTermination?: { readonly reason: string; readonly exitCode: number; readonly finishedAt?: number };
  /** Memory limit in bytes, where one is set. */
  readonly memoryLimitBytes?: number;
}

export interface PodEvidence {
  readonly name: string;
  readonly namespace?: string;
  /** Kind of the owner that controls it; empty for a bare pod. */
  readonly ownerKind?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly node: string;
  readonly phase: string;
  /** `status.reason`, e.g. `Evicted`; empty where there is none. */
  readonly reason: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Since when it is ready (epoch milliseconds); absent while it is not. */
  readonly readySince?: number;
  /** `pod-template-hash` or `controller-revision-hash`; empty where there is none. */
  readonly revisionHash: string;
  /** The PodScheduled=False message; empty when scheduled. */
  readonly unschedulable: string;
  readonly containers: readonly ContainerEvidence[];
}

export interface RevisionEvidence {
  readonly revision: number;
  /** ReplicaSet or ControllerRevision name. */
  readonly name: string;
  readonly hash: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly images: readonly string[];
  readonly readyReplicas: number;
  /** True for the revision that the workload's template asks for now. */
  readonly current: boolean;
  /**
   * Set where it runs the same program with the same settings as the revision before it: a restart, or higher limits. What
   * goes wrong since then is not its doing.
   */
  readonly sameAsBefore?: true;
}

export interface WorkloadEvidence {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly managers: readonly string[];
  /** Kinds of the owner references, the controlling one included. */
  readonly ownerKinds: readonly string[];
  readonly generation: number;
  readonly observedGeneration: number;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly total: number;
  readonly paused: boolean;
  /** Pods that a rolling update may take away at once, as the strategy says; absent where it replaces none by itself. */
  readonly maxUnavailable?: number;
  readonly conditions: readonly Condition[];
}

export interface AutoscalerEvidence {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly current: number;
  readonly desired: number;
  readonly scalingActive: boolean;
}

export interface NodeEvidence {
  readonly name: string;
  readonly ready: boolean;
  /** Condition types that are True besides Ready, e.g. `MemoryPressure`. */
  readonly pressures: readonly string[];
  readonly unschedulable: boolean;
  /** Present where its labels make it a node of the control plane. */
  readonly controlPlane?: true;
  /** The action by which AutoHeal cordoned it, as its annotation says. */
  readonly heldBy?: string;
}

/** All nodes that take ordinary pods, as counts: what may be taken out of service is a share of them. */
export interface NodesEvidence {
  readonly total: number;
  /** Those that are cordoned or not ready. */
  readonly out: number;
  /** Those that AutoHeal cordoned and has not put back; the first few by name. */
  readonly held: readonly NodeEvidence[];
}

export interface EventEvidence {
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** Epoch milliseconds; absent where the event carries no time. */
  readonly lastSeen?: number;
}

export interface LogEvidence {
  readonly pod: string;
  readonly container: string;
  /** The last lines before the container ended. Untrusted text. */
  readonly tail: string;
}

/** Everything that was read about a workload before judging it, and what could not be read. */
export interface Evidence {
  readonly workload: WorkloadRef;
  /** Epoch milliseconds at which gathering ended. */
  readonly at: number;
  /** Absent for kinds without replicas (Node, Job, Cluster, ...). */
  readonly state?: WorkloadEvidence;
  readonly pods: readonly PodEvidence[];
  /** Newest first. */
  readonly revisions: readonly RevisionEvidence[];
  readonly autoscaler?: AutoscalerEvidence;
  readonly disruptionsAllowed?: number;
  /** Present where the budgets let pods go that are not ready, even while they allow no disruption. */
  readonly unreadyMayGo?: true;
  readonly nodes: readonly NodeEvidence[];
  /** Read where the workload is a node, or where its pods wait for one. */
  readonly allNodes?: NodesEvidence;
  readonly events: readonly EventEvidence[];
  readonly logs: readonly LogEvidence[];
  readonly job?: { readonly failed: number; readonly succeeded: number; readonly conditions: readonly Condition[] };
  readonly signals: Signals;
  /** What could not be read, each with the reason: `prometheus: timed out after 800 ms`. */
  readonly missing: readonly string[];
}

/** The causes that a diagnosis can name. Closed set: it is a metric label and the key of the remedies' `cures`. */
export type CauseName =
  | 'crash-loop-after-rollout'
  | 'crash-loop'
  | 'memory-leak'
  | 'memory-limit-too-low'
  | 'cpu-saturation'
  | 'cpu-throttling'
  | 'errors-after-rollout'
  | 'latency-after-rollout'
  | 'dependency-failure'
  | 'image-pull-failure'
  | 'configuration-error'
  | 'unschedulable'
  | 'never-ready'
  | 'one-bad-pod'
  | 'node-not-ready'
  | 'node-pressure'
  | 'volume-filling'
  | 'autoscaler-at-maximum'
  | 'evicted-pods'
  | 'failed-job'
  | 'unknown';

export interface Cause {
  readonly name: CauseName;
  /** How well the evidence supports it, in [0, 1]. Not a probability: it only ranks. */
  readonly confidence: number;
  /** The evidence for it, one sentence each. Never empty. */
  readonly because: readonly string[];
  /** The symptoms that verification must see gone, e.g. `crash-looping`, `error_ratio`. */
  readonly symptoms: readonly Symptom[];
}

/** What showed the illness, and so what has to be gone before it counts as recovered. */
export type Symptom =
  | 'crash-looping'
  | 'not-ready'
  | 'rollout-stuck'
  | 'pending'
  | 'memory_per_limit'
  | 'cpu_per_limit'
  | 'throttled_ratio'
  | 'error_ratio'
  | 'latency_p99_seconds'
  | 'dependency_error_ratio'
  | 'volume_used_ratio'
  | 'node_cpu_ratio'
  | 'node-not-ready'
  | 'node-pressure'
  | 'autoscaler-at-maximum'
  | 'evicted-pods'
  | 'job-failed';

export interface Diagnosis {
  readonly evidence: Evidence;
  /** Best first, never empty: `unknown` stands alone where nothing fits. */
  readonly causes: readonly [Cause, ...Cause[]];
}
