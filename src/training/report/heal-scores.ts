export const POLICY_NAMES = ['none', 'always-restart', 'rules', 'autoheal', 'oracle'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

/** (none - policy) / (none - oracle) in bad minutes; null where hardly anything could be avoided by anybody. */
export type PolicyScores = Readonly<Record<PolicyName, number | null>>;

/** What the model card shows of a run of HealBench (`tests/bench/heal`), whose summary is one of these. */
export interface HealScores {
  readonly scenarios: number;
  readonly incidents: number;
  readonly score: PolicyScores;
  readonly score_by_fault: Readonly<Record<string, PolicyScores>>;
  /** Of the kinds of faults that training saw, and of those that were left out of it. */
  readonly score_seen: PolicyScores;
  readonly score_unseen: PolicyScores;
  /** Share of the actions that made things worse than doing nothing. */
  readonly harmful_share: Readonly<Record<PolicyName, number>>;
  readonly harmful_share_unseen: Readonly<Record<PolicyName, number>>;
}
