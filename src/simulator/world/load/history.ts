import { BUCKETS } from './latency.ts';
import type { Forkable } from '../memory.ts';
import type { PodUsage } from './usage.ts';

/** A stretch of time, in epoch milliseconds, both ends inclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Per second, what a pod or a service did over a span. */
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

/** What a scrape sees of a process besides its counters. */
export interface Seen {
  readonly restarts: number;
  /** Bytes. */
  readonly memory: number;
}

/** The counters of many pods or services, as scrapes saw them, each kept for so long. */
export interface History extends Forkable {
  /** Adds a sample; times must not run backwards. */
  add(key: string, at: number, usage: PodUsage, seen: Seen): void;
  /** Rates as PromQL's `rate` says them over the same samples; undefined with fewer than two. */
  rates(key: string, span: Span): Rates | undefined;
  /** Restarts per second, as `rates` has them; undefined with fewer than two samples. */
  restarts(key: string, span: Span): number | undefined;
  /** Memory at each sample, oldest first. */
  eachMemory(key: string, span: Span, see: (at: number, bytes: number) => void): void;
  /** Forgets what got no sample since `before`. */
  forgetOlderThan(before: number): void;
  fork(): History;
}

/** Where the fields of a sample lie in its row. */
const [AT, CPU, PERIODS, THROTTLED, OK, FAILED, CLIENT_OK, CLIENT_FAILED, RESTARTS, MEMORY, FIRST_BUCKET] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
];
const WIDTH = FIRST_BUCKET + BUCKETS.length;
/** Rows of a block. Only whole blocks are dropped. */
const ROWS = 32;

/** Rows of numbers in blocks. Every block but the last is full and never changes again, so forks share them. */
interface Series {
  readonly blocks: Float64Array[];
  rows: number;
  /** Whether the last block is this history's alone; before it is written to, a shared one is copied. */
  isOwn: boolean;
}

export function makeHistory(keptMs: number, series = new Map<string, Series>()): History {
  /** The rows of a span, as the first one's and the last one's place and their number. */
  function within(
    key: string,
    { from, to }: Span,
  ): { readonly all: Series; readonly first: number; readonly end: number } {
    const all = series.get(key) ?? EMPTY;
    return { all, first: firstAt(all, from), end: firstAt(all, to + 1) };
  }

  function rateOver(key: string, span: Span): ((field: number) => number) | undefined {
    const { all, first, end } = within(key, span);
    const from = valueAt(all, first, AT);
    const to = valueAt(all, end - 1, AT);
    if (end - first < 2 || to <= from) {
      return undefined;
    }
    const covered = to - from;
    const interval = covered / (end - first - 1);
    const factor = (covered + reach(from - span.from, interval) + reach(span.to - to, interval)) / covered;
    return (field) => {
      const grown = Math.max(0, valueAt(all, end - 1, field) - valueAt(all, first, field));
      return (grown * factor * 1_000) / (span.to - span.from);
    };
  }

  return {
    add(key, at, usage, seen) {
      let here = series.get(key);
      if (here === undefined) {
        here = { blocks: [], rows: 0, isOwn: true };
        series.set(key, here);
      }
      dropOld(here, at - keptMs);
      writeRow(here, { at, usage, seen });
    },
    rates(key, span) {
      const rate = rateOver(key, span);
      if (rate === undefined) {
        return undefined;
      }
      return {
        cpuSeconds: rate(CPU),
        periods: rate(PERIODS),
        throttledPeriods: rate(THROTTLED),
        ok: rate(OK),
        failed: rate(FAILED),
        clientOk: rate(CLIENT_OK),
        clientFailed: rate(CLIENT_FAILED),
        restarts: rate(RESTARTS),
        buckets: BUCKETS.map((_bound, index) => rate(FIRST_BUCKET + index)),
      };
    },
    restarts: (key, span) => rateOver(key, span)?.(RESTARTS),
    eachMemory(key, span, see) {
      const { all, first, end } = within(key, span);
      for (let row = first; row < end; row += 1) {
        see(valueAt(all, row, AT), valueAt(all, row, MEMORY));
      }
    },
    forgetOlderThan(before) {
      for (const [key, here] of series) {
        if (valueAt(here, here.rows - 1, AT) < before) {
          series.delete(key);
        }
      }
    },
    fork() {
      const copies = new Map<string, Series>();
      for (const [key, here] of series) {
        here.isOwn = false;
        copies.set(key, { blocks: [...here.blocks], rows: here.rows, isOwn: false });
      }
      return makeHistory(keptMs, copies);
    },
  };
}

const EMPTY: Series = { blocks: [], rows: 0, isOwn: true };

function valueAt({ blocks }: Series, row: number, field: number): number {
  return blocks[Math.floor(row / ROWS)]?.[(row % ROWS) * WIDTH + field] ?? 0;
}

function dropOld(series: Series, before: number): void {
  while (series.rows > ROWS && valueAt(series, ROWS - 1, AT) < before) {
    series.blocks.shift();
    series.rows -= ROWS;
  }
}

function writeRow(
  series: Series,
  { at, usage, seen }: { readonly at: number; readonly usage: PodUsage; readonly seen: Seen },
): void {
  const block = blockToWrite(series);
  const place = (series.rows % ROWS) * WIDTH;
  block[place + AT] = at;
  block[place + CPU] = usage.cpuSeconds;
  block[place + PERIODS] = usage.periods;
  block[place + THROTTLED] = usage.throttledPeriods;
  block[place + OK] = usage.ok;
  block[place + FAILED] = usage.failed;
  block[place + CLIENT_OK] = usage.clientOk;
  block[place + CLIENT_FAILED] = usage.clientFailed;
  block[place + RESTARTS] = seen.restarts;
  block[place + MEMORY] = seen.memory;
  const { buckets } = usage;
  for (let index = 0; index < buckets.length; index += 1) {
    block[place + FIRST_BUCKET + index] = buckets[index] ?? 0;
  }
  series.rows += 1;
}

function blockToWrite(series: Series): Float64Array {
  const { blocks } = series;
  const last = blocks.at(-1);
  if (last === undefined || series.rows % ROWS === 0) {
    const block = new Float64Array(ROWS * WIDTH);
    blocks.push(block);
    series.isOwn = true;
    return block;
  }
  if (series.isOwn) {
    return last;
  }
  const copy = last.slice();
  blocks[blocks.length - 1] = copy;
  series.isOwn = true;
  return copy;
}

/** The first row at or after a time. */
function firstAt(series: Series, at: number): number {
  let low = 0;
  let high = series.rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(series, middle, AT) < at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
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
