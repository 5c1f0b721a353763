import { expressionBuilder, sql, type Expression, type RawBuilder } from 'kysely';

/** The greater of two numbers. `max(a, b)` is SQLite's name for it and `greatest(a, b)` PostgreSQL's. */
export function later(one: Expression<number>, other: Expression<number>): Expression<number> {
  const eb = expressionBuilder();
  return eb.case().when(one, '>', other).then(one).else(other).end();
}

/** A set flag, written into the statement: a partial index serves a query only when its condition is no bound value. */
export const YES: RawBuilder<1> = sql.lit(1);
