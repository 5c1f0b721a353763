import type { Cause, Symptom } from '../../domain/diagnosis.ts';
import { earlierRevisions, isYoung, podNames, symptomIsOlder } from './facts.ts';
import type { Facts, SickContainer } from './facts.ts';
import { count, names, quoted, span } from './quote.ts';

/**
 * Containers crash since a rollout: only pods of the present revision crash, the alerts did not begin before it, and it is
 * young or an earlier revision still runs well.
 */
export function crashLoopAfterRollout(facts: Facts): Cause | undefined {
  const { crashing, current, hashes, rolloutAt, now, live } = facts;
  if (current === undefined || rolloutAt === undefined || hashes.size === 0) return undefined;
  const own = crashing.filter(({ pod }) => hashes.has(pod.revisionHash));
  if (own.length === 0 || own.length < crashing.length || symptomIsOlder(facts)) return undefined;
  const earlier = earlierRevisions(facts);
  const serving = earlier.find((revision) => revision.readyReplicas > 0);
  if (!isYoung(facts) && serving === undefined) return undefined;
  // Most pods of the same revision running well speaks for one bad pod, not for a bad revision.
  const healthy = live.filter((pod) => pod.ready && hashes.has(pod.revisionHash)).length;
  const mostlyWell = healthy > podNames(own).length;
  const because = [
    ...crashSentences(own),
    `All of them are of revision ${current.revision}, rolled out ${span(now - rolloutAt)} ago.`,
  ];
  if (serving !== undefined) {
    because.push(
      `Of revision ${serving.revision}, ${count(serving.readyReplicas, 'pod')} still ${serving.readyReplicas === 1 ? 'runs' : 'run'} well.`,
    );
  }
  if (earlier.length === 0) because.push('There is no earlier revision.');
  return {
    name: 'crash-loop-after-rollout',
    confidence: afterRolloutConfidence({ serving: serving !== undefined, first: earlier.length === 0, mostlyWell }),
    because,
    symptoms: crashSymptoms(facts),
  };
}

function afterRolloutConfidence(seen: { serving: boolean; first: boolean; mostlyWell: boolean }): number {
  if (seen.mostlyWell) return 0.5;
  if (seen.first) return 0.6;
  return seen.serving ? 0.95 : 0.85;
}

/** Containers crash, and nothing says that a rollout began it. */
export function crashLoop(facts: Facts): Cause | undefined {
  if (facts.crashing.length === 0) return undefined;
  const because = [...crashSentences(facts.crashing)];
  const { rolloutAt, symptomAt, now } = facts;
  if (rolloutAt !== undefined && symptomIsOlder(facts)) {
    because.push(`The alert began ${span(rolloutAt - (symptomAt ?? rolloutAt))} before the newest revision.`);
  } else if (rolloutAt !== undefined && !isYoung(facts)) {
    because.push(`The newest revision is ${span(now - rolloutAt)} old.`);
  }
  return { name: 'crash-loop', confidence: 0.7, because, symptoms: crashSymptoms(facts) };
}

function crashSymptoms({ notReady, rolloutStuck }: Facts): readonly Symptom[] {
  return [
    'crash-looping',
    ...(notReady.length > 0 ? (['not-ready'] as const) : []),
    ...(rolloutStuck ? (['rollout-stuck'] as const) : []),
  ];
}

/** Who crashes and how it ends, one sentence each. */
function crashSentences(crashing: readonly SickContainer[]): readonly string[] {
  const pods = podNames(crashing);
  const restarts = crashing.reduce((sum, { container }) => sum + container.restarts, 0);
  const sentences = [
    `${count(pods.length, 'pod')} (${names(pods)}) ${pods.length === 1 ? 'crashes' : 'crash'}, ${count(restarts, 'restart')} so far.`,
  ];
  const last = crashing.find(({ container }) => container.lastTermination !== undefined)?.container;
  if (last?.lastTermination !== undefined) {
    const { exitCode, reason } = last.lastTermination;
    sentences.push(
      `Container ${quoted(last.name, 63)} last ended with exit code ${exitCode}${reason === '' ? '' : ` (${reason})`}.`,
    );
  }
  return sentences;
}
