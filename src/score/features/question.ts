import type { Alert } from '../../domain/alert.ts';
import type { CauseName, Diagnosis } from '../../domain/diagnosis.ts';
import type { Attempt, PastAction } from '../../domain/incident.ts';
import type { Candidate, RemedyChange, RemedyName } from '../../domain/remedy.ts';

/** What the catalogue declares about a remedy, as far as a model may know it. */
export interface RemedyTraits {
  readonly name: RemedyName;
  /** How likely it cures each cause, in (0, 1). */
  readonly cures: Readonly<Partial<Record<CauseName, number>>>;
  readonly changes: readonly RemedyChange[];
}

/** All that a row is made from: what was known when the evidence was gathered, and the rules' opinion on it. */
export interface FeatureQuestion {
  readonly diagnosis: Diagnosis;
  /** Alerts of the incident. Those that began after the evidence was gathered do not count. */
  readonly alerts: readonly Alert[];
  /** What `scoreByRules` answered, in any order. */
  readonly candidates: readonly Candidate[];
  /** Past actions on the workload, in any order. Those after the evidence was gathered do not count. */
  readonly history: readonly PastAction[];
  /** Of this incident. What was learned of them after the evidence was gathered does not count. */
  readonly attempts: readonly Attempt[];
  /** 1 for the first remedy of the incident. */
  readonly rung: number;
  /** Of every remedy in use. `none` is not among them: it changes nothing. */
  readonly traits: readonly RemedyTraits[];
}
