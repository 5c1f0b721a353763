import type { NewDelivery } from '../../ports/store.ts';
import { chunksOf } from './chunks.ts';
import { appendEvents, lockHead } from './journal.ts';
import { YES } from './expressions.ts';
import type { Transactor } from './transactor.ts';

const DELIVERY_COLUMNS = 5;

/** Journals webhooks in one commit, in order; an id that is already there is left alone. */
export async function appendDeliveries(store: Transactor, deliveries: readonly NewDelivery[]): Promise<void> {
  const unique = [...new Map(deliveries.toReversed().map((each) => [each.id, each])).values()].toReversed();
  if (unique.length === 0) return;
  await store.write('append-deliveries', async (trx) => {
    const { dialect } = store;
    const head = await lockHead(trx, dialect);
    const known = new Set<string>();
    for (const chunk of chunksOf(unique, dialect.maxParameters)) {
      const ids = chunk.map(({ id }) => id);
      const rows = await trx.selectFrom('deliveries').select('id').where('id', 'in', ids).execute();
      for (const { id } of rows) known.add(id);
    }
    const added = unique.filter(({ id }) => !known.has(id));
    const events = added.map(({ receivedAt, body }) => ({
      at: receivedAt,
      kind: 'delivery' as const,
      incident: null,
      body,
    }));
    const written = await appendEvents(trx, dialect, { head, events });
    const rows = written.map(({ seq, at }, index) => ({
      id: added[index]?.id ?? '',
      seq,
      received_at: at,
      waiting: 1 as const,
      lease_until: 0,
    }));
    for (const chunk of chunksOf(rows, dialect.maxParameters / DELIVERY_COLUMNS)) {
      await trx.insertInto('deliveries').values(chunk).execute();
    }
  });
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
