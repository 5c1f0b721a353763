import type { ColumnDefinitionBuilder, CompiledQuery, Kysely, SelectQueryBuilder } from 'kysely';
import type { Tables, Tx } from './tables.ts';

/**
 * Everything about the store that is not the same in SQLite and PostgreSQL. All other SQL is built by Kysely, so a second
 * database is a second one of these and a second Kysely dialect, not a second store.
 */
export interface StoreDialect {
  /** How many bound values one statement may carry. */
  readonly maxParameters: number;
  /** The type of a 64-bit key. In SQLite only `integer` makes the key the row's own address, without an index beside it. */
  readonly keyType: 'integer' | 'bigint';
  /**
   * Locks the selected rows until the transaction ends; a second transaction waits. Every transaction that appends to the
   * journal locks the chain's head first, so their order is the journal's order. `FOR UPDATE` in PostgreSQL; in SQLite the
   * transaction holds the only write lock already.
   */
  lock<T extends keyof Tables, O>(query: SelectQueryBuilder<Tables, T, O>): SelectQueryBuilder<Tables, T, O>;
  /**
   * Locks the selected rows and leaves out those that another transaction holds, so that replicas claim different work.
   * `FOR UPDATE SKIP LOCKED` in PostgreSQL; nothing in SQLite, for the same reason.
   */
  lockFree<T extends keyof Tables, O>(query: SelectQueryBuilder<Tables, T, O>): SelectQueryBuilder<Tables, T, O>;
  /**
   * Runs a statement that answers nothing once for each list of bound values, in order, as part of a transaction. In SQLite a
   * loop over one prepared statement costs less than one long statement; another database may send them in one go.
   */
  runEach(trx: Tx, statement: CompiledQuery, values: readonly (readonly unknown[])[]): Promise<void>;
  /** A primary key that the database counts up and never gives out twice. */
  identity(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** Makes the database refuse every UPDATE and DELETE on a table, and every INSERT in the place of a row. */
  makeAppendOnly(db: Kysely<Tables>, table: keyof Tables, key: string): Promise<void>;
  /** Whether an error means that the database cannot be read or written now, as opposed to a statement being wrong. */
  isUnavailable(error: unknown): boolean;
}
