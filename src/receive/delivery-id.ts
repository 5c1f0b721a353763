import type { Clock } from '../ports/clock.ts';

// Beyond 2^32 webhooks of one process, ids stay different and only stop sorting.
const COUNTER_DIGITS = 8;

/**
 * A source of delivery ids: the time of this process's start, a random part that tells it from every other process, and a
 * count. Ids of one process sort in the order in which they were given, so the index over them grows at its end: with
 * random ids every webhook of a commit touches a page of its own, which makes a commit of 32 half as dear again.
 *
 * @param randomPart - text that no other process has, e.g. `randomUUID()`; asked once.
 */
export function makeDeliveryIds(clock: Pick<Clock, 'now'>, randomPart: () => string): () => string {
  const prefix = `${clock.now().toString(16).padStart(12, '0')}-${randomPart()}`;
  let count = 0;
  return function newDeliveryId() {
    count += 1;
    return `${prefix}-${count.toString(16).padStart(COUNTER_DIGITS, '0')}`;
  };
}
