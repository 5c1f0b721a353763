import type { Incident, IncidentId, Phase } from '../../domain/incident.ts';
import type { WorkloadKey } from '../../domain/workload.ts';
import type { IncidentSummary, QueueDepths } from '../../ports/store.ts';
import type { StoreDialect } from './dialect.ts';
import { later, YES } from './expressions.ts';
import { alertsOf, incidentOf } from './incident-rows.ts';
import { outboxDepth } from './outbox.ts';
import type { Database } from './tables.ts';

/** The incident as it stands now. */
export async function incidentById(db: Database, dialect: StoreDialect, id: IncidentId): Promise<Incident | undefined> {
  const row = await db.selectFrom('incidents').select(['body', 'failures']).where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const alerts = await alertsOf(db, dialect, [id]);
  return incidentOf(row, alerts.get(id) ?? []);
}

/** Incidents, newest first. */
export async function summaries(
  db: Database,
  query: { readonly limit: number; readonly open?: boolean },
): Promise<readonly IncidentSummary[]> {
  let newest = db
    .selectFrom('incidents')
    .select(['id', 'phase', 'workload', 'outcome', 'opened_at', 'updated_at'])
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit);
  if (query.open !== undefined) newest = newest.where('open', '=', query.open ? 1 : 0);
  const rows = await newest.execute();
  return rows.map(({ id, phase, workload, outcome, opened_at: openedAt, updated_at: updatedAt }) => ({
    id,
    phase,
    openedAt,
    updatedAt,
    ...(workload === null ? {} : { workload }),
    ...(outcome === null ? {} : { outcome }),
  }));
}

/** The open incident of a workload, if there is one. */
export async function openIncidentOf(db: Database, workload: WorkloadKey): Promise<IncidentId | undefined> {
  const query = db.selectFrom('incidents').select('id').where('workload', '=', workload).where('open', '=', YES);
  return (await query.executeTakeFirst())?.id;
}

/** How much waits, and when the next of it can be claimed. */
export async function queues(db: Database, now: number): Promise<QueueDepths> {
  const deliveries = await db
    .selectFrom('deliveries')
    .where('waiting', '=', YES)
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.min<number | null>(later(eb.ref('received_at'), eb.ref('lease_until'))).as('next'),
    ])
    .executeTakeFirstOrThrow();
  const phases = await db
    .selectFrom('incidents')
    .where('pending', '=', YES)
    .groupBy('phase')
    .select((eb) => [
      'phase',
      eb.fn.countAll<number>().as('count'),
      eb.fn.sum<number>(eb.case().when('due_at', '<=', now).then(1).else(0).end()).as('due'),
      eb.fn.min<number>(later(eb.ref('due_at'), eb.ref('lease_until'))).as('next'),
    ])
    .execute();
  const outbox = await outboxDepth(db);
  const next = [deliveries.next, outbox.next, ...phases.map((phase) => phase.next)].filter((at) => at !== null);
  const open: Partial<Record<Phase, number>> = Object.fromEntries(
    phases.filter(({ phase }) => phase !== 'closed').map(({ phase, count }) => [phase, count]),
  );
  return {
    deliveries: deliveries.count,
    due: phases.reduce((sum, { due }) => sum + due, 0),
    open,
    notifications: outbox.count,
    ...(next.length === 0 ? {} : { nextDueAt: Math.min(...next) }),
  };
}
