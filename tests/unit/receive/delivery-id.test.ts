import { describe, expect, test } from '@jest/globals';

import { makeDeliveryIds } from '../../../src/receive/delivery-id.ts';

function idsOf(now: number, randomPart: string, count: number): readonly string[] {
  const newDeliveryId = makeDeliveryIds({ now: () => now }, () => randomPart);
  return Array.from({ length: count }, newDeliveryId);
}

describe('makeDeliveryIds', () => {
  test('ids of one process differ and sort in the order in which they were given', () => {
    const ids = idsOf(1000, 'a', 300);

    expect(new Set(ids).size).toBe(300);
    expect(ids.toSorted((left, right) => (left < right ? -1 : 1))).toEqual(ids);
  });

  test('ids of a later process sort behind those of an earlier one', () => {
    const [earlier, later] = [idsOf(Date.UTC(2026, 10, 21), 'z', 1), idsOf(Date.UTC(2026, 10, 22), 'a', 1)];

    expect((earlier[0] ?? '') < (later[0] ?? '')).toBe(true);
  });

  test('two processes that start in one millisecond have different ids', () => {
    expect(idsOf(1000, 'a', 1)).not.toEqual(idsOf(1000, 'b', 1));
  });
});
