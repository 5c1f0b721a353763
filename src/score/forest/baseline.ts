/** How the training rows were spread over one feature, so that rows that come later can be held against them. */
export interface FeatureBaseline {
  /** Rising limits between bins, at most 9: a value lies in the bin whose number is that of the limits below it. */
  readonly edges: readonly number[];
  /** Training rows with a value in each bin, one bin more than there are limits. All 0 where training knew no value. */
  readonly counts: readonly number[];
  /** Training rows that lacked the feature. */
  readonly missing: number;
}

export const BASELINE_BINS = 10;

/**
 * The baseline of every feature of raw rows, one after the other (`row * features + feature`, NaN or infinite where missing):
 * ten bins of about as many values each. A feature of ten different values or fewer, such as a flag, gets a bin for each of
 * them, since quantiles would fold the rare ones into the others.
 */
export function baselineOf(rows: Float64Array, features: number): readonly FeatureBaseline[] {
  const count = rows.length / features;
  return Array.from({ length: features }, (_, feature) => {
    const column = Float64Array.from({ length: count }, (__, row) => rows[row * features + feature] ?? Number.NaN);
    const rising = column.filter((value) => Number.isFinite(value)).sort();
    const edges = edgesOf(rising);
    return { edges, counts: countInBins(rising, edges), missing: count - rising.length };
  });
}

/** The bin of a value: how many limits lie below it. */
export function binOf(value: number, edges: readonly number[]): number {
  return edges.filter((edge) => edge < value).length;
}

/** How many of the values lie in each bin. Missing ones (NaN, or infinite) lie in none. */
export function countInBins(values: Iterable<number>, edges: readonly number[]): readonly number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const bin = binOf(value, edges);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** What is wrong with the baseline of so many features, the first thing that is; undefined when nothing is. */
export function baselineProblem(baseline: readonly FeatureBaseline[], features: number): string | undefined {
  if (baseline.length !== features) return `${baseline.length} of them for ${features} features`;
  for (const [place, { edges, counts }] of baseline.entries()) {
    if (counts.length !== edges.length + 1)
      return `number ${place}: ${counts.length} counts for ${edges.length} limits`;
    if (edges.some((edge, limit) => limit > 0 && edge <= (edges[limit - 1] ?? Infinity))) {
      return `number ${place}: the limits do not rise`;
    }
  }
  return undefined;
}

function edgesOf(rising: Float64Array): readonly number[] {
  const different = [...new Set(rising)];
  if (different.length <= BASELINE_BINS) return different.slice(0, -1);
  const marks = Array.from({ length: BASELINE_BINS - 1 }, (_, bin) => {
    return rising[Math.ceil(((bin + 1) / BASELINE_BINS) * rising.length) - 1] ?? 0;
  });
  // A limit at the largest value would part nothing from it: where it is that frequent, what lies below it is one bin.
  const [below = 0, largest = 0] = different.slice(-2);
  return [...new Set(marks.map((mark) => (mark === largest ? below : mark)))];
}
