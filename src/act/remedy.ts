import type { CauseName, Diagnosis } from '../domain/diagnosis.ts';
import type { Diagnosed } from '../domain/incident.ts';
import type { Located } from '../domain/location.ts';
import type { Policy } from '../domain/policy.ts';
import type { ActionId, Intent, Refusal, RefusalCode, RemedyName } from '../domain/remedy.ts';
import type { ClusterReader } from '../ports/cluster.ts';

/** What a remedy is told about an incident. */
export interface RemedyContext {
  readonly location: Located;
  readonly diagnosis: Diagnosis;
  /** Remedies that were really applied on earlier rungs of this incident. */
  readonly tried: readonly RemedyName[];
  /** Epoch milliseconds at which the first alert began; absent where no alert says so. */
  readonly symptomSince?: number;
  readonly scale: Policy['scale'];
}

export type Consideration =
  | { readonly kind: 'applies'; readonly cures: CauseName; readonly because: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Plan =
  { readonly kind: 'planned'; readonly intent: Intent } | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Whether a write is visible on the object it was meant for. `no` says how the object stands: where that is not how the
 * intent found it, the write cannot succeed any more and need not be sent.
 */
export type Effect =
  | { readonly kind: 'yes'; readonly why: string }
  | { readonly kind: 'no'; readonly why: string; readonly current: ObjectVersion | undefined }
  | { readonly kind: 'unknown'; readonly why: string };

export interface ObjectVersion {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface PlanDeps {
  readonly cluster: ClusterReader;
  readonly actionId: ActionId;
  readonly rung: number;
  readonly cures: CauseName;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One rule of a Kubernetes (Cluster)Role. */
export interface AccessRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** One way to heal a workload. One file each; `catalogue.ts` lists them. */
export interface Remedy {
  readonly name: Exclude<RemedyName, 'none'>;
  readonly cures: readonly CauseName[];
  /** Holds the remedy against the evidence. Pure. */
  readonly consider: (context: RemedyContext) => Consideration;
  /**
   * The one write that applies the remedy. Reads the object afresh and checks again on it whatever `consider` checked on
   * the evidence.
   *
   * @throws AutoHealError `PORT_*` when the cluster cannot be read.
   */
  readonly plan: (context: RemedyContext, deps: PlanDeps) => Promise<Plan>;
  /** Whether the write of an intent happened. Never throws. */
  readonly tookEffect: (intent: Intent, cluster: ClusterReader) => Promise<Effect>;
  /** What the service account must be allowed for `plan`, the write and `tookEffect`. */
  readonly rbac: readonly AccessRule[];
}

/** The context of an incident: what was really applied counts as tried, a write that was refused does not. */
export function contextOf(incident: Omit<Diagnosed, 'phase'>, policy: Pick<Policy, 'scale'>): RemedyContext {
  const tried = incident.attempts
    .filter((attempt) => attempt.result.kind !== 'refused')
    .map((attempt) => attempt.intent.remedy);
  const firing = incident.alerts.filter((alert) => alert.status === 'firing').map((alert) => alert.startsAt);
  return {
    location: incident.location,
    diagnosis: incident.diagnosis,
    tried,
    scale: policy.scale,
    ...(firing.length > 0 && { symptomSince: Math.min(...firing) }),
  };
}

/** A refusal as the answer of `consider` or `plan`. */
export function refused(code: RefusalCode, why: string): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: { code, why } };
}
