import { BUCKETS } from './latency.ts';
import type { PodUsage } from './usage.ts';

/** The counters of one pod or one service at one time, as a scrape would have seen them. */
export interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cpuSeconds: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly ok: number;
  readonly failed: number;
  readonly clientOk: number;
  readonly clientFailed: number;
  readonly restarts: number;
  /** Bytes. */
  readonly memory: number;
  readonly buckets: readonly number[];
}

/** Samples of many things, each kept for so long. */
export interface History {
  add(key: string, sample: Sample): void;
  /** The samples from `from` to `to` (epoch milliseconds, inclusive), oldest first. */
  between(key: string, from: number, to: number): readonly Sample[];
  /** Forgets what got no sample since `before`. */
  forgetOlderThan(before: number): void;
}

export function makeHistory(keptMs: number): History {
  const series = new Map<string, Sample[]>();
  return {
    add(key, sample) {
      const samples = series.get(key) ?? [];
      series.set(key, samples);
      samples.push(sample);
      const old = samples.findIndex((each) => each.at >= sample.at - keptMs);
      // In blocks, so that each sample pays a constant share of the moving.
      if (old > 60) {
        samples.splice(0, old);
      }
    },
    between(key, from, to) {
      const samples = series.get(key) ?? [];
      return samples.slice(firstAt(samples, from), firstAt(samples, to + 1));
    },
    forgetOlderThan(before) {
      for (const [key, samples] of series) {
        if ((samples.at(-1)?.at ?? 0) < before) {
          series.delete(key);
        }
      }
    },
  };
}

/** The index of the first sample at or after a time. */
function firstAt(samples: readonly Sample[], at: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.at ?? 0) < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

export function sampleOf(
  usage: PodUsage,
  at: number,
  run: { readonly restarts: number; readonly memory: number },
): Sample {
  const { cpuSeconds, periods, throttledPeriods, ok, failed, clientOk, clientFailed } = usage;
  const { restarts, memory } = run;
  return {
    at,
    cpuSeconds,
    periods,
    throttledPeriods,
    ok,
    failed,
    clientOk,
    clientFailed,
    restarts,
    memory,
    buckets: [...usage.buckets],
  };
}

/** Per second, what a pod or a service did over a window. */
export interface Rates {
  readonly cpuSeconds: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly ok: number;
  readonly failed: number;
  readonly clientOk: number;
  readonly clientFailed: number;
  readonly restarts: number;
  readonly buckets: readonly number[];
}

/** Rates as PromQL's `rate` says them over the same samples; undefined with fewer than two. */
export function ratesOf(
  samples: readonly Sample[],
  window: { readonly from: number; readonly to: number },
): Rates | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) {
    return undefined;
  }
  const covered = last.at - first.at;
  const interval = covered / (samples.length - 1);
  const factor = (covered + reach(first.at - window.from, interval) + reach(window.to - last.at, interval)) / covered;
  const of = (pick: (sample: Sample) => number): number =>
    (Math.max(0, pick(last) - pick(first)) * factor * 1_000) / (window.to - window.from);
  return {
    cpuSeconds: of((sample) => sample.cpuSeconds),
    periods: of((sample) => sample.periods),
    throttledPeriods: of((sample) => sample.throttledPeriods),
    ok: of((sample) => sample.ok),
    failed: of((sample) => sample.failed),
    clientOk: of((sample) => sample.clientOk),
    clientFailed: of((sample) => sample.clientFailed),
    restarts: of((sample) => sample.restarts),
    buckets: BUCKETS.map((_bound, index) => of((sample) => sample.buckets[index] ?? 0)),
  };
}

/** How far `rate` extrapolates beyond its samples: to the edge when that is near, else by half an interval. */
function reach(gap: number, interval: number): number {
  return gap >= interval * 1.1 ? interval / 2 : gap;
}

export function sumRates(all: readonly Rates[]): Rates | undefined {
  const [first, ...rest] = all;
  if (first === undefined) {
    return undefined;
  }
  return rest.reduce(
    (total, each) => ({
      cpuSeconds: total.cpuSeconds + each.cpuSeconds,
      periods: total.periods + each.periods,
      throttledPeriods: total.throttledPeriods + each.throttledPeriods,
      ok: total.ok + each.ok,
      failed: total.failed + each.failed,
      clientOk: total.clientOk + each.clientOk,
      clientFailed: total.clientFailed + each.clientFailed,
      restarts: total.restarts + each.restarts,
      buckets: total.buckets.map((count, index) => count + (each.buckets[index] ?? 0)),
    }),
    first,
  );
}
