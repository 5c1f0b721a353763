import { AutoHealError } from '../../domain/errors.ts';
import type { IncidentId } from '../../domain/incident.ts';
import type { ChainReport, JournalEvent } from '../../ports/store.ts';
import { chainOnto, makeChainVerifier, type ChainHead, type NewEvent } from './chain.ts';
import { bind, HEAD_ROW } from './statements.ts';
import type { Database, EventsTable, Tx } from './tables.ts';
import type { Transactor } from './transactor.ts';

type JournalStore = Pick<Transactor, 'dialect' | 'statements'>;

/**
 * The end of the chain, locked until the transaction ends. Every transaction that will append takes it first, so that
 * what it reads afterwards cannot change under it.
 */
export async function lockHead(trx: Tx, { statements }: JournalStore): Promise<ChainHead> {
  const [head] = (await trx.executeQuery(statements.head)).rows;
  // Appending without a head would start a second chain: better to journal nothing and say so.
  if (head === undefined)
    throw new AutoHealError('NOT_READY', 'the head row of the journal is missing: see audit verify');
  return head;
}

/** Appends events after a locked head. The rows as they were written. */
export async function appendEvents(
  trx: Tx,
  { dialect, statements }: JournalStore,
  append: { readonly head: ChainHead; readonly events: readonly NewEvent[] },
): Promise<readonly EventsTable[]> {
  const rows = chainOnto(append.head, append.events);
  const end = rows.at(-1);
  if (end === undefined) return rows;
  const values = rows.map((row) => [row.seq, row.at, row.kind, row.incident, row.body, row.prev_hash, row.hash]);
  await dialect.runEach(trx, statements.insertEvent, values);
  await trx.executeQuery(bind(statements.moveHead, [end.seq, end.hash]));
  return rows;
}

/** The events of one incident, oldest first. */
export async function historyOf(db: Database, incident: IncidentId): Promise<readonly JournalEvent[]> {
  const rows = await db
    .selectFrom('events')
    .select(['seq', 'at', 'kind', 'body'])
    .where('incident', '=', incident)
    .orderBy('seq')
    .execute();
  return rows.map(({ seq, at, kind, body }) => ({ seq, at, kind, incident, body: parsed(body) }));
}

/** The body as JSON; as it is where it is none, so that a journal somebody tampered with can still be read. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** So many events are held in memory at a time: a webhook may have several megabytes. */
const PAGE = 64;

/**
 * Reads the whole journal and recomputes every hash. New events may be appended meanwhile; they are not looked at. A
 * `noted` head that no event has is a problem too.
 */
export async function verifyJournal(db: Database, noted?: string): Promise<ChainReport> {
  const verifier = makeChainVerifier();
  const headQuery = db.selectFrom('chain_head').select(['seq', 'hash']).where('id', '=', HEAD_ROW);
  const head = await headQuery.executeTakeFirst();
  let found = noted === undefined;
  let from = Number.MIN_SAFE_INTEGER;
  for (;;) {
    let query = db.selectFrom('events').selectAll().where('seq', '>', from).orderBy('seq').limit(PAGE);
    if (head !== undefined) query = query.where('seq', '<=', head.seq);
    const page = await query.execute();
    for (const event of page) {
      verifier.take(event);
      found ||= event.hash === noted;
    }
    const end = page.at(-1);
    if (end === undefined) break;
    from = end.seq;
    await nextTurn();
  }
  const report = verifier.report({ head, lastSeq: await lastSeqWithin(db, head) });
  if (found) return report;
  const what = 'no event has the noted head: events were cut off or rewritten';
  return { ...report, problems: [...report.problems, { seq: report.events, what }] };
}

/** The last event's number; events that were appended properly since the head was read do not count. */
async function lastSeqWithin(db: Database, head: ChainHead | undefined): Promise<number> {
  const { fn } = db;
  const now = await db
    .selectFrom('events')
    .select(fn.max('seq').as('last'))
    .select((eb) => eb.selectFrom('chain_head').select('seq').where('id', '=', HEAD_ROW).as('head'))
    .executeTakeFirstOrThrow();
  const last = now.last ?? 0;
  return last === now.head ? (head?.seq ?? last) : last;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
