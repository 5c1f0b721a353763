/** What the training rows said about one feature. */
export interface FeatureRange {
  /** What counts as known: the values seen, without those that lie far off from nearly all others. */
  readonly low: number;
  readonly high: number;
  /** The smallest value seen. */
  readonly smallest: number;
  /** What stands for a missing value: below everything that was seen. */
  readonly missingCode: number;
  /** The share of training rows that lacked it, in [0, 1]. With 1 the other fields mean nothing. */
  readonly missing: number;
}

/** Larger ones are cut to this size, so that a code one below the smallest is a different number. */
const LARGEST_VALUE = 1e15;
/** A value counts as far off when it lies further outside of the middle 99.8 % than half their width. */
const TAIL = 0.001;
const FAR = 0.5;

/**
 * A value as the trees see it. A missing one (NaN, or infinite, which no measurement is) becomes a number of its own below
 * all others, so that a tree can ask for "missing" as it asks for anything else: missing is not zero. A value below all that
 * were seen counts as the smallest of them, as it does to every tree anyway, and is never taken for a missing one.
 */
export function coded(value: number, { smallest, missingCode }: FeatureRange): number {
  if (!Number.isFinite(value)) return missingCode;
  return Math.min(LARGEST_VALUE, Math.max(smallest, value));
}

/** Codes `count` rows of raw values, one after the other, from `rows` into `into`, which may be the same array. */
export function codeRows(rows: Float64Array, ranges: readonly FeatureRange[], into: Float64Array): void {
  const width = ranges.length;
  for (const [feature, range] of ranges.entries()) {
    for (let place = feature; place < rows.length; place += width)
      into[place] = coded(rows[place] ?? Number.NaN, range);
  }
}

/** The ranges of the features of raw rows, one after the other. */
export function rangesOf(rows: Float64Array, features: number): readonly FeatureRange[] {
  return Array.from({ length: features }, (_, feature) => rangeOf(columnOf(rows, features, feature)));
}

function columnOf(rows: Float64Array, width: number, feature: number): Float64Array {
  return Float64Array.from({ length: rows.length / width }, (_, row) => rows[row * width + feature] ?? Number.NaN);
}

function rangeOf(column: Float64Array): FeatureRange {
  const seen = column
    .filter((value) => Number.isFinite(value))
    .map((value) => Math.min(LARGEST_VALUE, Math.max(-LARGEST_VALUE, value)) + 0) // No minus zero.
    .sort();
  const smallest = seen[0];
  const largest = seen.at(-1);
  if (smallest === undefined || largest === undefined)
    return { low: 0, high: 0, smallest: 0, missingCode: -1, missing: 1 };
  const [bottom, top] = [at(seen, TAIL), at(seen, 1 - TAIL)];
  const width = top - bottom;
  return {
    low: Math.max(smallest, bottom - FAR * width),
    high: Math.min(largest, top + FAR * width),
    smallest,
    missingCode: smallest - (largest - smallest) - 1,
    missing: 1 - seen.length / column.length,
  };
}

/** The value at a share of rising values, by nearest rank. */
function at(rising: Float64Array, share: number): number {
  return rising[Math.min(rising.length - 1, Math.floor(share * rising.length))] ?? 0;
}
