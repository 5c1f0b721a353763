import { hash } from 'node:crypto';
import type { ChainReport } from '../../ports/store.ts';
import type { EventsTable } from './tables.ts';

/** An event before it has its place in the journal. */
export type NewEvent = Pick<EventsTable, 'at' | 'kind' | 'incident' | 'body'>;

/** The end of the chain: the last event's number (0 for an empty journal) and hash (then empty). */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/**
 * The SHA-256 of an event and of the hash before it, as 64 hex digits. What is hashed is the
 * other fields as one JSON array, a line feed and the body as it is: JSON has no raw line feed, so no two different events
 * have the same text, and a large body is not written down a second time.
 */
export function eventHash(prevHash: string, event: Pick<EventsTable, 'seq'> & NewEvent): string {
  const { seq, at, kind, incident, body } = event;
  return hash('sha256', `${JSON.stringify([prevHash, seq, at, kind, incident])}\n${body}`, 'hex');
}

/** The events chained onto the head, in order. */
export function chainOnto(head: ChainHead, events: readonly NewEvent[]): EventsTable[] {
  const rows: EventsTable[] = [];
  let { seq, hash: prevHash } = head;
  for (const event of events) {
    seq += 1;
    const row = { seq, ...event, prev_hash: prevHash, hash: eventHash(prevHash, { seq, ...event }) };
    rows.push(row);
    prevHash = row.hash;
  }
  return rows;
}

/** A journal that somebody rewrote altogether is wrong everywhere: so many problems are listed. */
export const MAX_PROBLEMS = 1_000;

type Problem = ChainReport['problems'][number];

export interface ChainVerifier {
  /** Takes the next event in the order of `seq`. */
  take(event: EventsTable): void;
  /**
   * The report, once all events up to `head` were taken. `lastSeq` is the number of the last event that there is, 0 for
   * none; `head` is what the store remembers as the end, undefined when that memory is gone.
   */
  report(end: { readonly head: ChainHead | undefined; readonly lastSeq: number }): ChainReport;
}

/**
 * Recomputes a chain event by event. What it finds: an event that was changed, taken out, put in or moved, and an end that
 * was cut off while the head row was left alone. Whoever rewrites the whole rest of the chain and the head row too is
 * found only by a head that was noted elsewhere.
 */
export function makeChainVerifier(): ChainVerifier {
  const problems: Problem[] = [];
  let last: ChainHead = { seq: 0, hash: '' };
  let events = 0;

  function problem(seq: number, what: string): void {
    if (problems.length < MAX_PROBLEMS) problems.push({ seq, what });
  }

  function take(event: EventsTable): void {
    events += 1;
    const expected = last.seq + 1;
    if (event.seq < expected) {
      problem(event.seq, 'was put in: the journal starts with event 1');
      return;
    }
    if (event.seq > expected) problem(expected, missingText(expected, event.seq - 1));
    else if (event.prev_hash !== last.hash) problem(event.seq, `does not continue event ${last.seq}`);
    if (eventHash(event.prev_hash, event) !== event.hash) problem(event.seq, 'was changed: its hash does not fit it');
    last = { seq: event.seq, hash: event.hash };
  }

  return {
    take,
    report({ head, lastSeq }) {
      if (head === undefined) problem(last.seq, 'the head of the chain is missing');
      else if (head.seq > last.seq) problem(last.seq + 1, missingText(last.seq + 1, head.seq));
      else if (head.seq < lastSeq) problem(head.seq + 1, 'was put in after the end of the chain');
      else if (head.hash !== last.hash) problem(head.seq, 'is not the event that the chain ended with');
      return { events, head: last.hash, problems };
    },
  };
}

function missingText(from: number, to: number): string {
  return from === to ? 'is missing' : `is missing, and so are all up to event ${to}`;
}
