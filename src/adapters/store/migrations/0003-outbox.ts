import type { Kysely } from 'kysely';
import type { StoreDialect } from '../dialect.ts';
import type { Tables } from '../tables.ts';

/** Notifications that wait to be delivered, and what each channel remembers of an incident's thread. */
export async function outbox(db: Kysely<Tables>, dialect: StoreDialect): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', dialect.keyType, (column) => dialect.identity(column))
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('outbox_threads').on('outbox').columns(['incident', 'channel', 'id']).execute();
  await db.schema
    .createTable('threads')
    .addColumn('incident', 'text', (column) => column.notNull().references('incidents.id'))
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('threads_once', ['incident', 'channel'])
    .execute();
}
