import { describe, expect, test } from '@jest/globals';

import { drawBag } from '../../../src/training/bag.ts';
import { makeRandom } from '../../../src/training/random.ts';

const GROUPS = Array.from({ length: 500 }, (_, group) => [2 * group, 2 * group + 1]);

describe('a bag', () => {
  test('holds whole groups: siblings are in it together or not at all', () => {
    const bag = drawBag(GROUPS, makeRandom(1));

    expect(GROUPS.every(([first = 0, second = 0]) => bag[first] === bag[second])).toBe(true);
    expect(bag.reduce((sum, times) => sum + times, 0)).toBe(1000);
  });

  test('leaves out about 37 % of the groups, heavy ones as often as light ones', () => {
    const weights = Float64Array.from({ length: 1000 }, (_, row) => (row < 500 ? 5 : 0.4));
    const bag = drawBag(GROUPS, makeRandom(2), weights);
    const leftOut = (from: number): number =>
      bag.subarray(from, from + 500).filter((times) => times === 0).length / 500;

    expect(leftOut(0)).toBeGreaterThan(0.28);
    expect(leftOut(0)).toBeLessThan(0.46);
    expect(leftOut(500)).toBeGreaterThan(0.28);
    expect(leftOut(500)).toBeLessThan(0.46);
  });

  test('counts a row as often as its weight says, fractions on average', () => {
    const weights = new Float64Array(1000).fill(2.5);
    let all = 0;
    for (let seed = 0; seed < 20; seed += 1)
      all += drawBag(GROUPS, makeRandom(seed), weights).reduce((sum, times) => sum + times, 0);

    expect(all / 20 / 1000).toBeGreaterThan(2.45);
    expect(all / 20 / 1000).toBeLessThan(2.55);
  });
});
