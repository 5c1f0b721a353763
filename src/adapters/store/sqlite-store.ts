import { Kysely } from 'kysely';
import { AutoHealError, errorText } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { StoreDialect } from './dialect.ts';
import { migrate, missingMigrations } from './migrations/migrate.ts';
import { openNodeSqlite, type NodeSqliteDatabase } from './node-sqlite.ts';
import { makeSqlStore } from './sql-store.ts';
import { isSqliteUnavailable, makeSqliteDialect, makeSqliteStoreDialect, STATEMENT_BUSY_MS } from './sqlite-dialect.ts';
import type { Database, Tables } from './tables.ts';
import { makeTransactor } from './transactor.ts';

export interface SqliteStoreOptions {
  /** The database file, or `:memory:`. */
  readonly path: string;
  readonly log?: Pick<Log, 'info'>;
  readonly telemetry?: Pick<Telemetry, 'storeCommit'>;
  /** Epoch milliseconds; stamps failed steps in the journal. Without it they carry the incident's last update. */
  readonly now?: () => number;
  /** Opens an existing file for reading only: beside a running service, and never creating or migrating anything. */
  readonly readOnly?: boolean;
  /** How long a transaction waits for another process that writes. */
  readonly busyMs?: number;
}

const BUSY_MS = 5_000;

/**
 * Opens the store in a SQLite file and brings its schema up to date. Every commit is on the disk when it is answered. A
 * second process may open the same file: it sees what is committed, and the two never write at once.
 *
 * @throws AutoHealError `CONFIG_INVALID` when there can be no database at that path, `NOT_READY` when it cannot be used now.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, log, telemetry, now, readOnly = false, busyMs = BUSY_MS } = options;
  const file = openFile(path, readOnly);
  const dialect = makeSqliteStoreDialect(file);
  const db: Database = new Kysely<Tables>({ dialect: makeSqliteDialect(file, { busyMs }) });
  const at = { db, dialect, path };
  try {
    prepare(file, readOnly);
    const migrations = readOnly ? await assertMigrated(at) : await migrated(at);
    log?.info({ path, migrations, readOnly }, 'store opened');
  } catch (error) {
    file.close();
    throw unusable(path, error);
  }
  const where = `at ${path}`;
  return makeSqlStore(makeTransactor({ db, dialect, where, ...(telemetry === undefined ? {} : { telemetry }) }), now);
}

function openFile(path: string, readOnly: boolean): NodeSqliteDatabase {
  try {
    return openNodeSqlite(path, { readOnly });
  } catch (error) {
    const what = readOnly ? 'the file must exist and be readable' : 'its folder must exist and be writable';
    throw new AutoHealError('CONFIG_INVALID', `the store ${path} cannot be opened: ${what} (${errorText(error)})`, {
      cause: error,
    });
  }
}

function prepare(file: NodeSqliteDatabase, readOnly: boolean): void {
  file.exec(`pragma busy_timeout = ${STATEMENT_BUSY_MS}`);
  if (readOnly) return;
  file.exec('pragma journal_mode = wal');
  // FULL: a commit is synced before it is answered. With NORMAL the last ones would be lost with the power.
  file.exec('pragma synchronous = full');
  file.exec('pragma foreign_keys = on');
}

interface OpenedAt {
  readonly db: Database;
  readonly dialect: StoreDialect;
  readonly path: string;
}

async function migrated({ db, dialect, path }: OpenedAt): Promise<readonly string[]> {
  const { done, error } = await migrate(db, dialect);
  if (error !== undefined) throw unusable(path, error);
  return done;
}

async function assertMigrated({ db, dialect, path }: OpenedAt): Promise<readonly string[]> {
  const missing = await missingMigrations(db, dialect);
  if (missing.length === 0) return [];
  const todo = 'start the service once so that it is brought up to date';
  throw new AutoHealError('CONFIG_INVALID', `the store ${path} lacks ${missing.join(', ')}: ${todo}`);
}

/** What went wrong while opening, and what to do about it. */
function unusable(path: string, error: unknown): AutoHealError {
  if (error instanceof AutoHealError) return error;
  if (isSqliteUnavailable(error)) {
    const why = `the store ${path} cannot be used: ${errorText(error)}. Check that it is a database of AutoHeal on a writable disk`;
    return new AutoHealError('NOT_READY', why, { cause: error });
  }
  const why = `the store ${path} cannot be brought up to date: ${errorText(error)}. It may belong to a newer AutoHeal`;
  return new AutoHealError('CONFIG_INVALID', why, { cause: error });
}
