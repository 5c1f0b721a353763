import type { IncidentId } from '../../domain/incident.ts';
import { chunksOf } from './chunks.ts';
import { YES } from './expressions.ts';
import type { StoreDialect } from './dialect.ts';
import type { Tx } from './tables.ts';

/**
 * Makes open incidents due at `at`, where they were not due earlier. One that a worker holds at the moment remembers it:
 * its running step was taken without knowing what happened, so the step after it is due at once.
 */
export async function wake(
  trx: Tx,
  dialect: StoreDialect,
  woken: { readonly incidents: readonly IncidentId[]; readonly at: number },
): Promise<void> {
  const { incidents, at } = woken;
  for (const chunk of chunksOf(incidents, dialect.maxParameters - 3)) {
    await trx
      .updateTable('incidents')
      .set((eb) => ({
        due_at: eb.case().when('due_at', '<', at).then(eb.ref('due_at')).else(at).end(),
        woken: 1,
      }))
      .where('open', '=', YES)
      .where('id', 'in', chunk)
      .execute();
  }
}
