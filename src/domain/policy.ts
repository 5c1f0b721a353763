import type { CauseName } from './diagnosis.ts';
import type { RemedyName } from './remedy.ts';

/** What AutoHeal may do: only report, ask a person first, or act by itself. */
export type Mode = 'observe' | 'approve' | 'auto';

/** One rule of the policy. The first rule that matches a workload decides; without one the defaults do. */
export interface PolicyRule {
  readonly name: string;
  /** All given fields must match; an empty match is a configuration error. Values may end in `*`. */
  readonly match: {
    readonly namespaces?: readonly string[];
    readonly workloads?: readonly string[];
    readonly kinds?: readonly string[];
    readonly alertnames?: readonly string[];
    readonly causes?: readonly CauseName[];
  };
  readonly mode?: Mode;
  readonly remedies?: readonly RemedyName[];
}

/** Bounds of single remedies. */
export interface RemedyLimits {
  /** No action may cost more ready-replica-minutes than this. */
  readonly maxDisruption: number;
  /** A change that was meant for a time only is taken back so long after the incident is over. */
  readonly giveBackAfterSeconds: number;
  /** A limit of a container is raised by `factor` at once, never above `maxMemory` and `maxCpu` (quantities). */
  readonly resize: { readonly factor: number; readonly maxMemory: string; readonly maxCpu: string };
  readonly nodes: {
    /** At most this share of the nodes is cordoned, drained or not ready at once, in (0, 1]. */
    readonly maxShareOut: number;
    readonly drainDeadlineSeconds: number;
  };
  /** Failed and evicted pods are removed when they are older than this. */
  readonly cleanup: { readonly minAgeSeconds: number; readonly maxPods: number };
  /** A pod that was set aside for a post-mortem is removed after this. */
  readonly quarantineSeconds: number;
  /** Bounds of an autoscaler that AutoHeal makes; the replicas are bounded by `scale`. */
  readonly autoscaler: { readonly cpuPercent: number };
  /** Objects with a scale subresource that provide nodes. None unless configured. */
  readonly nodeGroups: readonly NodeGroup[];
  /** Allow-listed Job templates. None unless configured. */
  readonly runbooks: readonly Runbook[];
}

/** An object whose scale subresource makes nodes, e.g. a MachineDeployment of Cluster API. */
export interface NodeGroup {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly maxReplicas: number;
  /** Labels that its nodes carry: a pending pod must be able to land on them. Empty: any pod. */
  readonly nodeLabels: Readonly<Record<string, string>>;
}

/** A Job template that may be started for certain causes: key `job.yaml` of a ConfigMap. */
export interface Runbook {
  readonly name: string;
  readonly causes: readonly CauseName[];
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** Namespaces of workloads that it is for. Values may end in `*`. */
  readonly namespaces: readonly string[];
}

export interface Policy {
  /** For workloads that no rule matches. `observe` unless configured. */
  readonly mode: Mode;
  readonly remedies: readonly RemedyName[];
  readonly rules: readonly PolicyRule[];
  /** Never acted on, whatever the rules say. Values may end in `*`. */
  readonly protectedNamespaces: readonly string[];
  /** `kind/namespace/name`, never acted on. Values may end in `*`. */
  readonly protectedWorkloads: readonly string[];
  /** After an action on a workload, no other for so long. */
  readonly cooldownSeconds: number;
  /** So many actions in the window, over all workloads. */
  readonly maxActionsPerHour: number;
  readonly maxActionsPerWorkloadPerDay: number;
  /** Below this score nothing is done. In [0, 1]. */
  readonly minimumScore: number;
  /** Evidence older than this is gathered again before acting. */
  readonly maxEvidenceAgeSeconds: number;
  readonly approvalTtlSeconds: number;
  readonly scale: { readonly maxReplicas: number; readonly maxFactor: number; readonly minReplicas: number };
  readonly limits: RemedyLimits;
  readonly verification: {
    readonly firstCheckSeconds: number;
    readonly intervalSeconds: number;
    /** Healthy for so long without a break before it counts as recovered. */
    readonly stableSeconds: number;
    /** Not recovered by then: the next remedy, or people. */
    readonly deadlineSeconds: number;
  };
  /** Rungs of the ladder: so many different remedies are tried before people are called. */
  readonly maxRungs: number;
  /**
   * After a verified recovery the same alert may still fire for so long without counting as a new episode: the lookback of
   * its rule plus Alertmanager's group interval.
   */
  readonly alertLagSeconds: number;
}
