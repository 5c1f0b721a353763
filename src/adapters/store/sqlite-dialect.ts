import { setTimeout as pause } from 'node:timers/promises';
import {
  CompiledQuery,
  sql,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type TransactionSettings,
} from 'kysely';
import type { StoreDialect } from './dialect.ts';
import type { NodeSqliteDatabase } from './node-sqlite.ts';

// SQLite's own limit is 32,766.
const MAX_PARAMETERS = 16_000;

/** SQLite's part of the store, on the database that Kysely uses too. */
export function makeSqliteStoreDialect(database: NodeSqliteDatabase): StoreDialect {
  return {
    ...COMMON,
    // The transaction has the only connection to itself, so that nothing else can get in between.
    runEach: async (_trx, statement, values) => {
      const prepared = database.prepare(statement.sql);
      for (const each of values) prepared.run(each);
    },
  };
}

const COMMON: Omit<StoreDialect, 'runEach'> = {
  maxParameters: MAX_PARAMETERS,
  keyType: 'integer',
  lock: (query) => query,
  lockFree: (query) => query,
  identity: (column) => column.primaryKey().autoIncrement(),
  async makeAppendOnly(db, table, key) {
    for (const operation of ['update', 'delete'] as const) {
      await sql`create trigger ${sql.id(`${table}_no_${operation}`)} before ${sql.raw(operation)} on ${sql.table(table)}
        begin select raise(abort, 'the journal is append-only'); end`.execute(db);
    }
    // A REPLACE deletes without firing the trigger above.
    await sql`create trigger ${sql.id(`${table}_no_replace`)} before insert on ${sql.table(table)}
      when exists (select 1 from ${sql.table(table)} where ${sql.ref(key)} = new.${sql.ref(key)})
      begin select raise(abort, 'the journal is append-only'); end`.execute(db);
  },
  isUnavailable: isSqliteUnavailable,
};

/** See `StoreDialect.isUnavailable`. */
export function isSqliteUnavailable(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && !STATEMENT_ERRORS.has(code);
}

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_TOOBIG = 18;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;
const SQLITE_RANGE = 25;
const STATEMENT_ERRORS: ReadonlySet<number> = new Set([
  SQLITE_ERROR,
  SQLITE_TOOBIG,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
  SQLITE_RANGE,
]);

/** The primary result code of an error of `node:sqlite`; undefined for every other error. */
function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export interface SqliteTimeouts {
  /** How long to wait for another process that holds the write lock. */
  readonly busyMs: number;
}

/** Kysely's SQLite dialect on `node:sqlite`. */
export function makeSqliteDialect(database: NodeSqliteDatabase, timeouts: SqliteTimeouts): Dialect {
  const dialect = new SqliteDialect({ database });
  return {
    createDriver: (): Driver => new ImmediateDriver(database, timeouts),
    createAdapter: () => new TransactionalDdlAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  };
}

/** SQLite does roll back `create table`; Kysely's own adapter is only careful. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * Takes the write lock when a transaction begins. With SQLite's default it would be taken at the first write, and a
 * transaction that has read by then fails at once when another process has written, however long the busy time-out is.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #database: NodeSqliteDatabase;
  readonly #timeouts: SqliteTimeouts;

  constructor(database: NodeSqliteDatabase, timeouts: SqliteTimeouts) {
    super({ database });
    this.#database = database;
    this.#timeouts = timeouts;
  }

  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    if (settings?.accessMode === 'read only') {
      await connection.executeQuery(CompiledQuery.raw('begin'));
      return;
    }
    const deadline = performance.now() + this.#timeouts.busyMs;
    // SQLite would wait inside the call, and every webhook with it: the event loop waits here instead.
    for (let waitMs = 1; !this.#begins(deadline); waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) await pause(waitMs);
  }

  /** False when another connection holds the write lock at this moment. Throws that error once the deadline is over. */
  #begins(deadline: number): boolean {
    this.#database.exec('pragma busy_timeout = 0');
    try {
      this.#database.prepare('begin immediate').run([]);
      return true;
    } catch (error) {
      if (resultCode(error) === SQLITE_BUSY && performance.now() < deadline) return false;
      throw error;
    } finally {
      this.#database.exec(`pragma busy_timeout = ${STATEMENT_BUSY_MS}`);
    }
  }
}

const MAX_WAIT_MS = 25;
/** In WAL mode a statement that is not the begin of a transaction waits only while another process recovers the log. */
export const STATEMENT_BUSY_MS = 1_000;
