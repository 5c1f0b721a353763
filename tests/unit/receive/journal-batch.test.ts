import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';

import { makeJournal, type Journal, type JournalLimits } from '../../../src/receive/journal-batch.ts';
import { makeManualClock } from '../../fakes/intake.ts';
import { makeMemoryIntakeStore } from '../../fakes/memory-store-intake.ts';

interface Held {
  readonly store: ReturnType<typeof makeMemoryIntakeStore>;
  readonly clock: ReturnType<typeof makeManualClock>;
  readonly journal: Journal;
  /** Ends the oldest commit that is held: written, or failed with the error. */
  readonly release: (error?: Error) => Promise<void>;
}

/** So many turns of the event loop that a commit which is put off for those that still arrive has begun. */
async function quietTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
}

// Every commit waits until the test releases it.
function setUp(limits: Partial<JournalLimits> = {}): Held {
  const store = makeMemoryIntakeStore();
  const clock = makeManualClock(1000);
  const gates: ((error?: Error) => void)[] = [];
  store.beforeCommit = () =>
    new Promise((resolve, reject) => {
      gates.push((error) => (error === undefined ? resolve() : reject(error)));
    });
  let ids = 0;
  return {
    store,
    clock,
    journal: makeJournal({ store, clock, newDeliveryId: () => `d-${(ids += 1)}`, limits }),
    release: async (error) => {
      gates.shift()?.(error);
      await quietTurns();
    },
  };
}

function sizes(store: Held['store']): readonly number[] {
  return store.commits.map((batch) => batch.length);
}

const NOT_READY = expect.objectContaining({ code: 'NOT_READY', retryable: true });

describe('makeJournal', () => {
  test('webhooks of one turn share a commit; those that come while it runs share the next', async () => {
    const { store, journal, release } = setUp();

    const early = [journal('a'), journal('b')];
    await quietTurns();
    const late = [journal('c'), journal('d'), journal('e')];
    await release();
    await release();

    expect(await Promise.all([...early, ...late])).toEqual(['d-1', 'd-2', 'd-3', 'd-4', 'd-5']);
    expect(sizes(store)).toEqual([2, 3]);
    expect(store.deliveries.map(({ body }) => body).join('')).toBe('abcde');
    expect(store.deliveries[0]).toEqual({ id: 'd-1', receivedAt: 1000, body: 'a' });
  });

  test('webhooks that following turns bring share the commit too, but they do not put it off for ever', async () => {
    const { store, journal, release } = setUp();
    const all: Promise<string>[] = [];

    for (let turn = 0; turn < 40; turn += 1) {
      all.push(journal(`${turn}`));
      await nextTurn();
    }
    for (let commit = 0; commit < 40; commit += 1) await release();

    await Promise.all(all);
    expect(sizes(store)[0]).toBeGreaterThan(2);
    expect(sizes(store)[0]).toBeLessThan(12);
  });

  test('nothing resolves before its commit has', async () => {
    const { journal, release } = setUp();
    let resolved = false;

    const done = journal('a').then(() => (resolved = true));
    await quietTurns();
    await quietTurns();

    expect(resolved).toBe(false);
    await release();
    await done;
    expect(resolved).toBe(true);
  });

  test('the same body twice is two deliveries', async () => {
    const { store, journal, release } = setUp();

    const both = [journal('same'), journal('same')];
    await quietTurns();
    await release();
    await Promise.all(both);

    expect(store.deliveries).toHaveLength(2);
  });

  test('a commit that fails fails exactly the webhooks in it', async () => {
    const { store, journal, release } = setUp();
    const cause = new Error('disk full');

    const failed = Promise.allSettled([journal('a'), journal('b')]);
    await quietTurns();
    const saved = journal('c');
    await release(cause);
    await release();

    expect(await failed).toEqual([
      { status: 'rejected', reason: NOT_READY },
      { status: 'rejected', reason: NOT_READY },
    ]);
    expect(await saved).toBe('d-3');
    expect(store.deliveries.map(({ body }) => body)).toEqual(['c']);
  });

  test.each([
    { name: 'by count', limits: { waiting: 3 }, bodies: ['a', 'b', 'c'] },
    { name: 'by bytes, not characters', limits: { waitingBytes: 9 }, bodies: ['ää', 'bbbb'] },
  ])('is full $name: what waits is kept, more is refused, and room comes back', async ({ limits, bodies }) => {
    const { journal, release } = setUp(limits);
    const waiting = bodies.map((body) => journal(body));
    await quietTurns();

    await expect(journal('no')).rejects.toEqual(NOT_READY);

    await release();
    await Promise.all(waiting);
    const after = journal('yes');
    await quietTurns();
    await release();
    await expect(after).resolves.toMatch(/^d-/);
  });

  test('one body larger than every bound is still taken when nothing waits', async () => {
    const { journal, release } = setUp({ waitingBytes: 10, batchBytes: 10 });

    const large = journal('x'.repeat(100));
    await quietTurns();
    await release();

    await expect(large).resolves.toBe('d-1');
  });

  test('a commit has at most so many webhooks and bytes', async () => {
    const { store, journal, release } = setUp({ batch: 3, batchBytes: 10 });

    const all = ['1', '2', '3', '4', '5555555', '666666', '7'].map((body) => journal(body));
    await quietTurns();
    for (let commit = 0; commit < 4; commit += 1) await release();
    await Promise.all(all);

    expect(sizes(store)).toEqual([3, 2, 2]);
  });

  test('a store that hangs fails what waits, takes nothing new, and is used again when it answers', async () => {
    const { store, clock, journal, release } = setUp({ commitTimeoutMs: 500 });
    const first = Promise.allSettled([journal('a')]);
    await quietTurns();
    const second = Promise.allSettled([journal('b')]);

    clock.advance(500);
    const answers = [...(await first), ...(await second)];
    const third = await Promise.allSettled([journal('c')]);
    await release();
    const fourth = journal('d');
    await quietTurns();
    await release();

    expect([...answers, ...third].map((answer) => answer.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await fourth).toBe('d-3');
    expect(store.deliveries.map(({ body }) => body)).toEqual(['a', 'd']);
  });
});
