/** What a policy made of one scenario. */
export interface PolicyOutcome {
  /** Service-minutes that were bad between the onset and the end of the scenario. */
  readonly badMinutes: number;
  /** Whether nobody suffered at the end. */
  readonly recovered: boolean;
  /** From the onset to the last bad moment, in seconds; the whole scenario where it did not recover. */
  readonly recoverySeconds: number;
  /** What was done to the cluster. */
  readonly actions: readonly ActionOutcome[];
  /** Whether people were called: an incident ended without a remedy that helped. */
  readonly escalated: boolean;
}

export interface ActionOutcome {
  readonly remedy: string;
  readonly workload: string;
  /** Whether ready replicas were taken away, as the remedy's own declaration reckons. */
  readonly disruptive: boolean;
  /** Whether the ten minutes after it were worse than the same minutes without it; absent where nobody compared them. */
  readonly harmful?: boolean;
  readonly decidedBy: 'rules' | 'model' | 'habit' | 'knowledge';
}

export const POLICIES = ['none', 'always-restart', 'rules', 'autoheal', 'oracle'] as const;
export type PolicyName = (typeof POLICIES)[number];

/** One scenario under every policy. */
export interface ScenarioResult {
  readonly name: string;
  /** The kind of the fault, or `compound`. */
  readonly kind: string;
  /** False where the model never saw a fault of the kind. */
  readonly seen: boolean;
  /** Workloads that incidents were opened for under the policy `autoheal`. */
  readonly incidents: number;
  readonly outcomes: Readonly<Record<PolicyName, PolicyOutcome>>;
}
