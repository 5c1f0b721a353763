import { statSync } from 'node:fs';
import { openNodeSqlite } from './node-sqlite.ts';
import { isSqliteUnavailable } from './sqlite-dialect.ts';

/** How the file of a store stands. */
export interface StoreFile {
  /** `wal` once the service has opened it. */
  readonly journalMode: string;
  readonly bytes: number;
  /** Whether the write lock could be had; `why` where it could not. */
  readonly writable: { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: string };
}

/** A service that writes holds the lock for milliseconds. */
const BUSY_MS = 1_000;

/**
 * Looks at the file of a store, beside a service that may be running: takes the write lock for a moment and changes nothing.
 *
 * @throws the error of `node:sqlite` when the file cannot be opened or is no database; of `node:fs` when there is none.
 */
export function inspectSqliteFile(path: string): StoreFile {
  const bytes = statSync(path).size; // First: opening a file that is not there would make one.
  const file = openNodeSqlite(path);
  try {
    file.exec(`pragma busy_timeout = ${BUSY_MS}`);
    const [row] = file.prepare('pragma journal_mode').all([]);
    const mode: unknown = typeof row === 'object' && row !== null && 'journal_mode' in row ? row.journal_mode : '';
    return { journalMode: String(mode), bytes, writable: lockOf(file) };
  } finally {
    file.close();
  }
}

function lockOf(file: ReturnType<typeof openNodeSqlite>): StoreFile['writable'] {
  try {
    file.exec('begin immediate');
    file.exec('rollback');
    return { kind: 'yes' };
  } catch (error) {
    if (!isSqliteUnavailable(error)) throw error;
    return { kind: 'no', why: error instanceof Error ? error.message : String(error) };
  }
}
