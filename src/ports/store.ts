import type { Alert } from '../domain/alert.ts';
import type { Approval, Incident, IncidentId, Outcome, PastAction } from '../domain/incident.ts';
import type { Intent } from '../domain/remedy.ts';
import type { WorkloadKey } from '../domain/workload.ts';
import type { ThreadState } from './notifier.ts';

/** A webhook as it came, to be journalled before it is answered. */
export interface NewDelivery {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** The body, byte for byte. Nothing of it is lost, not even alerts that cannot be used. */
  readonly body: string;
}

/** One alert of a delivery, and the incident it belongs to. */
export type Grouped =
  | { readonly kind: 'open'; readonly incident: IncidentId; readonly alert: Alert }
  | { readonly kind: 'join'; readonly incident: IncidentId; readonly alert: Alert }
  /** Nothing to do: a repeat of an episode that is over for us, or resolved without an incident. */
  | { readonly kind: 'ignore'; readonly alert: Alert; readonly because: string };

export interface GroupingCommit {
  readonly delivery: string;
  readonly at: number;
  readonly grouped: readonly Grouped[];
  /** Alerts of the delivery that could not be used, with the reason. */
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
}

/** What is remembered of the last closed incident that held a fingerprint. */
export interface ClosedEpisode {
  readonly incident: IncidentId;
  readonly outcome: Outcome;
  readonly closedAt: number;
  /** Whether the alert was seen resolved in it or since. */
  readonly resolved: boolean;
}

/** An incident that a worker holds for the length of its lease. */
export interface ClaimedIncident {
  readonly incident: Incident;
  /** Grows with every commit; a commit against another version changes nothing. */
  readonly version: number;
}

export interface StepCommit {
  readonly claimed: ClaimedIncident;
  readonly after: Incident;
  /** When the next step is due (epoch milliseconds). Ignored for closed incidents that have nothing to take back. */
  readonly dueAt: number;
  /** Channels that are to be told about `after`. */
  readonly notify: readonly string[];
  /** Set when the step gives the incident its workload: makes it the one open incident of that workload. */
  readonly workload?: WorkloadKey;
  /** Set when the step closes the incident as merged: its alerts move over and the other one is woken. */
  readonly mergeInto?: IncidentId;
  /**
   * Set when the step records an intent. In the same transaction: at least one alert of the incident still fires, the
   * budgets are not spent, and the action id is new.
   */
  readonly intent?: { readonly intent: Intent; readonly workload: WorkloadKey; readonly limits: ActionLimits };
}

export interface ActionLimits {
  readonly perHour: number;
  readonly perWorkloadPerDay: number;
  readonly cooldownMs: number;
}

export type CommitAnswer =
  | { readonly kind: 'committed'; readonly version: number }
  /** Somebody else moved the incident on. Drop the step. */
  | { readonly kind: 'stale' }
  /** Another incident of the workload is open. Nothing was written: merge into it instead. */
  | { readonly kind: 'workload-taken'; readonly by: IncidentId }
  /** No alert of the incident fires any more. Nothing was written. */
  | { readonly kind: 'resolved' }
  /** A limit is reached. Nothing was written. */
  | { readonly kind: 'budget-spent'; readonly why: string; readonly code: 'cooldown' | 'budget-spent' };

export interface ClaimedNotification {
  readonly id: number;
  readonly channel: string;
  readonly incident: Incident;
  readonly thread?: ThreadState;
  /** 0 on the first try. */
  readonly attempts: number;
}

export interface QueueDepths {
  readonly deliveries: number;
  readonly due: number;
  readonly open: Readonly<Partial<Record<Incident['phase'], number>>>;
  readonly notifications: number;
  /** Epoch milliseconds; absent when nothing waits. */
  readonly nextDueAt?: number;
}

export interface ChainReport {
  readonly events: number;
  /** Hash of the last event; empty for an empty journal. Write it down elsewhere to prove later that nothing was cut off. */
  readonly head: string;
  readonly problems: readonly { readonly seq: number; readonly what: string }[];
}

export interface IncidentSummary {
  readonly id: IncidentId;
  readonly phase: Incident['phase'];
  readonly workload?: string;
  readonly outcome?: Outcome;
  readonly openedAt: number;
  readonly updatedAt: number;
}

/** One event of the journal, as people read an incident. */
export interface JournalEvent {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly incident?: IncidentId;
  readonly body: unknown;
}

/**
 * The durable state: an append-only, hash-chained journal of events and the projections made from it. Every method that
 * changes something is one transaction, durable when its promise resolves.
 *
 * @throws AutoHealError `NOT_READY` when the database cannot be read or written.
 */
export interface Store {
  /** Journals webhooks in one commit, in order. An id that is already there is not journalled again. */
  appendDeliveries(deliveries: readonly NewDelivery[]): Promise<void>;
  /** The oldest delivery that is not grouped yet and that nobody holds; held until `now + leaseMs`. */
  claimDelivery(request: { readonly now: number; readonly leaseMs: number }): Promise<NewDelivery | undefined>;
  /** For each fingerprint: the open incident that holds it, and the last closed one that did. */
  episodes(
    fingerprints: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly open?: IncidentId; readonly lastClosed?: ClosedEpisode }>>;
  /** Opens and joins incidents, makes them due now, and marks the delivery as done. Idempotent by delivery id. */
  commitGrouping(grouping: GroupingCommit): Promise<void>;

  /** Incidents that are due and that nobody holds, earliest first; held until `now + leaseMs`. */
  claimDue(request: {
    readonly now: number;
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<readonly ClaimedIncident[]>;
  commitStep(step: StepCommit): Promise<CommitAnswer>;
  /** Gives an incident back without a step, due again at `dueAt`. Counts one failure. */
  release(request: {
    readonly claimed: ClaimedIncident;
    readonly dueAt: number;
    readonly because: string;
  }): Promise<void>;
  /** The open incident of a workload, if there is one. */
  openIncidentOf(workload: WorkloadKey): Promise<IncidentId | undefined>;
  /** Actions since a time (epoch milliseconds), newest first; of one workload where it is given. */
  actionsSince(query: { readonly since: number; readonly workload?: WorkloadKey }): Promise<readonly PastAction[]>;

  /** Records a person's answer. False when the incident does not wait for one (any more). Wakes the incident. */
  approve(request: { readonly incident: IncidentId; readonly approval: Approval }): Promise<boolean>;
  approvalOf(incident: IncidentId, rung: number): Promise<Approval | undefined>;
  /** Records a person's wish to take back what a closed incident changed, and makes it due. False when it is not closed. */
  requestUndo(request: { readonly incident: IncidentId; readonly by: string; readonly at: number }): Promise<boolean>;

  /** The oldest notification that is due, per channel in the order of the incident's steps. */
  claimNotification(request: {
    readonly now: number;
    readonly leaseMs: number;
  }): Promise<ClaimedNotification | undefined>;
  finishNotification(request: {
    readonly id: number;
    readonly at: number;
    readonly answer:
      | { readonly kind: 'sent'; readonly thread: ThreadState }
      | { readonly kind: 'retry'; readonly dueAt: number; readonly detail: string }
      | { readonly kind: 'dead'; readonly detail: string };
  }): Promise<void>;

  incident(id: IncidentId): Promise<Incident | undefined>;
  /** Newest first. */
  incidents(query: { readonly limit: number; readonly open?: boolean }): Promise<readonly IncidentSummary[]>;
  /** The events of one incident, oldest first. */
  history(id: IncidentId): Promise<readonly JournalEvent[]>;
  queues(now: number): Promise<QueueDepths>;
  /** Reads the whole journal and recomputes every hash. A noted head that no event has is a problem too. */
  verifyChain(noted?: string): Promise<ChainReport>;
  close(): Promise<void>;
}
