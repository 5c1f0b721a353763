import { SIGNAL_NAMES, type SignalName, type Signals } from '../domain/diagnosis.ts';
import type { Trend } from '../domain/incident.ts';

/** Less than this share of the least so far is a fall; a smaller one is noise. */
const FALL = 0.95;

export interface SignalLook {
  /** The signals that are not well. */
  readonly ill: Signals;
  /** Whether the rollout is done and every pod ready. */
  readonly settled: boolean;
  readonly now: number;
}

/**
 * The trend with one more look. Undefined while no signal was ill. Nothing counts as standing still before the pods have
 * settled: until then the signals are those of the old ones. Pure.
 */
export function trendOf(before: Trend | undefined, { ill, settled, now }: SignalLook): Trend | undefined {
  const seen = SIGNAL_NAMES.filter((name) => ill[name] !== undefined);
  if (seen.length === 0) return before;
  const least: Partial<Record<SignalName, number>> = { ...before?.least };
  let fell = before === undefined || !settled;
  for (const name of seen) {
    const [value = Infinity, low] = [ill[name], least[name]];
    if (low !== undefined && value > low * FALL) continue;
    fell ||= low !== undefined;
    least[name] = value;
  }
  return { least, fellAt: fell ? now : (before?.fellAt ?? now) };
}

/** Whether only latency is not well: its percentile stays where it was until the slow requests have left the window. */
export function isOnlySlow({ least }: Trend): boolean {
  return SIGNAL_NAMES.every((name) => least[name] === undefined || name === 'latency_p99_seconds');
}
