import type { Generated, Kysely, Transaction } from 'kysely';
import type { Alert } from '../../domain/alert.ts';
import type { Approval, IncidentId, Outcome, Phase } from '../../domain/incident.ts';
import type { ActionResult, RemedyName } from '../../domain/remedy.ts';
import type { WorkloadKey } from '../../domain/workload.ts';

/** 0 or 1: SQLite has no booleans, and an integer means the same everywhere. */
export type Flag = 0 | 1;

/** The journal. Append-only: triggers refuse every UPDATE and DELETE. */
export interface EventsTable {
  readonly seq: number;
  readonly at: number;
  readonly kind: EventKind;
  readonly incident: IncidentId | null;
  /** The webhook byte for byte for `delivery`, JSON for every other kind. */
  readonly body: string;
  readonly prev_hash: string;
  readonly hash: string;
}

export type EventKind =
  | 'delivery'
  | 'grouped'
  | 'opened'
  | 'joined'
  | 'step'
  | 'absorbed'
  | 'step-failed'
  | 'approval'
  | 'undo-requested'
  | 'notified'
  | 'notification-dead';

/** One row: the end of the chain, by which a cut-off end is noticed. */
export interface ChainHeadTable {
  readonly id: number;
  readonly seq: number;
  readonly hash: string;
}

export interface DeliveriesTable {
  readonly id: string;
  /** The event that holds the body. */
  readonly seq: number;
  readonly received_at: number;
  readonly waiting: Flag;
  readonly lease_until: number;
}

/** How each incident stands. Everything here can be made again from the journal. */
export interface IncidentsTable {
  readonly id: IncidentId;
  readonly phase: Phase;
  readonly workload: WorkloadKey | null;
  readonly open: Flag;
  /** Whether it has a next step: every open incident has, and a closed one that has something to take back. */
  readonly pending: Flag;
  readonly due_at: number;
  readonly lease_until: number;
  /** Whether something happened to the incident since it was claimed: then its next step is due at once. */
  readonly woken: Flag;
  readonly version: number;
  readonly failures: number;
  /** The incident as JSON, without its alerts and failures, which are kept apart. */
  readonly body: string;
  readonly opened_at: number;
  readonly updated_at: number;
  readonly closed_at: number | null;
  readonly outcome: Outcome | null;
}

export interface IncidentAlertsTable {
  readonly incident: IncidentId;
  readonly fingerprint: string;
  readonly alert: string;
  readonly status: Alert['status'];
  readonly open: Flag;
  readonly joined_at: number;
}

/** For each fingerprint the last closed incident that held it, so that the look-up does not grow with the history. */
export interface LastClosedTable {
  readonly fingerprint: string;
  readonly incident: IncidentId;
  readonly outcome: Outcome;
  readonly closed_at: number;
  readonly resolved: Flag;
}

export interface ActionsTable {
  readonly action_id: string;
  readonly workload: WorkloadKey;
  readonly remedy: RemedyName;
  readonly at: number;
  readonly incident: IncidentId;
  /** What became of the write, once that is known. A refused one never happened and counts against no limit. */
  readonly result: ActionResult['kind'] | null;
  /** How the incident ended, once it has. */
  readonly outcome: Outcome | null;
}

export interface ApprovalsTable {
  readonly incident: IncidentId;
  readonly rung: number;
  readonly decision: Approval['decision'];
  readonly by: string;
  readonly at: number;
}

/** Notifications that are not delivered yet; a finished one is deleted, the journal keeps that it was. */
export interface OutboxTable {
  readonly id: Generated<number>;
  readonly incident: IncidentId;
  readonly channel: string;
  readonly body: string;
  readonly due_at: number;
  readonly lease_until: number;
  readonly attempts: number;
}

export interface ThreadsTable {
  readonly incident: IncidentId;
  readonly channel: string;
  readonly state: string;
}

export interface Tables {
  readonly events: EventsTable;
  readonly chain_head: ChainHeadTable;
  readonly deliveries: DeliveriesTable;
  readonly incidents: IncidentsTable;
  readonly incident_alerts: IncidentAlertsTable;
  readonly last_closed: LastClosedTable;
  readonly actions: ActionsTable;
  readonly approvals: ApprovalsTable;
  readonly outbox: OutboxTable;
  readonly threads: ThreadsTable;
}

/** The connection pool, or a transaction on it: what reads take. */
export type Database = Kysely<Tables>;
/** What everything that writes takes, so that a write outside a transaction does not compile. */
export type Tx = Transaction<Tables>;
