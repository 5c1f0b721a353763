import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewDelivery, Store } from '../ports/store.ts';

export interface JournalLimits {
  /** Webhooks that may wait for their commit, the ones in the running commit included. */
  readonly waiting: number;
  /** Bytes of their bodies together. One body alone may be larger. */
  readonly waitingBytes: number;
  /** Webhooks in one commit. */
  readonly batch: number;
  /** Bytes of the bodies in one commit. One body alone may be larger. */
  readonly batchBytes: number;
  /** After so long without an answer of the store, its commit counts as failed. */
  readonly commitTimeoutMs: number;
}

export const JOURNAL_LIMITS: JournalLimits = {
  waiting: 1024,
  waitingBytes: 128 * 1024 * 1024,
  batch: 256,
  batchBytes: 16 * 1024 * 1024,
  commitTimeoutMs: 10_000,
};

export interface JournalDeps {
  readonly store: Pick<Store, 'appendDeliveries'>;
  readonly clock: Clock;
  /** An id that no other delivery has, in any process. Says nothing about the content: duplicates are two deliveries. */
  readonly newDeliveryId: () => string;
  readonly limits?: Partial<JournalLimits>;
}

/**
 * Resolves with the delivery's id once the body is durable.
 *
 * @throws AutoHealError `NOT_READY` when the journal is full or its commit failed: the sender tries again. After a commit
 * that timed out the body may be in the journal all the same; then it is there twice, which grouping expects anyway.
 */
export type Journal = (body: string) => Promise<string>;

interface Waiting {
  readonly delivery: NewDelivery;
  readonly bytes: number;
  readonly settle: (failure: AutoHealError | undefined) => void;
}

/**
 * A journal in which webhooks that arrive together share one commit: those of one turn of the event loop, and those that
 * arrive while a commit runs. A commit that fails fails exactly the webhooks that were in it.
 */
export function makeJournal(deps: JournalDeps): Journal {
  const limits: JournalLimits = { ...JOURNAL_LIMITS, ...deps.limits };
  let queue: Waiting[] = [];
  let held = 0;
  let heldBytes = 0;
  let flushing = false;
  let stuck = false;

  function journal(body: string): Promise<string> {
    const bytes = Buffer.byteLength(body);
    if (stuck) return Promise.reject(notReady('the journal does not answer'));
    if (held >= limits.waiting || (held > 0 && heldBytes + bytes > limits.waitingBytes)) {
      return Promise.reject(notReady('too many webhooks wait for the journal'));
    }
    const delivery = { id: deps.newDeliveryId(), receivedAt: deps.clock.now(), body };
    held += 1;
    heldBytes += bytes;
    return new Promise<string>((resolve, reject) => {
      queue.push({
        delivery,
        bytes,
        settle(failure) {
          held -= 1;
          heldBytes -= bytes;
          if (failure === undefined) resolve(delivery.id);
          else reject(failure);
        },
      });
      if (!flushing) startFlushing();
    });
  }

  // Put off to the end of the turn: the requests that other sockets brought in the same turn then share the commit. While
  // turns bring more of them, it is worth waiting a few: syncing the disk costs far more than a turn that brings nothing.
  function startFlushing(): void {
    flushing = true;
    gather(0, MAX_TURNS);
  }

  function gather(before: number, turns: number): void {
    setImmediate(() => {
      const growing = queue.length > before && queue.length < limits.batch;
      if (growing && turns > 1) gather(queue.length, turns - 1);
      else void flush();
    });
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) await commit(takeBatch());
    flushing = false;
  }

  function takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of queue) {
      if (count >= limits.batch || (count > 0 && bytes + waiting.bytes > limits.batchBytes)) break;
      bytes += waiting.bytes;
      count += 1;
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    return batch;
  }

  // Never rejects. A store that hangs fails this batch and everybody behind it, and nothing new is taken until it answers:
  // two commits at once could put webhooks into the journal out of order.
  async function commit(batch: readonly Waiting[]): Promise<void> {
    const answer = append(batch.map((waiting) => waiting.delivery));
    const watch = new AbortController();
    const late = deps.clock.sleep(limits.commitTimeoutMs, watch.signal).then((): typeof LATE => LATE);
    const first = await Promise.race([answer, late]);
    watch.abort(DONE); // With a reason: the DOMException that it makes otherwise costs more than the rest of the watch.
    if (first !== LATE) {
      settleAll(batch, first);
      return;
    }
    stuck = true;
    const behind = queue;
    queue = [];
    settleAll([...batch, ...behind], notReady('the journal does not answer'));
    await answer;
    stuck = false;
  }

  async function append(deliveries: readonly NewDelivery[]): Promise<AutoHealError | undefined> {
    try {
      await deps.store.appendDeliveries(deliveries);
      return undefined;
    } catch (error) {
      return notReady(`the journal cannot be written: ${errorText(error)}`, error);
    }
  }

  return journal;
}

/** Turns of the event loop that a commit is put off for at most. */
const MAX_TURNS = 8;

const DONE = 'the commit is done';
const LATE: unique symbol = Symbol('late');

function settleAll(batch: readonly Waiting[], failure: AutoHealError | undefined): void {
  for (const waiting of batch) waiting.settle(failure);
}

function notReady(message: string, cause?: unknown): AutoHealError {
  return new AutoHealError('NOT_READY', message, cause === undefined ? {} : { cause });
}
