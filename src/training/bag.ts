import type { Random } from './random.ts';

/**
 * How often one tree learns each row. As many groups are drawn, with replacement, as there are, and each row of a drawn
 * group counts as often as it was drawn times its weight. So about 37 % of the groups stay out of every bag, heavy ones as
 * often as light ones, and nothing that a tree learned is related to what it is asked out of bag.
 */
export function drawBag(groups: readonly (readonly number[])[], random: Random, weights?: Float64Array): Int32Array {
  const rows = groups.reduce((sum, group) => sum + group.length, 0);
  const bag = new Int32Array(rows);
  const draws = new Int32Array(groups.length);
  for (let draw = 0; draw < groups.length; draw += 1) {
    const drawn = random.below(groups.length);
    draws[drawn] = (draws[drawn] ?? 0) + 1;
  }
  for (const [index, group] of groups.entries()) {
    const times = draws[index] ?? 0;
    // A drawn row is never rounded away altogether: then it would count as out of bag though its siblings do not.
    for (const row of group) if (times > 0) bag[row] = Math.max(1, rounded(times * (weights?.[row] ?? 1), random));
  }
  return bag;
}

/** Up or down at random, so that it is right on average. */
function rounded(amount: number, random: Random): number {
  const whole = Math.floor(amount);
  return amount === whole ? whole : whole + (random.next() < amount - whole ? 1 : 0);
}
