import { makeRandom } from '../random.ts';

/** Where a figure lies in 95 of 100 redrawn samples. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Redraws {
  readonly count: number;
  readonly seed: number;
}

/** 400 redraws put the 2.5 % and 97.5 % marks at about the tenth value from either end. */
export const DEFAULT_REDRAWS: Redraws = { count: 400, seed: 1 };

const TAIL = 0.025;

/**
 * 95 % intervals of every figure by the percentile bootstrap over whole groups, as many drawn with replacement as there are:
 * rows of one incident resemble each other, and drawing rows would make the intervals too narrow. The same seed gives the
 * same intervals. Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), the cluster variant.
 */
export function intervalsOf<Group, Name extends string>(
  groups: readonly Group[],
  figures: (drawn: readonly Group[]) => Readonly<Record<Name, number>>,
  { count, seed }: Redraws = DEFAULT_REDRAWS,
): Readonly<Partial<Record<Name, Interval>>> {
  const random = makeRandom(seed);
  const found = new Map<Name, number[]>();
  for (let turn = 0; groups.length > 0 && turn < count; turn += 1) {
    const drawn = groups.map((group) => groups[random.below(groups.length)] ?? group);
    const values = figures(drawn);
    for (const name in values) valuesOf(found, name).push(values[name]);
  }
  const intervals: Partial<Record<Name, Interval>> = {};
  for (const [name, values] of found) intervals[name] = intervalOf(values);
  return intervals;
}

function valuesOf<Name>(found: Map<Name, number[]>, name: Name): number[] {
  const known = found.get(name);
  if (known !== undefined) return known;
  const values: number[] = [];
  found.set(name, values);
  return values;
}

function intervalOf(values: readonly number[]): Interval {
  const rising = values.toSorted((a, b) => a - b);
  const at = (share: number): number => rising[Math.round(share * (rising.length - 1))] ?? 0;
  return { low: at(TAIL), high: at(1 - TAIL) };
}
