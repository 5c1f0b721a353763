import type { NewDelivery } from '../../ports/store.ts';
import type { NewEvent } from './chain.ts';
import { chunksOf } from './chunks.ts';
import { appendEvents, lockHead } from './journal.ts';
import { YES } from './expressions.ts';
import { bind } from './statements.ts';
import type { Tx } from './tables.ts';
import type { Transactor } from './transactor.ts';

/** Journals webhooks in one commit, in order; an id that is already there is left alone. */
export async function appendDeliveries(store: Transactor, deliveries: readonly NewDelivery[]): Promise<void> {
  const unique = firstOfEachId(deliveries);
  if (unique.length === 0) return;
  await store.write('append-deliveries', async (trx) => {
    const head = await lockHead(trx, store);
    const known = await knownIds(trx, store, unique);
    const added = known.size === 0 ? unique : unique.filter(({ id }) => !known.has(id));
    const events = added.map(newEvent);
    const written = await appendEvents(trx, store, { head, events });
    const rows = written.map(({ seq, at }, index) => [seq, added[index]?.id ?? '', at]);
    await store.dialect.runEach(trx, store.statements.insertDelivery, rows);
  });
}

function firstOfEachId(deliveries: readonly NewDelivery[]): readonly NewDelivery[] {
  const byId = new Map<string, NewDelivery>();
  for (const delivery of deliveries) if (!byId.has(delivery.id)) byId.set(delivery.id, delivery);
  return [...byId.values()];
}

function newEvent({ receivedAt, body }: NewDelivery): NewEvent {
  return { at: receivedAt, kind: 'delivery', incident: null, body };
}

const MAX_IDS_PER_QUERY = 256;

/** Those of the ids that have been journalled before. */
async function knownIds(
  trx: Tx,
  { statements }: Transactor,
  deliveries: readonly NewDelivery[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const chunk of chunksOf(deliveries, MAX_IDS_PER_QUERY)) {
    const ids = chunk.map(({ id }) => id);
    // Filled up with its first id to a power of two, so that there are few different statements and all of them are kept.
    const slots = 2 ** Math.ceil(Math.log2(ids.length));
    while (ids.length < slots) ids.push(ids[0] ?? '');
    const { rows } = await trx.executeQuery(bind(statements.knownDeliveries(slots), ids));
    for (const { id } of rows) known.add(id);
  }
  return known;
}

/** The oldest delivery that is not grouped yet and that nobody holds; held until `now + leaseMs`. */
export async function claimDelivery(
  store: Transactor,
  request: { readonly now: number; readonly leaseMs: number },
): Promise<NewDelivery | undefined> {
  return store.write('claim-delivery', async (trx) => {
    const oldest = trx
      .selectFrom('deliveries')
      .select(['id', 'seq', 'received_at'])
      .where('waiting', '=', YES)
      .where('lease_until', '<=', request.now)
      .orderBy('seq')
      .limit(1);
    const found = await store.dialect.lockFree(oldest).executeTakeFirst();
    if (found === undefined) return undefined;
    const until = request.now + request.leaseMs;
    await trx.updateTable('deliveries').set({ lease_until: until }).where('seq', '=', found.seq).execute();
    const event = trx.selectFrom('events').select('body').where('seq', '=', found.seq);
    const { body } = await event.executeTakeFirstOrThrow();
    return { id: found.id, receivedAt: found.received_at, body };
  });
}
