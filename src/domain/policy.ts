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
  readonly verification: {
    readonly firstCheckSeconds: number;
    readonly intervalSeconds: number;
    /** Healthy for so long without a break before it counts as recovered. */
    readonly stableSeconds: number;
    /** Not recovered by then: the next remedy, or people. */
    readonly deadlineSeconds: number;
  };
  /** Rungs of the ladder: so many remedies are tried before people are called. */
  readonly maxRungs: number;
  /**
   * After a verified recovery the same alert may still fire for so long without counting as a new episode: the lookback of
   * its rule plus Alertmanager's group interval.
   */
  readonly alertLagSeconds: number;
}
