import type { Cause } from '../../domain/diagnosis.ts';
import { atLeast } from './facts.ts';
import type { Facts } from './facts.ts';
import { latencySign, loadIsUp, throttleSign } from './load.ts';
import { percent } from './quote.ts';

/** CPU is used up, and something suffers from it: latency, throttling, or more requests than before. */
export function cpuSaturation(facts: Facts): Cause | undefined {
  const used = facts.signals.cpu_per_limit;
  if (!atLeast(used, facts.thresholds.cpuHigh)) return undefined;
  const signs = [latencySign(facts), throttleSign(facts)].filter((sign) => sign !== undefined);
  const load = loadIsUp(facts);
  if (signs.length === 0 && load === undefined) return undefined;
  const support = signs.length + (load === undefined ? 0 : 1);
  return {
    name: 'cpu-saturation',
    confidence: support >= 2 ? 0.9 : 0.8,
    because: [
      `The pods use ${percent(used)} of their CPU limits.`,
      ...signs.map((sign) => sign.because),
      ...(load === undefined ? [] : [load]),
    ],
    symptoms: ['cpu_per_limit', ...signs.map((sign) => sign.symptom)],
  };
}

/** CPU is throttled although it is not used up on average: bursts, or too many threads for the limit. */
export function cpuThrottling(facts: Facts): Cause | undefined {
  const sign = throttleSign(facts);
  if (sign === undefined) return undefined;
  const used = facts.signals.cpu_per_limit;
  const latency = latencySign(facts);
  return {
    name: 'cpu-throttling',
    confidence: latency === undefined ? 0.6 : 0.7,
    because: [
      sign.because,
      ...(used === undefined ? [] : [`The pods use ${percent(used)} of their CPU limits on average.`]),
      ...(latency === undefined ? [] : [latency.because]),
    ],
    symptoms: ['throttled_ratio', ...(latency === undefined ? [] : [latency.symptom])],
  };
}
