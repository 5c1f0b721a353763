import type { Approval, IncidentId } from '../../domain/incident.ts';
import { YES } from './expressions.ts';
import { incidentOf } from './incident-rows.ts';
import { appendEvents, lockHead } from './journal.ts';
import type { Database } from './tables.ts';
import type { Transactor } from './transactor.ts';
import { wake } from './wake.ts';

/** Records a person's answer; false when the incident does not wait for one (any more), or has one. See the port. */
export async function approve(
  store: Transactor,
  request: { readonly incident: IncidentId; readonly approval: Approval },
): Promise<boolean> {
  const { incident: id, approval } = request;
  return store.write('approve', async (trx) => {
    const head = await lockHead(trx, store);
    const query = trx.selectFrom('incidents').select(['body', 'failures']).where('id', '=', id).where('open', '=', YES);
    const row = await query.executeTakeFirst();
    if (row === undefined) return false;
    const incident = incidentOf(row, []);
    if (incident.phase !== 'awaiting-approval' || approval.at >= incident.verdict.expiresAt) return false;
    const { rung } = incident;
    const inserted = await trx
      .insertInto('approvals')
      .values({ incident: id, rung, ...approval })
      .onConflict((conflict) => conflict.columns(['incident', 'rung']).doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
    await wake(trx, store.dialect, { incidents: [id], at: approval.at });
    const body = JSON.stringify({ rung, ...approval });
    await appendEvents(trx, store, {
      head,
      events: [{ at: approval.at, kind: 'approval', incident: id, body }],
    });
    return true;
  });
}

/** The answer that a rung of an incident got, if any. */
export async function approvalOf(db: Database, incident: IncidentId, rung: number): Promise<Approval | undefined> {
  return db
    .selectFrom('approvals')
    .select(['decision', 'by', 'at'])
    .where('incident', '=', incident)
    .where('rung', '=', rung)
    .executeTakeFirst();
}
