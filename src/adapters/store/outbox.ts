import type { Incident } from '../../domain/incident.ts';
import type { ThreadState } from '../../ports/notifier.ts';
import type { ClaimedNotification, Store } from '../../ports/store.ts';
import type { NewEvent } from './chain.ts';
import { later } from './expressions.ts';
import type { StoreDialect } from './dialect.ts';
import { alertsOf, incidentBody, incidentOf } from './incident-rows.ts';
import { appendEvents, lockHead } from './journal.ts';
import type { Database, OutboxTable, Tx } from './tables.ts';
import type { Transactor } from './transactor.ts';

/** So many notifications of one incident wait for one channel; then the newest takes the place of the last. */
export const MAX_WAITING_PER_THREAD = 50;

/** Puts an incident, as it stands after a step, into the outbox of each channel. */
export async function enqueueNotifications(
  trx: Tx,
  notification: { readonly incident: Incident; readonly channels: readonly string[]; readonly at: number },
): Promise<void> {
  const { incident, channels, at } = notification;
  const body = JSON.stringify({ body: incidentBody(incident), failures: incident.failures });
  for (const channel of new Set(channels)) {
    const thread = await trx
      .selectFrom('outbox')
      .select(({ fn }) => [fn.countAll<number>().as('waiting'), fn.max('id').as('last')])
      .where('incident', '=', incident.id)
      .where('channel', '=', channel)
      .executeTakeFirstOrThrow();
    if (thread.waiting >= MAX_WAITING_PER_THREAD && thread.last !== null) {
      await trx.updateTable('outbox').set({ body }).where('id', '=', thread.last).execute();
    } else {
      const row = { incident: incident.id, channel, body, due_at: at, lease_until: 0, attempts: 0 };
      await trx.insertInto('outbox').values(row).execute();
    }
  }
}

/** The rows that no earlier row of the same incident and channel waits before: only these may be delivered next. */
function headsOfThreads(db: Database) {
  return db
    .selectFrom('outbox as head')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('outbox as earlier')
            .select('earlier.id')
            .whereRef('earlier.incident', '=', 'head.incident')
            .whereRef('earlier.channel', '=', 'head.channel')
            .whereRef('earlier.id', '<', 'head.id'),
        ),
      ),
    );
}

/** How many notifications wait, and when the next of them may be claimed (null for never). */
export async function outboxDepth(db: Database): Promise<{ readonly count: number; readonly next: number | null }> {
  const waiting = db.selectFrom('outbox').select(({ fn }) => fn.countAll<number>().as('count'));
  const { count } = await waiting.executeTakeFirstOrThrow();
  const { next } = await headsOfThreads(db)
    .select((eb) => eb.fn.min<number | null>(later(eb.ref('head.due_at'), eb.ref('head.lease_until'))).as('next'))
    .executeTakeFirstOrThrow();
  return { count, next };
}

/** The oldest notification that may be delivered now, with its thread and the incident's alerts; see the port. */
export async function claimNotification(
  store: Transactor,
  request: { readonly now: number; readonly leaseMs: number },
): Promise<ClaimedNotification | undefined> {
  const { now, leaseMs } = request;
  return store.write('claim-notification', async (trx) => {
    const oldest = await headsOfThreads(trx)
      .select('head.id')
      .where('head.due_at', '<=', now)
      .where('head.lease_until', '<=', now)
      .orderBy('head.id')
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return undefined;
    const query = trx.selectFrom('outbox').selectAll().where('id', '=', oldest.id).where('lease_until', '<=', now);
    const row = await store.dialect.lockFree(query).executeTakeFirst();
    if (row === undefined) return undefined; // Another replica took it in between.
    await trx
      .updateTable('outbox')
      .set({ lease_until: now + leaseMs })
      .where('id', '=', row.id)
      .execute();
    return claimed(trx, store.dialect, row);
  });
}

async function claimed(trx: Tx, dialect: StoreDialect, row: OutboxRow): Promise<ClaimedNotification> {
  const { id, incident, channel, attempts } = row;
  const alerts = await alertsOf(trx, dialect, [incident]);
  const thread = await trx
    .selectFrom('threads')
    .select('state')
    .where('incident', '=', incident)
    .where('channel', '=', channel)
    .executeTakeFirst();
  // Only `enqueueNotifications` writes these bodies.
  const stored = JSON.parse(row.body) as { readonly body: string; readonly failures: number };
  const notification = { id, channel, attempts, incident: incidentOf(stored, alerts.get(incident) ?? []) };
  if (thread === undefined) return notification;
  return { ...notification, thread: JSON.parse(thread.state) as ThreadState }; // Only `finish` writes these states.
}

type OutboxRow = { readonly [K in keyof OutboxTable]: K extends 'id' ? number : OutboxTable[K] };

type Finished = Parameters<Store['finishNotification']>[0];

/** Writes down what became of a delivery. Nothing when it was finished before, under a lease that ran out. */
export async function finishNotification(store: Transactor, finished: Finished): Promise<void> {
  const { id, at, answer } = finished;
  await store.write('finish-notification', async (trx) => {
    const head = await lockHead(trx, store);
    const query = trx.selectFrom('outbox').select(['incident', 'channel', 'attempts']).where('id', '=', id);
    const row = await query.executeTakeFirst();
    if (row === undefined) return;
    if (answer.kind === 'retry') {
      const retry = { due_at: answer.dueAt, lease_until: 0, attempts: row.attempts + 1 };
      await trx.updateTable('outbox').set(retry).where('id', '=', id).execute();
      return;
    }
    await trx.deleteFrom('outbox').where('id', '=', id).execute();
    const { incident, channel } = row;
    const told = { channel, attempts: row.attempts + 1 };
    let event: NewEvent = { at, kind: 'notified', incident, body: JSON.stringify(told) };
    if (answer.kind === 'sent') {
      const state = JSON.stringify(answer.thread);
      await trx
        .insertInto('threads')
        .values({ incident, channel, state })
        .onConflict((conflict) => conflict.columns(['incident', 'channel']).doUpdateSet({ state }))
        .execute();
    } else {
      event = { ...event, kind: 'notification-dead', body: JSON.stringify({ ...told, detail: answer.detail }) };
    }
    await appendEvents(trx, store, { head, events: [event] });
  });
}
