/** Upper bounds of the buckets of `http_request_duration_seconds`; the last one is +Inf. */
export const BUCKETS: readonly number[] = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  Number.POSITIVE_INFINITY,
];

/** Spread of the log-normal durations: the 99th percentile is then 3.4 times the mean. */
const SIGMA = 0.6;

/** The share of requests with this mean duration that take at most `bound` seconds. */
export function shareWithin(bound: number, meanSeconds: number): number {
  if (bound === Number.POSITIVE_INFINITY) {
    return 1;
  }
  return normalCdf((Math.log(bound) - locationOf(meanSeconds)) / SIGMA);
}

/** The mean of the logarithm of durations with this mean. */
function locationOf(meanSeconds: number): number {
  return Math.log(Math.max(meanSeconds, 1e-4)) - (SIGMA * SIGMA) / 2;
}

const LOG_BOUNDS = BUCKETS.map((bound) => Math.log(bound));

/** Adds requests with this mean duration to cumulative bucket counts, in the order of `BUCKETS`. */
export function fillBuckets(counts: number[], requests: number, meanSeconds: number): void {
  const location = locationOf(meanSeconds);
  const last = LOG_BOUNDS.length - 1;
  for (let index = 0; index < last; index += 1) {
    const share = normalCdf(((LOG_BOUNDS[index] ?? 0) - location) / SIGMA);
    counts[index] = (counts[index] ?? 0) + requests * share;
  }
  counts[last] = (counts[last] ?? 0) + requests;
}

/** The standard normal distribution function, good to 1e-7. Source: Abramowitz and Stegun 26.2.17. */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = Math.exp((-x * x) / 2) * 0.39894228 * series;
  return x >= 0 ? 1 - tail : tail;
}

/**
 * A quantile from cumulative bucket counts, as PromQL's `histogram_quantile` interpolates it. Undefined without observations;
 * the highest finite bound when the quantile lies in the last bucket.
 */
export function histogramQuantile(quantile: number, cumulative: readonly number[]): number | undefined {
  const total = cumulative.at(-1) ?? 0;
  if (!(total > 0)) {
    return undefined;
  }
  const rank = quantile * total;
  const index = cumulative.findIndex((count) => count >= rank);
  const upper = BUCKETS[index] ?? Number.POSITIVE_INFINITY;
  if (upper === Number.POSITIVE_INFINITY) {
    return BUCKETS.at(-2);
  }
  const lower = index === 0 ? 0 : (BUCKETS[index - 1] ?? 0);
  const below = index === 0 ? 0 : (cumulative[index - 1] ?? 0);
  const inside = (cumulative[index] ?? 0) - below;
  return inside <= 0 ? upper : lower + (upper - lower) * ((rank - below) / inside);
}
