import type { Cause, Diagnosis, Evidence } from '../domain/diagnosis.ts';
import type { PastAction } from '../domain/incident.ts';
import type { Candidate } from '../domain/remedy.ts';
import { PASSES_BY_ITSELF } from './passing.ts';
import type { ConsideredRemedy, ScoreQuestion } from './score.ts';

/** What a try of the same remedy that did not help takes off, and how much such tries take off at most. */
const FAILED_PENALTY = 0.15;
/** A try of which nobody knows whether it helped takes off half as much. */
const UNKNOWN_PENALTY = FAILED_PENALTY / 2;
const LARGEST_PENALTY = 0.6;

/** What the rules look at. */
export type RulesQuestion = Pick<ScoreQuestion, 'diagnosis' | 'considered' | 'history'>;

/**
 * Scores by a table that people can read: base score of (cause, remedy) x confidence in the cause - past tries of the
 * remedy on the workload that failed. Each candidate's `because` begins with that sum. A `Score`.
 */
export function scoreByRules({ diagnosis, considered, history }: RulesQuestion): readonly Candidate[] {
  const candidates = considered.map((each) => candidateOf(each, diagnosis, history));
  return [...candidates, doNothing(diagnosis.causes[0])].sort(bestFirst);
}

function candidateOf(considered: ConsideredRemedy, diagnosis: Diagnosis, history: readonly PastAction[]): Candidate {
  const { remedy } = considered;
  if (considered.kind === 'refused') {
    const { refusal } = considered;
    return { remedy, score: 0, cures: diagnosis.causes[0].name, because: [refusal.why], refusal };
  }
  const { cures, disruption, likelihood } = considered;
  const held = remedy === 'restart-pod' && holdsBackUpdate(diagnosis.evidence);
  const base = held ? HELD_BACK_SCORE : likelihood;
  const confidence = diagnosis.causes.find((cause) => cause.name === cures)?.confidence ?? 0;
  const past = pastFailures(remedy, history);
  const score = rounded(base * confidence - past.penalty);
  const minus = past.penalty === 0 ? '' : ` - ${rounded(past.penalty)} for ${past.text}`;
  const sum = `${base} (${remedy} for ${cures}) x ${rounded(confidence)} (confidence)${minus} = ${score}`;
  const why = held ? ['an ill pod of an older revision holds back the update of the StatefulSet'] : [];
  const because = [sum, ...why, ...considered.because];
  return { remedy, score, cures, because, ...(disruption === undefined ? {} : { disruption }) };
}

/** What is left of a bad rollout then is the one pod, and replacing it is the documented way on. */
const HELD_BACK_SCORE = 0.9;

/**
 * Whether a StatefulSet waits for a pod of another revision than the one it asks for now to become ready, which it may
 * never do: after a rollback the broken pod has to be taken away by hand. Source: Kubernetes, StatefulSets, "Forced rollback".
 */
function holdsBackUpdate({ workload, revisions, pods }: Evidence): boolean {
  const current = revisions.find((revision) => revision.current);
  if (workload.kind !== 'StatefulSet' || current === undefined) return false;
  return pods.some((pod) => {
    const known = pod.revisionHash !== '' && !pod.terminating;
    // Pods of a StatefulSet are labelled with the name of the revision.
    return known && !pod.ready && pod.revisionHash !== current.hash && pod.revisionHash !== current.name;
  });
}

function doNothing(cause: Cause): Candidate {
  const score = PASSES_BY_ITSELF[cause.name];
  const sum = `${score} (${cause.name} passes by itself)`;
  return { remedy: 'none', score, cures: cause.name, because: [sum] };
}

function pastFailures(
  remedy: Candidate['remedy'],
  history: readonly PastAction[],
): { readonly penalty: number; readonly text: string } {
  const tries = history.filter((action) => action.remedy === remedy);
  const failed = tries.filter((action) => action.outcome === 'not-healed').length;
  const unknown = tries.filter((action) => action.outcome === 'unknown').length;
  const penalty = Math.min(LARGEST_PENALTY, failed * FAILED_PENALTY + unknown * UNKNOWN_PENALTY);
  return { penalty, text: `${failed} tries before that did not help and ${unknown} of unknown outcome` };
}

/** In [0, 1], to three digits: more would pretend to a precision that the table does not have. */
function rounded(score: number): number {
  return Math.round(Math.min(1, Math.max(0, score)) * 1000) / 1000;
}

/** Refused ones last; otherwise by score. Stable, so equal scores keep the catalogue's order. */
function bestFirst(a: Candidate, b: Candidate): number {
  const refused = Number(a.refusal !== undefined) - Number(b.refusal !== undefined);
  return refused === 0 ? b.score - a.score : refused;
}
