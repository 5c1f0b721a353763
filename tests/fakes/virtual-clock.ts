import type { Clock } from '../../src/ports/clock.ts';

export interface VirtualClock extends Clock {
  /** Moves time on; sleeps that end on the way end in their order, each with what follows from it done first. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until it is moved. */
export function makeVirtualClock(start: number): VirtualClock {
  let now = start;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  /** Lets everything run that only waits for promises. */
  async function settle(): Promise<void> {
    for (let turns = 0; turns < 5; turns += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + ms, wake };
        function wake(): void {
          sleepers.delete(sleeper);
          resolve();
        }
        if (signal?.aborted === true) resolve();
        else {
          sleepers.add(sleeper);
          signal?.addEventListener('abort', wake, { once: true });
        }
      }),
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)[0];
        if (next === undefined) break;
        now = Math.max(now, next.until);
        next.wake();
        await settle();
      }
      now = end;
    },
  };
}
