import type { Cause, Symptom } from '../../domain/diagnosis.ts';
import { atLeast } from './facts.ts';
import type { Facts } from './facts.ts';
import { errorSign, latencySign, throttleSign } from './load.ts';
import { count } from './quote.ts';

/** Nothing fits. Names the symptoms that were seen all the same, so that waiting can be verified, and what was missing. */
export function unknownCause(facts: Facts): Cause {
  const { evidence, crashing, notReady, live, rolloutStuck, signals, thresholds } = facts;
  const symptoms: Symptom[] = [];
  const because: string[] = [];
  if (crashing.length > 0) symptoms.push('crash-looping');
  if (notReady.length > 0) {
    symptoms.push('not-ready');
    because.push(`${notReady.length} of ${count(live.length, 'pod')} are not ready, and nothing tells why.`);
  }
  if (rolloutStuck) {
    symptoms.push('rollout-stuck');
    because.push('The rollout exceeded its progress deadline.');
  }
  for (const sign of [errorSign(facts), latencySign(facts), throttleSign(facts)]) {
    if (sign === undefined) continue;
    symptoms.push(sign.symptom);
    because.push(sign.because);
  }
  if (atLeast(signals.cpu_per_limit, thresholds.cpuHigh)) symptoms.push('cpu_per_limit');
  if (atLeast(signals.memory_per_limit, thresholds.memoryHigh)) symptoms.push('memory_per_limit');
  if (atLeast(signals.dependency_error_ratio, thresholds.dependencyHigh)) symptoms.push('dependency_error_ratio');
  because.push('No known cause fits the evidence.');
  if (evidence.missing.length > 0) because.push(`Could not be read: ${evidence.missing.slice(0, 5).join('; ')}.`);
  return { name: 'unknown', confidence: 0, because, symptoms };
}
