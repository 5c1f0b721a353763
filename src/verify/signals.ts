import type { SignalName, Signals } from '../domain/diagnosis.ts';
import { bad, good, unknown, type Finding } from './finding.ts';

/** The symptoms that are read from signals, and what counts as healthy for each. */
interface Measure {
  /** Healthy at most, whatever it was when diagnosed. Absent for signals without a scale of their own (seconds). */
  readonly ceiling?: number;
  /** Where an hour ago is known: the signal that holds it. */
  readonly baseline?: SignalName;
  /** Healthy at most this share of the diagnosed value, where there is no baseline. */
  readonly share: number;
}

const MEASURES = {
  error_ratio: { ceiling: 0.02, baseline: 'error_ratio_baseline', share: 0.5 },
  latency_p99_seconds: { baseline: 'latency_p99_baseline_seconds', share: 0.6 },
  memory_per_limit: { ceiling: 0.85, share: 0.9 },
  cpu_per_limit: { ceiling: 0.85, share: 0.9 },
  throttled_ratio: { ceiling: 0.25, share: 0.6 },
  dependency_error_ratio: { ceiling: 0.05, share: 0.5 },
  volume_used_ratio: { ceiling: 0.85, share: 0.98 },
  node_cpu_ratio: { ceiling: 0.9, share: 0.95 },
} as const satisfies Partial<Record<SignalName, Measure>>;

/** Below this share of its ceiling a signal showed no illness. */
const LOW = 0.75;
/** The share of what an illness added that may stay. */
const REMAINDER = 0.1;

export type SignalSymptom = keyof typeof MEASURES;

export function isSignalSymptom(symptom: string): symptom is SignalSymptom {
  return Object.hasOwn(MEASURES, symptom);
}

/** Whether a signal that showed the illness is back where it belongs. Without data it is unknown, never healthy. */
export function signalFinding(symptom: SignalSymptom, now: Signals, then: Signals): Finding {
  const value = now[symptom];
  if (value === undefined || !Number.isFinite(value)) return unknown(`${symptom} has no data`);
  const limit = healthyLimit(symptom, then);
  if (limit === undefined) return unknown(`${symptom} is ${text(value)}, and nothing says what is healthy`);
  return value <= limit
    ? good(`${symptom} is ${text(value)}, at most ${text(limit)}`)
    : bad(`${symptom} is ${text(value)}, above ${text(limit)}`);
}

/**
 * The highest value that counts as healthy, relative to what was diagnosed. With a baseline: half as much again as an hour
 * before the diagnosis, or a tenth of what the illness added, whichever is more, but at least halfway back. Without: a share of the diagnosed value. Never above the ceiling
 * that the signal has by its nature, unless the baseline itself was there.
 */
export function healthyLimit(symptom: SignalSymptom, then: Signals): number | undefined {
  const measure: Measure = MEASURES[symptom];
  const { ceiling = Infinity } = measure;
  const ill = then[symptom];
  const baseline = measure.baseline === undefined ? undefined : then[measure.baseline];
  // An hour ago it was ill already: that is no measure of health.
  const usable = baseline !== undefined && (ill === undefined || baseline < 0.9 * ill);
  if (usable) return limitByBaseline(baseline, ill, ceiling);
  // A value well below the ceiling showed nothing ill (memory right after a kill): no share of it is a measure of health.
  const isLow = ill === undefined || (Number.isFinite(ceiling) && ill < LOW * ceiling);
  const relative = isLow ? Infinity : ill * measure.share;
  const limit = Math.min(ceiling, relative);
  return Number.isFinite(limit) ? limit : undefined;
}

function limitByBaseline(baseline: number, ill: number | undefined, ceiling: number): number {
  const halfway = ill === undefined ? Infinity : (baseline + ill) / 2;
  // A signal without a scale of its own is back when nine tenths of what the illness added are gone: more load after the
  // same illness (it was scaled out for that) may keep a little of it.
  const rest = ill === undefined ? 0 : baseline + REMAINDER * (ill - baseline);
  const floor = Number.isFinite(ceiling) ? ceiling : rest;
  return Math.min(Math.max(floor, 1.5 * baseline), halfway);
}

function text(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
