import type { CauseName, Diagnosis } from '../domain/diagnosis.ts';
import type { Alert } from '../domain/alert.ts';
import type { Attempt, PastAction } from '../domain/incident.ts';
import type { Candidate, Disruption, Refusal, RemedyName } from '../domain/remedy.ts';

/** A remedy that was held against the incident: it would cure a cause, or it was refused. */
export type ConsideredRemedy = { readonly remedy: RemedyName } & (
  | {
      readonly kind: 'applies';
      readonly cures: CauseName;
      readonly because: readonly string[];
      /** How likely the remedy cures the cause, before anything else is known. In [0, 1]. */
      readonly likelihood: number;
      readonly disruption?: Disruption;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
);

export interface ScoreQuestion {
  readonly diagnosis: Diagnosis;
  readonly considered: readonly ConsideredRemedy[];
  /** Past actions on the same workload, in any order. */
  readonly history: readonly PastAction[];
  /** Of the incident, as it stands. */
  readonly alerts: readonly Alert[];
  readonly attempts: readonly Attempt[];
  readonly rung: number;
}

/**
 * Every considered remedy and `none` as candidates, best first; refused ones last, with score 0 and their refusal. Scores
 * are in [0, 1]. Pure: the same question gets the same answer.
 */
export type Score = (question: ScoreQuestion) => readonly Candidate[];
