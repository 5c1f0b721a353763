import type { ClusterWrite } from './kubernetes.ts';
import type { CauseName } from './diagnosis.ts';
import type { WorkloadRef } from './workload.ts';

/** The remedies that exist so far; `act/catalogue.ts` holds one implementation for each but `none`. */
export type RemedyName = 'none' | 'restart-pod' | 'rollout-restart' | 'scale-up' | 'scale-down' | 'rollback';

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
  | 'changed-since'
  | 'forbidden'
  | 'api-unavailable';

/** A named refusal, with a sentence for people. A value, not an exception. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly why: string;
}

/** One remedy held against one diagnosis. */
export interface Candidate {
  readonly remedy: RemedyName;
  /** How likely the workload recovers with it, in [0, 1]; 0 for a refused one. */
  readonly score: number;
  /** The cause it is meant to cure. */
  readonly cures: CauseName;
  readonly because: readonly string[];
  /** Set when the remedy does not apply. */
  readonly refusal?: Refusal;
}

/** How to take an action back: restore `restore`, but only while the object still is as AutoHeal left it. */
export interface Undo {
  readonly target: WorkloadRef;
  readonly uid: string;
  /** Path of the object (or subresource) to PATCH. */
  readonly path: string;
  /** JSON pointer -> the value AutoHeal left there. Undo refuses when any of them differs. */
  readonly expect: Readonly<Record<string, unknown>>;
  /** JSON pointer -> the value that stood there before; `null` where there was none. */
  readonly restore: Readonly<Record<string, unknown>>;
}

/** What is about to be written, journalled before it is sent. */
export interface Intent {
  readonly actionId: ActionId;
  readonly rung: number;
  readonly remedy: Exclude<RemedyName, 'none'>;
  readonly cures: CauseName;
  /** The object that is written to: the workload, its autoscaler, or one pod. */
  readonly target: WorkloadRef;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly write: ClusterWrite;
  /** For people: what changes, e.g. `replicas 2 -> 4`. */
  readonly summary: string;
  /** Absent where nothing can be restored (a restarted pod stays restarted). */
  readonly undo?: Undo;
  /** Epoch milliseconds. */
  readonly plannedAt: number;
}

/** What became of an intent. `unknown`: the write may have happened; it is not sent again. */
export type ActionResult =
  | { readonly kind: 'done'; readonly at: number; readonly detail: string }
  | { readonly kind: 'already-done'; readonly at: number; readonly detail: string }
  | { readonly kind: 'refused'; readonly at: number; readonly refusal: Refusal }
  | { readonly kind: 'unknown'; readonly at: number; readonly detail: string };
