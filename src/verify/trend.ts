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
  const least: Partial<Record<SignalName, number>> = { ...before?.least };
  let fell = before === undefined || !settled;
  for (const name of well) {
    fell ||= least[name] !== undefined;
    delete least[name];
  }
  for (const name of SIGNAL_NAMES) {
    const [value, low] = [ill[name], least[name]];
    if (value === undefined || (low !== undefined && value > low * FALL)) continue;
    fell ||= low !== undefined;
    least[name] = value;
  }
  if (Object.keys(least).length === 0) return undefined;
  return { least, fellAt: fell ? now : (before?.fellAt ?? now) };
}

/** Whether only latency is not well: its percentile stays where it was until the slow requests have left the window. */
export function isOnlySlow({ least }: Trend): boolean {
  return SIGNAL_NAMES.every((name) => least[name] === undefined || name === 'latency_p99_seconds');
}
