import type { Cause } from '../../domain/diagnosis.ts';
import { isYoung, symptomIsOlder } from './facts.ts';
import type { Facts } from './facts.ts';
import { errorSign, latencySign, loadIsUp, throttleSign } from './load.ts';
import { oneFails } from './one-bad-pod.ts';
import { percent } from './quote.ts';

/**
 * Another service fails or is slow, and the own pods are well: the calls to it fail, as far as they explain the own errors; or
 * requests are slow although nothing of one's own is short or new. Pods that nobody could look at do not count as well.
 */
export function dependencyFailure(facts: Facts): Cause | undefined {
  const { live, notReady, crashing } = facts;
  if (live.length === 0 || crashing.length > 0) return undefined;
  // A readiness probe that asks the dependency takes all pods out at once; some unready pods have a reason of their own.
  const none = notReady.length === 0;
  const all = notReady.length === live.length && live.every((pod) => pod.unschedulable === '');
  if (!none && !all) return undefined;
  return failing(facts, none) ?? (none ? slow(facts) : undefined);
}

function failing(facts: Facts, allReady: boolean): Cause | undefined {
  const { signals, live } = facts;
  const ratio = signals.dependency_error_ratio;
  // What fails outside fails for all pods alike: where one of them fails alone, it is not that.
  if (ratio === undefined || !explains(ratio, facts) || oneFails(facts) !== undefined) return undefined;
  const signs = [errorSign(facts), latencySign(facts)].filter((sign) => sign !== undefined);
  return {
    name: 'dependency-failure',
    confidence: allReady ? 0.85 : 0.6,
    because: [
      `${percent(ratio)} of the calls to other services fail.`,
      allReady
        ? `All ${live.length} own pods are ready and none crashes.`
        : `None of the ${live.length} own pods crashes, but none is ready.`,
      ...signs.map((sign) => sign.because),
    ],
    symptoms: [
      'dependency_error_ratio',
      ...signs.map((sign) => sign.symptom),
      ...(allReady ? [] : (['not-ready'] as const)),
    ],
  };
}

/** Many calls fail, or enough of them to explain the own errors. */
function explains(ratio: number, facts: Facts): boolean {
  const { signals, thresholds } = facts;
  if (ratio >= thresholds.dependencyHigh) return true;
  const own = errorSign(facts) === undefined ? undefined : signals.error_ratio;
  return ratio >= thresholds.dependencyLow && own !== undefined && ratio >= own * thresholds.dependencyShare;
}

/** Slow, with CPU to spare, without a rollout and without errors: the time is spent on waiting for others. */
function slow(facts: Facts): Cause | undefined {
  const { signals, thresholds, live } = facts;
  const sign = latencySign(facts);
  const cpu = signals.cpu_per_limit;
  // Where one pod stands out, it is that pod, and where CPU is short it is the CPU.
  if (sign === undefined || throttleSign(facts) !== undefined || !isEven(signals.error_spread)) return undefined;
  // More requests than before explain it as well, and CPU shows a minute later.
  if (loadIsUp(facts) !== undefined) return undefined;
  if (cpu === undefined || cpu >= thresholds.cpuIdle || (isYoung(facts) && !symptomIsOlder(facts))) return undefined;
  return {
    name: 'dependency-failure',
    confidence: 0.6,
    because: [
      sign.because,
      `The pods use ${percent(cpu)} of their CPU limits, are not throttled, and nothing was rolled out: they wait for something.`,
      `All ${live.length} own pods are ready and none crashes.`,
    ],
    symptoms: [sign.symptom],
  };
}

const EVEN_SPREAD = 1.5;

/** Whether no pod fails more than the others, as far as anybody knows. */
function isEven(spread: number | undefined): boolean {
  return spread === undefined || spread < EVEN_SPREAD;
}
