import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** What Kysely's SQLite dialect needs of a database, on `node:sqlite`, and `exec` for what it does not run itself. */
export interface NodeSqliteDatabase extends SqliteDatabase {
  exec(sql: string): void;
}

// Multi-row statements differ in length with the number of their rows: long ones are not worth keeping.
const MAX_CACHED_SQL_LENGTH = 4_000;
const MAX_CACHED_STATEMENTS = 256;

/**
 * Opens a database file as Kysely expects one. Prepared statements are kept by their text, since preparing costs more than
 * running most of them.
 *
 * @throws the error of `node:sqlite` when the file cannot be opened.
 */
export function openNodeSqlite(path: string, options: { readonly readOnly?: boolean } = {}): NodeSqliteDatabase {
  const db = new DatabaseSync(path, { readOnly: options.readOnly ?? false, enableForeignKeyConstraints: true });
  const cache = new Map<string, SqliteStatement>();

  function prepare(sql: string): SqliteStatement {
    const known = cache.get(sql);
    if (known !== undefined) return known;
    const statement = statementOf(db, sql);
    if (sql.length > MAX_CACHED_SQL_LENGTH) return statement;
    if (cache.size >= MAX_CACHED_STATEMENTS) cache.clear(); // The store has fewer; this only bounds the unexpected.
    cache.set(sql, statement);
    return statement;
  }

  return {
    prepare,
    exec: (sql) => {
      db.exec(sql);
    },
    close: () => {
      cache.clear();
      db.close();
    },
  };
}

function statementOf(db: DatabaseSync, sql: string): SqliteStatement {
  const statement: StatementSync = db.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...bound(parameters)),
    run: (parameters) => statement.run(...bound(parameters)),
    // A statement of its own: an iterator that is not read to its end would break the next use of the kept one.
    iterate: (parameters) => db.prepare(sql).iterate(...bound(parameters)),
  };
}

/** @throws TypeError for a value that SQLite has no type for, instead of storing something else. */
function bound(parameters: readonly unknown[]): readonly SQLInputValue[] {
  for (const value of parameters) {
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') continue;
    if (!(value instanceof Uint8Array)) throw new TypeError(`a ${typeof value} cannot be stored in SQLite`);
  }
  return parameters as readonly SQLInputValue[]; // Every value was looked at.
}
