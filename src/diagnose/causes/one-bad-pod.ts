import type { Cause, PodEvidence, Symptom } from '../../domain/diagnosis.ts';
import { atLeast } from './facts.ts';
import type { Facts } from './facts.ts';
import { count, percent, span } from './quote.ts';

/** One pod of several is ill while the others are well: it is unready or crashes, or the errors come from one pod. */
export function oneBadPod(facts: Facts): Cause | undefined {
  return oneIsSick(facts) ?? oneFails(facts);
}

function oneIsSick(facts: Facts): Cause | undefined {
  const { live, crashing, now, thresholds } = facts;
  const crashes = (pod: PodEvidence): boolean => crashing.some((crash) => crash.pod === pod);
  const sick = live.filter((pod) => !pod.ready || crashes(pod));
  const [bad] = sick;
  if (bad === undefined || sick.length > 1) return undefined;
  // A pod that still starts is not ill, and a pod that never got a node has nothing that a new one would not have.
  if (bad.unschedulable !== '' || (!crashes(bad) && now - bad.createdAt < thresholds.startupMs)) return undefined;
  // Compared only with pods of its own revision: the first pod of a bad rollout is alone too.
  const peers = live.filter((pod) => pod !== bad && pod.revisionHash === bad.revisionHash);
  if (peers.length === 0) return live.length === 1 && !crashes(bad) ? onlyPodHangs(bad, facts) : undefined;
  return {
    name: 'one-bad-pod',
    confidence: peers.length >= 2 ? 0.8 : 0.75,
    because: [
      `${bad.name} ${crashes(bad) ? 'crashes' : 'is not ready'}, while ${count(peers.length, 'other pod')} of the same revision ${peers.length === 1 ? 'is' : 'are'} ready.`,
    ],
    symptoms: sickSymptoms(bad, crashes(bad)),
  };
}

/**
 * The only pod of a workload ran well for a while and is not ready any more, though it does not crash. Nothing can be compared
 * with it, so what it depends on must be known to be well.
 */
function onlyPodHangs(bad: PodEvidence, { signals, thresholds, symptomAt, now }: Facts): Cause | undefined {
  const since = symptomAt ?? now;
  const ranBefore = since - bad.createdAt >= thresholds.startupMs;
  const dependency = signals.dependency_error_ratio;
  if (!ranBefore || atLeast(dependency, thresholds.dependencyHigh)) return undefined;
  return {
    name: 'one-bad-pod',
    confidence: 0.65,
    because: [
      `${bad.name} is the only pod; it was started ${span(since - bad.createdAt)} before the alert and is not ready any more.`,
      ...(dependency === undefined ? [] : [`Of its calls to other services ${percent(dependency)} fail.`]),
    ],
    symptoms: sickSymptoms(bad, false),
  };
}

function sickSymptoms(bad: PodEvidence, crashes: boolean): readonly Symptom[] {
  return [...(bad.ready ? [] : (['not-ready'] as const)), ...(crashes ? (['crash-looping'] as const) : [])];
}

/** The errors come from one pod of several, all of which are ready. */
export function oneFails({ live, notReady, signals, thresholds }: Facts): Cause | undefined {
  const { error_spread: spread, error_ratio: ratio } = signals;
  if (live.length < 2 || notReady.length > 0 || !atLeast(ratio, thresholds.errorSpreadFloor)) return undefined;
  const enough = Math.min(thresholds.errorSpread, live.length * thresholds.errorSpreadShare);
  if (!atLeast(spread, enough)) return undefined;
  return {
    name: 'one-bad-pod',
    confidence: 0.75,
    because: [
      `The worst of ${live.length} pods fails ${Math.round(spread * 10) / 10} times as often as the workload as a whole, which fails ${percent(ratio)} of its requests.`,
      'All pods are ready.',
    ],
    symptoms: ['error_ratio'],
  };
}
