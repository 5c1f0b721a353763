import type { IncidentId } from '../../domain/incident.ts';
import type { ClaimedIncident } from '../../ports/store.ts';
import { alertsOf, incidentOf } from './incident-rows.ts';
import { appendEvents, lockHead } from './journal.ts';
import { YES } from './expressions.ts';
import type { Transactor } from './transactor.ts';

/** Incidents that are due and that nobody holds, earliest first; held until `now + leaseMs`. */
export async function claimDue(
  store: Transactor,
  request: { readonly now: number; readonly limit: number; readonly leaseMs: number },
): Promise<readonly ClaimedIncident[]> {
  const { now, limit, leaseMs } = request;
  return store.write('claim-due', async (trx) => {
    const due = trx
      .selectFrom('incidents')
      .select(['id', 'body', 'failures', 'version'])
      .where('pending', '=', YES)
      .where('due_at', '<=', now)
      .where('lease_until', '<=', now)
      .orderBy('due_at')
      .orderBy('id')
      .limit(limit);
    const rows = await store.dialect.lockFree(due).execute();
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    await trx
      .updateTable('incidents')
      .set({ lease_until: now + leaseMs, woken: 0 })
      .where('id', 'in', ids)
      .execute();
    const alerts = await alertsOf(trx, store.dialect, ids);
    return rows.map((row) => ({ incident: incidentOf(row, alerts.get(row.id) ?? []), version: row.version }));
  });
}

/** Gives an incident back without a step; it counts one failure more. Nothing where somebody else moved it on. */
export async function release(
  store: Transactor,
  request: {
    readonly claimed: ClaimedIncident;
    readonly dueAt: number;
    readonly because: string;
    readonly at: number;
  },
): Promise<void> {
  const { claimed, dueAt, because, at } = request;
  const { id } = claimed.incident;
  await store.write('release', async (trx) => {
    const head = await lockHead(trx, store);
    const released = await trx
      .updateTable('incidents')
      .set((eb) => ({
        due_at: dueAt,
        lease_until: 0,
        failures: eb('failures', '+', 1),
        version: eb('version', '+', 1),
      }))
      .where('id', '=', id)
      .where('version', '=', claimed.version)
      .where('pending', '=', YES)
      .executeTakeFirst();
    if (released.numUpdatedRows === 0n) return;
    const body = JSON.stringify({ phase: claimed.incident.phase, because });
    await appendEvents(trx, store, { head, events: [{ at, kind: 'step-failed', incident: id, body }] });
  });
}

/** Gives an incident back as it is, to be claimed again at once. */
export async function giveBack(store: Transactor, incident: IncidentId): Promise<void> {
  await store.write('give-back', async (trx) => {
    await trx.updateTable('incidents').set({ lease_until: 0 }).where('id', '=', incident).execute();
  });
}
