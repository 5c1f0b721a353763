import { sql, type Kysely } from 'kysely';
import type { Tables } from '../tables.ts';

/** Closed incidents may have steps left: changes that are taken back. `pending` says whether a next step is due. */
export async function restores(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('incidents')
    .addColumn('pending', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.updateTable('incidents').set({ pending: 1 }).where('open', '=', 1).execute();
  await db.schema.dropIndex('incidents_due').execute();
  await db.schema
    .createIndex('incidents_due')
    .on('incidents')
    .column('due_at')
    .where(sql.ref('pending'), '=', 1)
    .execute();
}
