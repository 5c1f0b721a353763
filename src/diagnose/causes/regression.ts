import type { Cause, CauseName } from '../../domain/diagnosis.ts';
import { atLeast, earlierRevisions, isYoung, symptomIsOlder } from './facts.ts';
import type { Facts } from './facts.ts';
import { errorSign, latencySign } from './load.ts';
import type { Sign } from './load.ts';
import { percent, span } from './quote.ts';

/** Requests fail since a rollout. */
export function errorsAfterRollout(facts: Facts): Cause | undefined {
  return afterRollout(facts, 'errors-after-rollout', errorSign(facts));
}

/** Requests are slow since a rollout. */
export function latencyAfterRollout(facts: Facts): Cause | undefined {
  return afterRollout(facts, 'latency-after-rollout', latencySign(facts));
}

function afterRollout(facts: Facts, name: CauseName, sign: Sign | undefined): Cause | undefined {
  const { current, rolloutAt, now, signals, thresholds } = facts;
  if (sign === undefined || current === undefined || rolloutAt === undefined) return undefined;
  // The first revision of a workload has no "before" that it could have made worse.
  if (!isYoung(facts) || symptomIsOlder(facts) || earlierRevisions(facts).length === 0) return undefined;
  const because = [sign.because, `Revision ${current.revision} was rolled out ${span(now - rolloutAt)} ago.`];
  const dependency = signals.dependency_error_ratio;
  const blamed = atLeast(dependency, thresholds.dependencyHigh);
  if (blamed) because.push(`Against it: ${percent(dependency)} of the calls to other services fail.`);
  return {
    name,
    confidence: (sign.compared ? 0.85 : 0.6) - (blamed ? 0.25 : 0),
    because,
    symptoms: [sign.symptom],
  };
}
