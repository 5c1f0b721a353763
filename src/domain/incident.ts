import type { Alert } from './alert.ts';
import type { Diagnosis, Signals } from './diagnosis.ts';
import type { Located, Unlocated } from './location.ts';
import type { Mode } from './policy.ts';
import type { ActionId, ActionResult, Candidate, GiveBack, Intent, Refusal, RemedyName, Undo } from './remedy.ts';

export type IncidentId = string & { readonly incidentId: unique symbol };

/** How an incident ended. */
export type Outcome =
  | 'healed' // AutoHeal acted and the recovery was verified.
  | 'self-recovered' // Recovered before AutoHeal did anything.
  | 'observed' // Would have acted; the mode is observe.
  | 'refused' // A guard said no.
  | 'denied' // A person said no.
  | 'expired' // Nobody answered in time.
  | 'cancelled' // The alerts resolved before the action.
  | 'not-healed' // Acted, and the workload did not recover; no further rung.
  | 'unknown' // Acted, and nobody can tell whether it helped.
  | 'escalated' // Nothing fits, or no workload can be named: people are needed.
  | 'merged'; // Another incident of the same workload was already open.

/** What every phase carries. Times are epoch milliseconds of the service's clock. */
export interface IncidentBase {
  readonly id: IncidentId;
  readonly openedAt: number;
  readonly updatedAt: number;
  /** The alerts that joined so far, as they stand now. Kept by the store, read anew for each step. */
  readonly alerts: readonly Alert[];
  /** 1 for the first remedy, 2 for the next. */
  readonly rung: number;
  /** The rungs before this one, oldest first. */
  readonly attempts: readonly Attempt[];
  /** Set once AutoHeal waited for a self-recovery that did not come: it does not wait a second time. */
  readonly waited?: true;
  /** How often the evidence was gathered again because the cause was unknown. */
  readonly looks?: number;
  /** Steps of this incident that failed unexpectedly in a row; a step that succeeds sets it to 0. */
  readonly failures: number;
}

/** A rung that was climbed: what was done, and what verification said. */
export interface Attempt {
  readonly intent: Intent;
  readonly result: ActionResult;
  readonly verification?: Verification;
}

export interface Verification {
  readonly verdict: 'recovered' | 'not-recovered' | 'unknown';
  /** One sentence for each thing that was looked at. Never empty. */
  readonly reasons: readonly string[];
  readonly at: number;
  /**
   * `settled`: the rollout is done and every pod ready, so what is not well is not so because a pod still starts. `failing`:
   * pods that came after the action crash again and again themselves, so more time will not help.
   */
  readonly outlook?: 'settled' | 'failing';
  readonly trend?: Trend;
}

/** How the signals that are not well have moved since the action. */
export interface Trend {
  /** The least that each of them was. */
  readonly least: Signals;
  /** When one of them last fell to a new least, in epoch milliseconds; at first when they were first looked at. */
  readonly fellAt: number;
}

/** What the decision came to. */
export type Verdict =
  | { readonly kind: 'act'; readonly candidate: Candidate; readonly mode: Mode }
  | { readonly kind: 'ask'; readonly candidate: Candidate; readonly mode: Mode; readonly expiresAt: number }
  | { readonly kind: 'observe'; readonly candidate: Candidate; readonly mode: Mode }
  | { readonly kind: 'wait'; readonly because: string }
  | { readonly kind: 'refuse'; readonly refusals: readonly [Refusal, ...Refusal[]] }
  | { readonly kind: 'escalate'; readonly because: string };

/** An answer of a person to an `ask`. Single use. */
export interface Approval {
  readonly decision: 'approve' | 'deny';
  readonly by: string;
  readonly at: number;
}

/** A change of a closed incident that is to be taken back: by AutoHeal itself, or because a person asked. */
export interface Restore {
  readonly actionId: ActionId;
  /** Which write of the action: 0 is the first. */
  readonly step: number;
  readonly undo: Undo;
  readonly when: GiveBack['when'];
  /** `autoheal`, or the name of the person who asked. */
  readonly by: string;
  /** Epoch milliseconds: the next try. */
  readonly dueAt: number;
  /** Epoch milliseconds: after this it is left as it is, and people are told. */
  readonly giveUpAt: number;
  /** `sending` is committed before the write is sent. */
  readonly state: 'pending' | 'sending' | 'undone' | 'refused' | 'unknown';
  /** How it stands, for people. */
  readonly detail: string;
}

export interface Received extends IncidentBase {
  readonly phase: 'received';
}
export interface LocatedIncident extends IncidentBase {
  readonly phase: 'located';
  readonly location: Located;
}
export interface Diagnosed extends Omit<LocatedIncident, 'phase'> {
  readonly phase: 'diagnosed';
  readonly diagnosis: Diagnosis;
}
export interface Scored extends Omit<Diagnosed, 'phase'> {
  readonly phase: 'scored';
  /** Every remedy of the catalogue and `none`, best first, refused ones last. */
  readonly candidates: readonly Candidate[];
}
export interface Decided extends Omit<Scored, 'phase'> {
  readonly phase: 'decided';
  readonly verdict: Verdict;
}
export interface AwaitingApproval extends Omit<Decided, 'phase' | 'verdict'> {
  readonly phase: 'awaiting-approval';
  readonly verdict: Extract<Verdict, { kind: 'ask' }>;
}
export interface Intended extends Omit<Decided, 'phase'> {
  readonly phase: 'intended';
  readonly intent: Intent;
}
export interface Acted extends Omit<Intended, 'phase'> {
  readonly phase: 'acted';
  readonly result: ActionResult;
}
/** Watching for the recovery: after an action, or after deciding to wait (then without intent and result). */
export interface Verifying extends Omit<Decided, 'phase'> {
  readonly phase: 'verifying';
  readonly intent?: Intent;
  readonly result?: ActionResult;
  readonly startedAt: number;
  /** Since when every check was good, without a break; absent while it is not. */
  readonly healthySince?: number;
  readonly verification?: Verification;
}
export interface Closed extends IncidentBase {
  readonly phase: 'closed';
  readonly outcome: Outcome;
  readonly because: string;
  readonly closedAt: number;
  readonly location?: Located | Unlocated;
  readonly diagnosis?: Diagnosis;
  readonly candidates?: readonly Candidate[];
  readonly verdict?: Verdict;
  readonly verification?: Verification;
  readonly mergedInto?: IncidentId;
  /** The undo journal of this incident, in the order in which changes are taken back. */
  readonly restores?: readonly Restore[];
  /** Set while a person's wish to take the changes back is not worked into `restores` yet. */
  readonly undoRequest?: { readonly by: string; readonly at: number };
}

/** An incident is in exactly one phase, and carries what the phases before it found. */
export type Incident =
  Received | LocatedIncident | Diagnosed | Scored | Decided | AwaitingApproval | Intended | Acted | Verifying | Closed;

export type Phase = Incident['phase'];

/** One past action on a workload, as the guards count them. */
export interface PastAction {
  readonly actionId: string;
  readonly workload: string;
  readonly remedy: RemedyName;
  readonly at: number;
  /** Absent while its incident is open. */
  readonly outcome?: Outcome;
}
