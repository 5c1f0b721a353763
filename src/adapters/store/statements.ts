import { sql, type CompiledQuery } from 'kysely';
import type { StoreDialect } from './dialect.ts';
import type { ChainHeadTable, Database, DeliveriesTable } from './tables.ts';

/**
 * The statements that every webhook runs through, built once when the store opens: building one anew costs more than running
 * it. `bind` puts the values in; all values of these statements are bound ones, in the order that is named at each.
 */
export interface Statements {
  /** Reads the head of the chain, locked until the transaction ends. No values. */
  readonly head: CompiledQuery<Pick<ChainHeadTable, 'seq' | 'hash'>>;
  /** seq, hash. */
  readonly moveHead: CompiledQuery;
  /** seq, at, kind, incident, body, prev_hash, hash. */
  readonly insertEvent: CompiledQuery;
  /** seq, id, received_at. */
  readonly insertDelivery: CompiledQuery;
  /** As many ids as were asked for here. Those of them that are there. */
  knownDeliveries(count: number): CompiledQuery<Pick<DeliveriesTable, 'id'>>;
}

/** Compiles the statements for a database; nothing is run. */
export function compileStatements(db: Database, dialect: StoreDialect): Statements {
  const known = new Map<number, CompiledQuery<Pick<DeliveriesTable, 'id'>>>();

  return {
    head: dialect.lock(db.selectFrom('chain_head').select(['seq', 'hash']).where('id', '=', HEAD_ROW)).compile(),
    moveHead: db.updateTable('chain_head').set({ seq: 0, hash: '' }).where('id', '=', HEAD_ROW).compile(),
    insertEvent: db
      .insertInto('events')
      .values({ seq: 0, at: 0, kind: 'delivery', incident: null, body: '', prev_hash: '', hash: '' })
      .compile(),
    insertDelivery: db
      .insertInto('deliveries')
      .values({ seq: 0, id: '', received_at: 0, waiting: sql.lit(1), lease_until: sql.lit(0) })
      .compile(),
    knownDeliveries(count) {
      const compiled = known.get(count) ?? compileKnown(db, count);
      known.set(count, compiled);
      return compiled;
    },
  };
}

/** The one row of `chain_head`, written into its statements. */
export const HEAD_ROW = sql.lit(1);

function compileKnown(db: Database, count: number): CompiledQuery<Pick<DeliveriesTable, 'id'>> {
  const ids = Array.from({ length: count }, () => '');
  return db.selectFrom('deliveries').select('id').where('id', 'in', ids).compile();
}

/** The statement with these values instead of those that it was compiled with. */
export function bind<T>(statement: CompiledQuery<T>, values: readonly unknown[]): CompiledQuery<T> {
  return { ...statement, parameters: values };
}
