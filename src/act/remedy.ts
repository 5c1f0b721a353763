import { alertName } from '../domain/alert.ts';
import type { CauseName, Diagnosis } from '../domain/diagnosis.ts';
import type { Diagnosed } from '../domain/incident.ts';
import type { Located } from '../domain/location.ts';
import type { Policy, RemedyLimits } from '../domain/policy.ts';
import type { ActionId, Disruption, Intent, Refusal, RefusalCode, RemedyChange, RemedyName } from '../domain/remedy.ts';
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
  readonly limits: RemedyLimits;
  /** Pods in these namespaces are never touched, not even beside the workload's own. Values may end in `*`. */
  readonly protectedNamespaces: readonly string[];
  /** Names of the rules that fire, each once. Untrusted text. */
  readonly alertnames?: readonly string[];
}

export type Cures = Readonly<Partial<Record<CauseName, number>>>;

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
  /**
   * `cluster` where no Role in the workload's namespace can grant it: for objects of the cluster, and for those that may lie in
   * any namespace. Any other rule holds in the namespaces that AutoHeal looks after.
   */
  readonly scope?: 'cluster';
  /** Why the remedy can do without it, where it can: it then refuses what it cannot check. */
  readonly optional?: string;
}

/**
 * One way to heal a workload. One file each; `catalogue.ts` lists them. What a remedy declares here is the only place
 * where it is said: the dry run, the write, the undo journal, the RBAC of the chart and the table in the docs come from it.
 */
export interface Remedy {
  readonly name: RemedyName;
  /** One sentence for the docs: what it does. */
  readonly summary: string;
  /** Kinds of workloads that it works on. */
  readonly kinds: readonly string[];
  /**
   * The causes that it can cure, each with how likely the workload recovers by it, before anything else is known: in (0, 1),
   * to be read as "of ten such cases so many". A comment says why, where it is not plain.
   */
  readonly cures: Cures;
  /** What it has to know of the workload, for the docs: `revisions`, `autoscaler`, `nodes`. */
  readonly needs: readonly string[];
  /** Every refusal of its own that `consider` and `plan` may answer with. */
  readonly refusals: readonly RefusalCode[];
  /** One sentence for the docs: how it is taken back, and when AutoHeal does so by itself; or why it cannot be. */
  readonly undoes: string;
  /** One sentence for people: what stays to be done when it has helped. A remedy ends a symptom, people end its reason. */
  readonly afterwards: string;
  /**
   * How soon it shows whether it helped, in seconds after the write and once no pod is starting any more; the policy's
   * deadline when left out.
   */
  readonly showsWithinSeconds?: number;
  /** Whether a second go in the same incident may do what the first one began: twice as many replicas may not be enough. */
  readonly repeatable?: true;
  /** What it does to a workload, in the large: what a model goes by. */
  readonly changes: readonly RemedyChange[];
  /** Whether it is on without a word in the configuration. Not where it changes nodes, creates objects or starts jobs. */
  readonly onByDefault: boolean;
  /** Holds the remedy against the evidence. Pure. */
  readonly consider: (context: RemedyContext) => Consideration;
  /** What it costs the workload, derived from the evidence; asked only where `consider` says that it applies. Pure. */
  readonly disruption: (context: RemedyContext) => Disruption;
  /**
   * The write, or writes, that apply the remedy. Reads the objects afresh and checks again on them whatever `consider`
   * checked on the evidence.
   *
   * @throws AutoHealError `PORT_*` when the cluster cannot be read.
   */
  readonly plan: (context: RemedyContext, deps: PlanDeps) => Promise<Plan>;
  /**
   * Whether one write of an intent happened; for a later write of an intent, its fields stand in place of the first one's.
   * `effectOf` serves every write that follows the conventions there. Never throws.
   */
  readonly tookEffect: (intent: Intent, cluster: ClusterReader) => Promise<Effect>;
  /** What the service account must be allowed for `plan`, the writes, `tookEffect` and the undo. */
  readonly rbac: readonly AccessRule[];
}

/** Refusals that the same remedy would meet again in the same incident. */
const FUTILE: ReadonlySet<RefusalCode> = new Set(['endpoint-failed', 'infeasible']);

/** The part of the policy that remedies themselves obey. */
export type PolicyOfRemedies = Pick<Policy, 'scale' | 'limits' | 'protectedNamespaces'>;

/** The context of an incident: what was really applied counts as tried, a write that was refused does not. */
export function contextOf(incident: Omit<Diagnosed, 'phase'>, policy: PolicyOfRemedies): RemedyContext {
  const tried = incident.attempts
    .filter(({ result }) => result.kind !== 'refused' || FUTILE.has(result.refusal.code))
    .map((attempt) => attempt.intent.remedy);
  const alerts = incident.alerts.filter((alert) => alert.status === 'firing');
  const firing = alerts.map((alert) => alert.startsAt);
  return {
    location: incident.location,
    diagnosis: incident.diagnosis,
    tried,
    scale: policy.scale,
    limits: policy.limits,
    protectedNamespaces: policy.protectedNamespaces,
    alertnames: [...new Set(alerts.map(alertName))].filter((name) => name !== ''),
    ...(firing.length > 0 && { symptomSince: Math.min(...firing) }),
  };
}

/** A refusal as the answer of `consider` or `plan`. */
export function refused(code: RefusalCode, why: string): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: { code, why } };
}
