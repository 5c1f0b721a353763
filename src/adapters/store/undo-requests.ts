import type { Closed, IncidentId } from '../../domain/incident.ts';
import { incidentBody, incidentOf } from './incident-rows.ts';
import { appendEvents, lockHead } from './journal.ts';
import type { Transactor } from './transactor.ts';

/** Records the wish to take back what a closed incident changed, and makes the incident due; false when it is not closed. */
export async function requestUndo(
  store: Transactor,
  request: { readonly incident: IncidentId; readonly by: string; readonly at: number },
): Promise<boolean> {
  const { incident: id, by, at } = request;
  return store.write('request-undo', async (trx) => {
    const head = await lockHead(trx, store);
    const row = await trx
      .selectFrom('incidents')
      .select(['body', 'failures', 'version'])
      .where('id', '=', id)
      .executeTakeFirst();
    const incident = row === undefined ? undefined : incidentOf(row, []);
    if (row === undefined || incident?.phase !== 'closed') return false;
    const after: Closed = { ...incident, undoRequest: { by, at } };
    // A step that is under way was taken without knowing the wish: the new version makes its commit stale.
    await trx
      .updateTable('incidents')
      .set({ body: incidentBody(after), version: row.version + 1, pending: 1, due_at: at, lease_until: 0 })
      .where('id', '=', id)
      .execute();
    const body = JSON.stringify({ by });
    await appendEvents(trx, store, { head, events: [{ at, kind: 'undo-requested', incident: id, body }] });
    return true;
  });
}
