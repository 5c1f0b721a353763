import { AutoHealError, errorText } from '../../domain/errors.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { StoreDialect } from './dialect.ts';
import { compileStatements, type Statements } from './statements.ts';
import type { Database, Tx } from './tables.ts';

/** How every part of the store reaches the database. */
export interface Transactor {
  readonly dialect: StoreDialect;
  readonly statements: Statements;
  /**
   * Runs one transaction that may write; durable when the promise resolves, without a trace when it rejects.
   *
   * @throws AutoHealError `NOT_READY` when the database cannot be written, `BUG` when a statement is wrong; what `work`
   * throws itself is passed on.
   */
  write<T>(operation: string, work: (trx: Tx) => Promise<T>): Promise<T>;
  /** Runs reads. Throws as `write` does. */
  read<T>(work: (db: Database) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface TransactorDeps {
  readonly db: Database;
  readonly dialect: StoreDialect;
  /** For messages: where the database is. */
  readonly where: string;
  readonly telemetry?: Pick<Telemetry, 'storeCommit'>;
}

export function makeTransactor(deps: TransactorDeps): Transactor {
  const { db, dialect, where, telemetry } = deps;
  let closed = false;

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (closed) throw new AutoHealError('NOT_READY', `the store ${where} is closed`, { retryable: false });
    try {
      return await work();
    } catch (error) {
      if (error instanceof AutoHealError) throw error;
      const code = dialect.isUnavailable(error) ? 'NOT_READY' : 'BUG';
      throw new AutoHealError(code, `the store ${where} failed: ${errorText(error)}`, { cause: error });
    }
  }

  return {
    dialect,
    statements: compileStatements(db, dialect),
    async write(operation, work) {
      const startedAt = performance.now();
      const result = await guarded(() => db.transaction().execute(work));
      telemetry?.storeCommit({ operation, seconds: (performance.now() - startedAt) / 1000 });
      return result;
    },
    read: (work) => guarded(() => work(db)),
    async close() {
      if (closed) return;
      closed = true;
      await db.destroy();
    },
  };
}
