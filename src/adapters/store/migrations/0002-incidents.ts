import { sql, type Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Incidents, the alerts they hold, and the actions and approvals that the guards ask about. */
export async function incidents(db: Kysely<Tables>): Promise<void> {
  await createIncidents(db);
  await createAlerts(db);
  await createActions(db);
  await db.schema
    .createTable('approvals')
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('rung', 'integer', (column) => column.notNull())
    .addColumn('decision', 'text', (column) => column.notNull())
    .addColumn('by', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('approvals_once', ['incident', 'rung'])
    .execute();
}

async function createIncidents(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('incidents')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('workload', 'text')
    .addColumn('open', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .addColumn('woken', 'integer', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('closed_at', 'bigint')
    .addColumn('outcome', 'text')
    .execute();
  // One open incident for each workload: a promise of the database, not of the code.
  await db.schema
    .createIndex('incidents_one_open_per_workload')
    .on('incidents')
    .column('workload')
    .unique()
    .where(sql.ref('open'), '=', 1)
    .execute();
  await db.schema
    .createIndex('incidents_due')
    .on('incidents')
    .column('due_at')
    .where(sql.ref('open'), '=', 1)
    .execute();
  await db.schema.createIndex('incidents_newest').on('incidents').columns(['opened_at', 'id']).execute();
}

async function createAlerts(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('incident_alerts')
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('alert', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('open', 'integer', (column) => column.notNull())
    .addColumn('joined_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('incident_alerts_once', ['incident', 'fingerprint'])
    .execute();
  await db.schema
    .createIndex('incident_alerts_one_open_per_fingerprint')
    .on('incident_alerts')
    .column('fingerprint')
    .unique()
    .where(sql.ref('open'), '=', 1)
    .execute();
  await db.schema
    .createTable('last_closed')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('closed_at', 'bigint', (column) => column.notNull())
    .addColumn('resolved', 'integer', (column) => column.notNull())
    .execute();
}

async function createActions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('actions')
    .addColumn('action_id', 'text', (column) => column.primaryKey())
    .addColumn('workload', 'text', (column) => column.notNull())
    .addColumn('remedy', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('result', 'text')
    .addColumn('outcome', 'text')
    .execute();
  await db.schema.createIndex('actions_by_time').on('actions').column('at').execute();
  await db.schema.createIndex('actions_by_workload').on('actions').columns(['workload', 'at']).execute();
  await db.schema.createIndex('actions_by_incident').on('actions').column('incident').execute();
}
