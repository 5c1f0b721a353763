import { sql, type Kysely } from 'kysely';
import type { StoreDialect } from '../dialect.ts';
import type { Tables } from '../tables.ts';

/** The journal of events, its head, and the deliveries that wait to be grouped. */
export async function journal(db: Kysely<Tables>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('seq', dialect.keyType, (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('incident', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('prev_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('events_by_incident')
    .on('events')
    .columns(['incident', 'seq'])
    .where('incident', 'is not', null)
    .execute();
  await dialect.makeAppendOnly(db, 'events', 'seq');

  await db.schema
    .createTable('chain_head')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await db.insertInto('chain_head').values({ id: 1, seq: 0, hash: '' }).execute();

  await db.schema
    .createTable('deliveries')
    .addColumn('seq', dialect.keyType, (column) => column.primaryKey().references('events.seq'))
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('waiting', 'integer', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('deliveries_waiting')
    .on('deliveries')
    .column('seq')
    .where(sql.ref('waiting'), '=', 1)
    .execute();
}
