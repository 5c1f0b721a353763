import type { Cause } from '../../domain/diagnosis.ts';
import { atLeast } from './facts.ts';
import type { Facts } from './facts.ts';
import { errorSign, latencySign } from './load.ts';
import { percent } from './quote.ts';

/**
 * Another service fails: the calls to it do, and the own pods are well. Pods that nobody could look at do not count as
 * well.
 */
export function dependencyFailure(facts: Facts): Cause | undefined {
  const { signals, thresholds, live, notReady, crashing } = facts;
  const ratio = signals.dependency_error_ratio;
  if (!atLeast(ratio, thresholds.dependencyHigh)) return undefined;
  if (live.length === 0 || crashing.length > 0) return undefined;
  // A readiness probe that asks the dependency takes all pods out at once; some unready pods have a reason of their own.
  const none = notReady.length === 0;
  const all = notReady.length === live.length && live.every((pod) => pod.unschedulable === '');
  if (!none && !all) return undefined;
  const signs = [errorSign(facts), latencySign(facts)].filter((sign) => sign !== undefined);
  return {
    name: 'dependency-failure',
    confidence: none ? 0.85 : 0.6,
    because: [
      `${percent(ratio)} of the calls to other services fail.`,
      none
        ? `All ${live.length} own pods are ready and none crashes.`
        : `None of the ${live.length} own pods crashes, but none is ready.`,
      ...signs.map((sign) => sign.because),
    ],
    symptoms: [
      'dependency_error_ratio',
      ...signs.map((sign) => sign.symptom),
      ...(none ? [] : (['not-ready'] as const)),
    ],
  };
}
