import type { ClusterWrite } from './cluster-write.ts';
import type { CauseName } from './diagnosis.ts';
import type { WorkloadRef } from './workload.ts';

/** `none`, or the name of a remedy: `act/catalogue.ts` is the only list of them. */
export type RemedyName = string;

/** Names one attempt: incident id and rung, e.g. `inc-abc/1`. Every write carries it. */
export type ActionId = string & { readonly actionId: unique symbol };

/** The action id of a rung (1-based) of an incident. */
export function actionId(incident: string, rung: number): ActionId {
  return `${incident}/${rung}` as ActionId; // The one place that makes action ids.
}

/** Annotation on every object that AutoHeal writes; its value is the action id. */
export const ACTION_ID_ANNOTATION = 'autoheal.io/action-id';
/** Annotation on a workload or namespace: `observe`, `approve`, `auto` or `off`. Can only make AutoHeal more careful. */
export const MODE_ANNOTATION = 'autoheal.io/mode';
/** Annotation on a workload: any value but `false` forbids rollbacks. */
export const NO_ROLLBACK_ANNOTATION = 'autoheal.io/no-rollback';
/** Annotation on a workload: path of its own heal endpoint, e.g. `/heal`. Without it nothing is ever called. */
export const HEAL_PATH_ANNOTATION = 'autoheal.io/heal-path';
/** Annotation on a workload: number or name of the Service port of its heal endpoint; the Service's only port when absent. */
export const HEAL_PORT_ANNOTATION = 'autoheal.io/heal-port';
/** Annotation on a workload: `service/NAME` of a healthy stand-in that traffic may be shifted to. */
export const FALLBACK_ANNOTATION = 'autoheal.io/fallback';
/**
 * Annotation on a workload or namespace: `apiVersion/Kind/namespace/name` of the node group that its pods are for. It only
 * chooses among those that the policy names.
 */
export const NODE_GROUP_ANNOTATION = 'autoheal.io/node-group';
/** Annotation on an object: the action id of the action that changed it for a time, until AutoHeal puts it back. */
export const HELD_BY_ANNOTATION = 'autoheal.io/held-by';
/** Annotation on an object: what stood there before the first of several temporary changes, as JSON by JSON pointer. */
export const ORIGINAL_ANNOTATION = 'autoheal.io/original';
/** Label on a pod that was taken out of its Services and kept for a post-mortem; its value is the incident's id. */
export const QUARANTINE_LABEL = 'autoheal.io/quarantined-by';

/** Why a remedy or a whole verdict was refused. Closed set: it is a metric label. */
export type RefusalCode =
  // the remedy does not fit
  | 'does-not-cure'
  | 'wrong-kind'
  | 'no-pod-named'
  | 'already-tried'
  | 'bare-pod'
  | 'no-disruption-allowed'
  | 'rollout-in-progress'
  | 'paused'
  | 'no-healthy-revision'
  | 'no-rollback-annotation'
  | 'symptom-older-than-revision'
  | 'gitops-owned'
  | 'autoscaler-owned'
  | 'at-upper-bound'
  | 'at-lower-bound'
  | 'upstream-cause'
  | 'incident-in-namespace'
  | 'no-revision-history'
  | 'revision-needs-missing'
  | 'operator-owned'
  | 'no-rollout-in-progress'
  | 'not-held-by-autoheal'
  | 'no-endpoint'
  | 'no-service'
  | 'no-fallback'
  | 'fallback-not-healthy'
  | 'last-healthy-pod'
  | 'no-limit-set'
  | 'no-node-fits'
  | 'no-cooler-node'
  | 'quota-exceeded'
  | 'nothing-to-clean'
  | 'autoscaler-exists'
  | 'no-requests-set'
  | 'control-plane-node'
  | 'single-node'
  | 'too-many-nodes-out'
  | 'node-recovered'
  | 'node-not-ready'
  | 'workload-not-healthy'
  /** What was added is still made use of. */
  | 'still-needed'
  | 'no-node-group'
  | 'no-runbook'
  | 'runbook-invalid'
  | 'too-disruptive'
  // a guard said no
  | 'not-located'
  | 'notify-only'
  | 'protected'
  | 'opted-out'
  | 'not-allowed-by-policy'
  | 'silenced'
  | 'evidence-missing'
  | 'evidence-stale'
  | 'cooldown'
  | 'recurring'
  | 'budget-spent'
  | 'low-score'
  | 'resolved'
  | 'guard-failed'
  // the API server said no
  | 'dry-run-refused'
  | 'infeasible'
  | 'endpoint-failed'
  | 'changed-since'
  | 'forbidden'
  | 'api-unavailable';

/** A named refusal, with a sentence for people. A value, not an exception. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly why: string;
  /** What a person can do instead, as one sentence: revert the commit in Git, raise the quota. */
  readonly suggest?: string;
}

/** A refusal as people read it: `gitops-owned: Argo CD owns it; revert the commit in Git`. */
export function refusalText({ code, why, suggest }: Refusal): string {
  return `${code}: ${why}${suggest === undefined ? '' : `; ${suggest}`}`;
}

/** One remedy held against one diagnosis. */
export interface Candidate {
  readonly remedy: RemedyName;
  /** How likely the workload recovers with it, in [0, 1]; 0 for a refused one. */
  readonly score: number;
  /** The cause it is meant to cure. */
  readonly cures: CauseName;
  readonly because: readonly string[];
  /** What it would cost the workload; absent for `none` and for refused ones. */
  readonly disruption?: Disruption;
  /** What the model expects of it; absent where only the rules were asked, and for refused ones. */
  readonly forecast?: Forecast;
  /** Set when the remedy does not apply. */
  readonly refusal?: Refusal;
}

/** What a remedy does to a workload, in the large: by these a model knows even a remedy that it never met. */
export const REMEDY_CHANGES = [
  'pods', // Running pods are replaced by new ones.
  'capacity', // Replicas, limits or nodes are added or taken away.
  'revision', // Another template is rolled out, or a rollout is stopped or let go on.
  'placement', // Pods, or new ones, go to other nodes.
  'traffic', // Requests go elsewhere.
] as const;

export type RemedyChange = (typeof REMEDY_CHANGES)[number];

/** What a model expects of one remedy in one incident. */
export interface Forecast {
  /** Names the model: the first digits of its checksum. */
  readonly model: string;
  /**
   * Calibrated probability that it avoids at least half of the bad minutes that doing nothing would cost; for `none`, that
   * the illness passes by itself at no cost worth mentioning. In [0, 1].
   */
  readonly recovers: number;
  /** Calibrated probability that it makes things worse. In [0, 1]. */
  readonly harms: number;
  /** Bad minutes expected in the quarter of an hour after it, its own disruption and its risk included. What the model decides by. */
  readonly expectedBadMinutes: number;
  /** True where the model decided, false where it only looked on: then the score is that of the rules. */
  readonly decides: boolean;
}

/** What a remedy costs: replicas that were ready and are not, times the minutes until others are ready in their place. */
export interface Disruption {
  /** In [0, ∞). 0 where nothing that serves is touched. */
  readonly readyReplicaMinutes: number;
  /** How the number came about, for people. */
  readonly because: string;
}

/** How to take a write back, in one write that is preconditioned on the object being as AutoHeal left it. */
export type Undo = RestoreUndo | DeleteUndo;

/** Restore `restore`, but only while the object still is as AutoHeal left it. */
export interface RestoreUndo {
  readonly kind?: 'restore';
  readonly target: WorkloadRef;
  /** Of the target, where its kind is none that AutoHeal knows by name. */
  readonly apiVersion?: string;
  readonly uid: string;
  /** Path of the object (or subresource) to PATCH. */
  readonly path: string;
  /** JSON pointer -> the value AutoHeal left there. Undo refuses when any of them differs. */
  readonly expect: Readonly<Record<string, unknown>>;
  /** JSON pointer -> the value that stood there before; `null` where there was none. */
  readonly restore: Readonly<Record<string, unknown>>;
}

/** Delete the object that AutoHeal created, or evict the pod that it set aside, while it still is as AutoHeal left it. */
export interface DeleteUndo {
  readonly kind: 'delete' | 'evict';
  readonly target: WorkloadRef;
  /** Empty for an object that did not exist when the write was planned: it is recognised by its action id then. */
  readonly uid: string;
  readonly path: string;
  /** JSON pointer -> the value AutoHeal left there. Undo refuses when any of them differs. */
  readonly expect: Readonly<Record<string, unknown>>;
}

/** A call of a workload's own heal endpoint. Never leaves the cluster, follows no redirect. */
export interface EndpointCall {
  readonly method: 'POST';
  /** `http://SERVICE.NAMESPACE.svc:PORT/PATH`, built from the workload's own Service. */
  readonly url: string;
}

/** One write of an intent. */
export interface PlannedWrite {
  /** The object that is written to: the workload, its autoscaler, one pod, a node. */
  readonly target: WorkloadRef;
  /** Of the target, where its kind is none that AutoHeal knows by name. */
  readonly apiVersion?: string;
  /** Empty for an object that the write creates. */
  readonly uid: string;
  /** Empty for an object that the write creates, and where the uid alone is the precondition (evictions that wait). */
  readonly resourceVersion: string;
  readonly write: ClusterWrite;
  /** Absent where nothing can be restored (a restarted pod stays restarted). */
  readonly undo?: Undo;
}

/** When a change that was meant for a time only is taken back by AutoHeal itself. */
export interface GiveBack {
  /** So long after the incident is closed. Milliseconds. */
  readonly afterMs: number;
  /**
   * What must hold first; asked again until it does, for a day at most. `load-allows`: the workload is healthy, and what is
   * left without the change carries its present load.
   */
  readonly when: 'always' | 'workload-healthy' | 'node-healthy' | 'load-allows';
  /** What is done then; the write's own `undo` where this is absent. */
  readonly instead?: Undo;
}

/** What is about to be written, journalled before it is sent. */
export interface Intent extends PlannedWrite {
  readonly actionId: ActionId;
  readonly rung: number;
  readonly remedy: RemedyName;
  readonly cures: CauseName;
  /** For people: what changes, e.g. `replicas 2 -> 4`. */
  readonly summary: string;
  /** For people: what stays to be done when it has helped. */
  readonly afterwards?: string;
  /** For people: the change of a template or another object, line by line. */
  readonly diff?: string;
  /** What is written after the first write, in this order, each at most once. */
  readonly also?: readonly PlannedWrite[];
  /** Set where no write depends on another: one that is refused is left out, whichever it is. */
  readonly independent?: true;
  /**
   * Called once the writes are done, at most once: only by the execution that did the first write itself. After a crash in
   * between nobody knows whether it was called, and it is not called again.
   */
  readonly call?: EndpointCall;
  /** Set for drains and the like: a budget that says no is waited for, up to this time (epoch milliseconds). */
  readonly deadline?: number;
  /** Once the pods are settled, so many seconds after the write its effect must have shown. */
  readonly showsWithinSeconds?: number;
  /** Set where the change is meant for a time only. Holds for every write of the intent that has an undo. */
  readonly giveBack?: GiveBack;
  /** Epoch milliseconds. */
  readonly plannedAt: number;
}

/** Every write of an intent in order; each stands in the place of the first one. */
export function writesOf(intent: Intent): readonly [Intent, ...Intent[]] {
  const { also = [], undo: _undo, apiVersion: _apiVersion, ...first } = intent;
  return [intent, ...also.map((write) => ({ ...first, ...write }))];
}

/** What became of an intent. `unknown`: the write may have happened; it is not sent again. */
export type ActionResult =
  | DoneResult
  | { readonly kind: 'refused'; readonly at: number; readonly refusal: Refusal }
  | { readonly kind: 'unknown'; readonly at: number; readonly detail: string };

export interface DoneResult {
  readonly kind: 'done' | 'already-done';
  readonly at: number;
  readonly detail: string;
  /** The writes of an intent of several that were not done, by place, each with the reason. */
  readonly left?: readonly { readonly step: number; readonly why: string }[];
}

/** Nothing is decided yet: a budget says no, and the intent's deadline has not come. The same intent is executed again. */
export interface WaitingResult {
  readonly kind: 'waiting';
  /** Epoch milliseconds. */
  readonly until: number;
  readonly detail: string;
}
