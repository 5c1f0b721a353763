import { BUCKETS, fillBuckets } from './latency.ts';

/** What one pod has done since its start. Counters only grow while the pod lives. */
export interface PodUsage {
  /** Cores in use now. */
  cpu: number;
  /** Wanted CPU / CPU limit now; may exceed 1. */
  pressure: number;
  /** The same at the height of its bursts. */
  burst: number;
  cpuSeconds: number;
  periods: number;
  throttledPeriods: number;
  /** Requests handled, by outcome. */
  ok: number;
  failed: number;
  /** Requests sent to dependencies, by outcome. */
  clientOk: number;
  clientFailed: number;
  durationSum: number;
  /** Cumulative, as the bounds in `BUCKETS`. */
  readonly buckets: number[];
}

export function newUsage(): PodUsage {
  return {
    cpu: 0,
    pressure: 0,
    burst: 0,
    cpuSeconds: 0,
    periods: 0,
    throttledPeriods: 0,
    ok: 0,
    failed: 0,
    clientOk: 0,
    clientFailed: 0,
    durationSum: 0,
    buckets: BUCKETS.map(() => 0),
  };
}

/** CFS periods per second: 100 ms each. */
const PERIODS_PER_SECOND = 10;

/** Books CPU time; `burst` is what short bursts ask for besides, in cores. Throttling begins well below the limit, because load comes in bursts. */
export function useCpu(
  usage: PodUsage,
  use: { readonly wanted: number; readonly limit: number; readonly seconds: number; readonly burst: number },
): void {
  usage.cpu = Math.min(use.wanted, use.limit);
  usage.pressure = Number.isFinite(use.limit) ? use.wanted / use.limit : 0;
  usage.burst = Number.isFinite(use.limit) ? (use.wanted + use.burst) / use.limit : 0;
  usage.cpuSeconds += usage.cpu * use.seconds;
  if (Number.isFinite(use.limit)) {
    const throttled = Math.min(1, Math.max(0, (usage.burst - 0.7) / 0.4));
    usage.periods += PERIODS_PER_SECOND * use.seconds;
    usage.throttledPeriods += PERIODS_PER_SECOND * use.seconds * throttled;
  }
}

/** Books requests that were handled, and how long they took. */
export function handleRequests(
  usage: PodUsage,
  handled: { readonly requests: number; readonly errorRatio: number; readonly meanSeconds: number },
): void {
  usage.failed += handled.requests * handled.errorRatio;
  usage.ok += handled.requests * (1 - handled.errorRatio);
  usage.durationSum += handled.requests * handled.meanSeconds;
  fillBuckets(usage.buckets, handled.requests, handled.meanSeconds);
}
