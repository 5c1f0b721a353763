import { Migrator, type Migration } from 'kysely/migration';
import type { Kysely } from 'kysely';
import type { StoreDialect } from '../dialect.ts';
import type { Tables } from '../tables.ts';
import { journal } from './0001-journal.ts';
import { incidents } from './0002-incidents.ts';
import { outbox } from './0003-outbox.ts';
import { restores } from './0004-restores.ts';

/** In order. A migration that was released is never edited; the next one corrects it. */
const MIGRATIONS = {
  '0001-journal': journal,
  '0002-incidents': incidents,
  '0003-outbox': outbox,
  '0004-restores': restores,
} satisfies Record<string, (db: Kysely<Tables>, dialect: StoreDialect) => Promise<void>>;

/**
 * Brings the schema up to date, in one transaction: the names of the migrations that were done now, or what stopped it, and
 * then nothing of the schema is changed.
 */
export async function migrate(
  db: Kysely<Tables>,
  dialect: StoreDialect,
): Promise<{ readonly done: readonly string[]; readonly error?: unknown }> {
  const { error, results = [] } = await migratorOf(db, dialect).migrateToLatest();
  return { done: results.map(({ migrationName }) => migrationName), ...(error === undefined ? {} : { error }) };
}

/** The migrations that the database still lacks, without doing them. */
export async function missingMigrations(db: Kysely<Tables>, dialect: StoreDialect): Promise<readonly string[]> {
  const all = await migratorOf(db, dialect).getMigrations();
  return all.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function migratorOf(db: Kysely<Tables>, dialect: StoreDialect): Migrator {
  const migrations: Record<string, Migration> = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, up]) => [name, { up: (trx: Kysely<Tables>) => up(trx, dialect) }]),
  );
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}
