import { AutoHealError } from '../../domain/errors.ts';
import type { IncidentId, Received } from '../../domain/incident.ts';
import type { GroupingCommit, Store } from '../../ports/store.ts';
import type { NewEvent } from './chain.ts';
import { chunksOf } from './chunks.ts';
import { YES } from './expressions.ts';
import type { StoreDialect } from './dialect.ts';
import { planGrouping, type GroupingPlan, type HeldAlert } from './grouping-plan.ts';
import { alertOf, incidentBody } from './incident-rows.ts';
import { appendEvents, lockHead } from './journal.ts';
import type { Database, IncidentAlertsTable, IncidentsTable, Tx } from './tables.ts';
import type { Transactor } from './transactor.ts';
import { wake } from './wake.ts';

type Episodes = Awaited<ReturnType<Store['episodes']>>;
type Episode = Episodes extends ReadonlyMap<string, infer E> ? E : never;

/** For each fingerprint that was ever seen: the open incident that holds it, and the last closed one that did. */
export async function episodes(
  db: Database,
  dialect: StoreDialect,
  fingerprints: readonly string[],
): Promise<Episodes> {
  const found = new Map<string, Episode>();
  for (const chunk of chunksOf([...new Set(fingerprints)], dialect.maxParameters)) {
    for (const [fingerprint, { incident }] of await heldAlerts(db, chunk)) found.set(fingerprint, { open: incident });
    const rows = await db.selectFrom('last_closed').selectAll().where('fingerprint', 'in', chunk).execute();
    for (const { fingerprint, incident, outcome, closed_at: closedAt, resolved } of rows) {
      const lastClosed = { incident, outcome, closedAt, resolved: resolved === 1 };
      found.set(fingerprint, { ...found.get(fingerprint), lastClosed });
    }
  }
  return found;
}

/** Commits a grouping; see the port. */
export async function commitGrouping(store: Transactor, grouping: GroupingCommit): Promise<void> {
  const done = await store.write('commit-grouping', (trx) => group(trx, store, grouping));
  if (done) return;
  // Nothing was written, so the delivery can be grouped again at once, by what is true now.
  await store.write('return-delivery', async (trx) => {
    await trx.updateTable('deliveries').set({ lease_until: 0 }).where('id', '=', grouping.delivery).execute();
  });
  const why = `delivery ${grouping.delivery} joins an incident that closed meanwhile; it is grouped again`;
  throw new AutoHealError('NOT_READY', why);
}

/** False, with nothing written, when an alert joins an incident that is not open any more. */
async function group(trx: Tx, store: Transactor, grouping: GroupingCommit): Promise<boolean> {
  const { dialect } = store;
  const head = await lockHead(trx, store);
  const delivery = await trx
    .selectFrom('deliveries')
    .select(['seq', 'waiting'])
    .where('id', '=', grouping.delivery)
    .executeTakeFirst();
  if (delivery === undefined) throw new AutoHealError('BUG', `delivery ${grouping.delivery} was never journalled`);
  if (delivery.waiting === 0) return true;

  const held = new Map<string, HeldAlert>();
  for (const chunk of chunksOf(grouping.grouped, dialect.maxParameters)) {
    const fingerprints = chunk.filter(({ kind }) => kind !== 'ignore').map(({ alert }) => alert.fingerprint);
    for (const [fingerprint, alert] of await heldAlerts(trx, fingerprints)) held.set(fingerprint, alert);
  }
  const plan = planGrouping(grouping, held);
  if (!(await allOpen(trx, dialect, plan.joined))) return false;

  await write(trx, dialect, { plan, at: grouping.at });
  await trx.updateTable('deliveries').set({ waiting: 0 }).where('seq', '=', delivery.seq).execute();
  await appendEvents(trx, store, { head, events: eventsOf(grouping, plan, delivery.seq) });
  return true;
}

async function heldAlerts(db: Database, fingerprints: readonly string[]): Promise<ReadonlyMap<string, HeldAlert>> {
  if (fingerprints.length === 0) return new Map();
  const rows = await db
    .selectFrom('incident_alerts')
    .select(['fingerprint', 'incident', 'alert'])
    .where('open', '=', YES)
    .where('fingerprint', 'in', fingerprints)
    .execute();
  return new Map(rows.map((row) => [row.fingerprint, { incident: row.incident, alert: alertOf(row) }]));
}

async function allOpen(trx: Tx, dialect: StoreDialect, incidents: readonly IncidentId[]): Promise<boolean> {
  for (const chunk of chunksOf(incidents, dialect.maxParameters)) {
    const query = trx.selectFrom('incidents').select('id').where('id', 'in', chunk).where('open', '=', YES);
    if ((await query.execute()).length !== chunk.length) return false;
  }
  return true;
}

const INCIDENT_COLUMNS = 14;
const ALERT_COLUMNS = 6;

async function write(
  trx: Tx,
  dialect: StoreDialect,
  change: { readonly plan: GroupingPlan; readonly at: number },
): Promise<void> {
  const { plan, at } = change;
  for (const chunk of chunksOf(plan.opened, dialect.maxParameters / INCIDENT_COLUMNS)) {
    await trx
      .insertInto('incidents')
      .values(chunk.map((id) => receivedRow(id, at)))
      .execute();
  }
  for (const chunk of chunksOf(plan.placed, dialect.maxParameters / ALERT_COLUMNS)) {
    const rows = chunk.map(({ incident, alert }): IncidentAlertsTable => {
      const { fingerprint, status } = alert;
      return { incident, fingerprint, alert: JSON.stringify(alert), status, open: 1, joined_at: at };
    });
    await trx
      .insertInto('incident_alerts')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['incident', 'fingerprint']).doUpdateSet((eb) => ({
          alert: eb.ref('excluded.alert'),
          status: eb.ref('excluded.status'),
        })),
      )
      .execute();
  }
  const opened = new Set(plan.opened);
  const woken = new Set(plan.placed.filter(({ wakes }) => wakes).map(({ incident }) => incident));
  await wake(trx, dialect, { incidents: [...woken].filter((id) => !opened.has(id)), at });
  for (const chunk of chunksOf(plan.resolved, dialect.maxParameters - 1)) {
    await trx.updateTable('last_closed').set({ resolved: 1 }).where('fingerprint', 'in', chunk).execute();
  }
}

function receivedRow(id: IncidentId, at: number): IncidentsTable {
  const incident: Received = {
    id,
    phase: 'received',
    openedAt: at,
    updatedAt: at,
    alerts: [],
    rung: 1,
    attempts: [],
    failures: 0,
  };
  return {
    id,
    phase: 'received',
    workload: null,
    open: 1,
    pending: 1,
    due_at: at,
    lease_until: 0,
    woken: 0,
    version: 1,
    failures: 0,
    body: incidentBody(incident),
    opened_at: at,
    updated_at: at,
    closed_at: null,
    outcome: null,
  };
}

/** One event for each incident that the delivery opened or changed, and one that closes the delivery itself. */
function eventsOf(grouping: GroupingCommit, plan: GroupingPlan, deliverySeq: number): NewEvent[] {
  const { at, delivery, rejected } = grouping;
  const opened = new Set(plan.opened);
  const byIncident = Map.groupBy(plan.placed, ({ incident }) => incident);
  const events = [...byIncident].map(([incident, placed]): NewEvent => {
    const alerts = placed.map(({ alert: { fingerprint, status, startsAt } }) => ({ fingerprint, status, startsAt }));
    const kind = opened.has(incident) ? 'opened' : 'joined';
    return { at, kind, incident, body: JSON.stringify({ delivery, alerts }) };
  });
  const ignored = new Map<string, string[]>();
  for (const entry of grouping.grouped) {
    if (entry.kind !== 'ignore') continue;
    const same = ignored.get(entry.because);
    if (same === undefined) ignored.set(entry.because, [entry.alert.fingerprint]);
    else same.push(entry.alert.fingerprint);
  }
  const incidents = [...byIncident.keys()];
  const body = { delivery, event: deliverySeq, incidents, ignored: Object.fromEntries(ignored), rejected };
  return [...events, { at, kind: 'grouped', incident: null, body: JSON.stringify(body) }];
}
