import { SIGNAL_NAMES, type SignalName, type Signals } from '../domain/diagnosis.ts';
import type { Trend } from '../domain/incident.ts';

/** Less than this share of the least so far is a fall; a smaller one is noise. */
const FALL = 0.95;

export interface SignalLook {
  /** The signals that are not well. */
  readonly ill: Signals;
  /** Those that are: one without data is neither. */
  readonly well: readonly SignalName[];
  /** Whether the rollout is done and every pod ready. */
  readonly settled: boolean;
  readonly now: number;
}

/**
 * The trend with one more look. Undefined while no signal is ill. One that gets well has fallen, and its least is forgotten: what
 * is left has its own time, and an illness that comes back is a new one. Nothing counts as standing still before the pods
 * have settled: until then the signals are those of the old ones. Pure.
 */
export function trendOf(before: Trend | undefined, { ill, well, settled, now }: SignalLook): Trend | undefined {
  const known = before?.least ?? {};
  const kept = SIGNAL_NAMES.filter((name) => known[name] !== undefined && !well.includes(name));
  const lower = SIGNAL_NAMES.filter((name) => isLower(ill[name], known[name]));
  if (kept.length + lower.length === 0) return undefined;
  const gotBetter = [...well, ...lower].some((name) => known[name] !== undefined);
  const fellAt = before === undefined || !settled || gotBetter ? now : before.fellAt;
  const least = Object.fromEntries([
    ...kept.map((name) => [name, known[name]]),
    ...lower.map((name) => [name, ill[name]]),
  ]);
  return { least, fellAt };
}

/** Whether an ill signal is lower than ever, or ill for the first time. */
function isLower(value: number | undefined, low = Infinity): boolean {
  return value !== undefined && !(value > low * FALL);
}

/** Whether only latency is not well: its percentile stays where it was until the slow requests have left the window. */
export function isOnlySlow({ least }: Trend): boolean {
  return SIGNAL_NAMES.every((name) => least[name] === undefined || name === 'latency_p99_seconds');
}
