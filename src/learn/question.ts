import { makeFeatureRow } from '../score/features/features.ts';
import type { RemedyTraits } from '../score/features/question.ts';
import { scoreByRules } from '../score/rules.ts';
import type { ConsideredRemedy, ScoreQuestion } from '../score/score.ts';
import type { Candidate, RemedyName } from '../domain/remedy.ts';
import type { JournalledDecision } from './decisions.ts';

/**
 * What was asked when a decision was made. A model that decided replaced the scores, so those in the journal are not always
 * the rules'; the likelihoods are taken from the catalogue of today. Remedies that it does not have any more are left out.
 */
export function questionOf({ known, candidates }: JournalledDecision, traits: readonly RemedyTraits[]): ScoreQuestion {
  const considered = candidates.map((candidate) => consideredOf(candidate, traits));
  return { ...known, considered: considered.filter((each) => each !== undefined) };
}

/** The feature rows of the remedies that could be chosen, `none` among them. */
export function featureRowsOf(
  decision: JournalledDecision,
  traits: readonly RemedyTraits[],
): ReadonlyMap<RemedyName, Float64Array> {
  const question = questionOf(decision, traits);
  const candidates = scoreByRules(question);
  const rowOf = makeFeatureRow({ ...question, candidates, traits });
  const open = candidates.filter(({ refusal }) => refusal === undefined);
  return new Map(open.map((candidate) => [candidate.remedy, rowOf(candidate)]));
}

function consideredOf(candidate: Candidate, traits: readonly RemedyTraits[]): ConsideredRemedy | undefined {
  const { remedy, refusal, cures, disruption } = candidate;
  const trait = traits.find(({ name }) => name === remedy);
  if (trait === undefined) return undefined; // `none` too: the rules add it themselves.
  if (refusal !== undefined) return { kind: 'refused', remedy, refusal };
  const likelihood = trait.cures[cures] ?? 0;
  const applies = { kind: 'applies', remedy, cures, because: [], likelihood } as const;
  return disruption === undefined ? applies : { ...applies, disruption };
}
