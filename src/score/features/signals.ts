import { columnsOf, SHARE } from './column.ts';
import { amount, isAmount, logRatio } from './numbers.ts';
import type { Situation } from './situation.ts';

const CHANGE = { unit: 'log2(now / an hour ago)', range: [-6, 6] } as const;
/** Below this share errors count as the same few: from one in a million to one in a thousand nothing has happened. */
const ERROR_FLOOR = 0.001;

/** What Prometheus says, as shares of the workload's own limits or as changes against its own past. */
export const SIGNAL_COLUMNS = columnsOf<Situation>('signals', [
  {
    name: 'cpu_per_limit',
    unit: 'ratio',
    range: [0, 2],
    meaning: 'CPU used over the CPU limit, mean of the pods.',
    value: ({ signals }) => amount(signals.cpu_per_limit),
  },
  {
    name: 'throttled',
    ...SHARE,
    meaning: 'CFS periods in which CPU was throttled.',
    value: ({ signals }) => amount(signals.throttled_ratio),
  },
  {
    name: 'memory_per_limit',
    unit: 'ratio',
    range: [0, 2],
    meaning: 'Working set over the memory limit, worst pod.',
    value: ({ signals }) => amount(signals.memory_per_limit),
  },
  {
    name: 'memory_growth',
    unit: 'limits per 10 minutes',
    range: [-1, 1],
    meaning: 'How fast the working set of the worst pod grows.',
    value: ({ signals }) => signals.memory_growth_per_limit,
  },
  {
    name: 'memory_forecast',
    unit: 'ratio',
    range: [0, 4],
    meaning: 'Working set over the limit in 30 minutes, if it goes on growing like that.',
    value: ({ signals }) => forecast(signals.memory_per_limit, signals.memory_growth_per_limit),
  },
  {
    name: 'traffic_change',
    ...CHANGE,
    meaning: 'Requests per second: +1 is twice as many, -6 next to none.',
    value: ({ signals }) => logRatio(signals.request_rate, signals.request_rate_baseline, CHANGE.range[0]),
  },
  {
    name: 'error_ratio',
    ...SHARE,
    meaning: 'Requests that fail.',
    value: ({ signals }) => amount(signals.error_ratio),
  },
  {
    name: 'error_change',
    unit: CHANGE.unit,
    range: [-10, 10],
    meaning: 'Requests that fail, where less than one in a thousand counts as one in a thousand.',
    value: ({ signals }) => errorChange(signals.error_ratio, signals.error_ratio_baseline),
  },
  {
    name: 'latency_change',
    ...CHANGE,
    meaning: 'p99 of the latency.',
    value: ({ signals }) =>
      logRatio(signals.latency_p99_seconds, signals.latency_p99_baseline_seconds, CHANGE.range[0]),
  },
  {
    name: 'error_spread',
    unit: 'log2(worst pod / mean)',
    range: [0, 6],
    meaning: 'Errors of the worst pod against all: 0 where all are alike, high where one pod is bad.',
    value: ({ signals }) => logRatio(signals.error_spread, 1, 0),
  },
  {
    name: 'dependency_errors',
    ...SHARE,
    meaning: 'Calls of this workload to others that fail.',
    value: ({ signals }) => amount(signals.dependency_error_ratio),
  },
  {
    name: 'volume_used',
    ...SHARE,
    meaning: 'How full the fullest volume of the pods is.',
    value: ({ signals }) => amount(signals.volume_used_ratio),
  },
]);

function forecast(used: number | undefined, growth: number | undefined): number | undefined {
  return isAmount(used) && growth !== undefined ? used + 3 * growth : undefined;
}

function errorChange(now: number | undefined, before: number | undefined): number | undefined {
  if (!isAmount(now) || !isAmount(before)) return undefined;
  return Math.log2(Math.max(now, ERROR_FLOOR) / Math.max(before, ERROR_FLOOR));
}
