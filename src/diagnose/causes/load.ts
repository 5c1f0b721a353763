import type { Symptom } from '../../domain/diagnosis.ts';
import { atLeast } from './facts.ts';
import type { Facts } from './facts.ts';
import { percent } from './quote.ts';

/** A symptom in the signals, with the sentence that proves it. */
export interface Sign {
  readonly symptom: Symptom;
  readonly because: string;
  /** Whether it was held against an hour ago, not only against a fixed number. */
  readonly compared: boolean;
}

/** Failing requests: many, and not as many an hour ago. */
export function errorSign({ signals, thresholds }: Facts): Sign | undefined {
  const { error_ratio: ratio, error_ratio_baseline: before } = signals;
  if (!atLeast(ratio, thresholds.errorHigh)) return undefined;
  if (before === undefined) {
    return { symptom: 'error_ratio', because: `${percent(ratio)} of the requests fail.`, compared: false };
  }
  if (ratio < before * thresholds.errorsUp || ratio < before + thresholds.errorsUpBy) return undefined;
  return {
    symptom: 'error_ratio',
    because: `${percent(ratio)} of the requests fail, an hour ago ${percent(before)} did.`,
    compared: true,
  };
}

/** Slow requests: much slower than an hour ago. Without that comparison nothing is slow. */
export function latencySign({ signals, thresholds }: Facts): Sign | undefined {
  const { latency_p99_seconds: now, latency_p99_baseline_seconds: before } = signals;
  if (now === undefined || before === undefined) return undefined;
  if (now < before * thresholds.latencyUp || now < before + thresholds.latencyUpBySeconds) return undefined;
  return {
    symptom: 'latency_p99_seconds',
    because: `The 99th percentile of latency is ${seconds(now)}, an hour ago it was ${seconds(before)}.`,
    compared: true,
  };
}

/** Throttled CPU. */
export function throttleSign({ signals, thresholds }: Facts): Sign | undefined {
  const ratio = signals.throttled_ratio;
  if (!atLeast(ratio, thresholds.throttled)) return undefined;
  return {
    symptom: 'throttled_ratio',
    because: `${percent(ratio)} of the CPU periods are throttled.`,
    compared: false,
  };
}

/** More requests than an hour ago, as a sentence. Load is no illness, so it is no symptom. */
export function loadIsUp({ signals, thresholds }: Facts): string | undefined {
  const { request_rate: now, request_rate_baseline: before } = signals;
  if (now === undefined || before === undefined || before <= 0) return undefined;
  if (now < before * thresholds.requestsUp) return undefined;
  return `${round(now)} requests a second come in, an hour ago ${round(before)} did.`;
}

function seconds(value: number): string {
  return value < 1 ? `${Math.round(value * 1_000)} ms` : `${Math.round(value * 100) / 100} s`;
}

function round(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}
