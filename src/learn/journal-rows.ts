import { NOT_RECOVERED, RECOVERED } from '../score/by-model.ts';
import type { RemedyTraits } from '../score/features/question.ts';
import { trainingSetOf, type FeatureList, type ReplayedRow } from '../training/report/replayed-rows.ts';
import { LARGEST_WEIGHT, type TrainingSet } from '../training/training-set.ts';
import type { JournalledDecision } from './decisions.ts';
import { featureRowsOf } from './question.ts';

/** What was really done in one incident, and whether it helped: a row to learn from and to be judged by. */
export interface JournalRow {
  /** The incident. */
  readonly group: string;
  /** Tells the decisions of one incident apart. */
  readonly decision: number;
  readonly remedy: string;
  /** The first cause that the diagnosis named. */
  readonly kind: string;
  /** One for each feature, in their order; NaN where it is missing. */
  readonly features: Float64Array;
  readonly label: typeof NOT_RECOVERED | typeof RECOVERED;
  /** Epoch milliseconds: when its incident was closed. */
  readonly at: number;
  /** The probability that this remedy was chosen, given what was known: AutoHeal always takes the best, so it is 1. */
  readonly propensity: 1;
}

/** A real outcome counts as so many simulated ones while it is fresh. */
const FRESH_WEIGHT = 5;
/** Clusters, workloads and habits change: what is this old counts half. */
export const HALF_LIFE_MS = 60 * 24 * 60 * 60 * 1000;
/** The trainer draws rows by weight; less than this would never be drawn, and it wants more than nothing. */
const LEAST_WEIGHT = 0.01;

/**
 * The row of a decision; undefined where nothing was done, where nobody knows how it ended, and where the remedy is in the
 * catalogue no more. Nothing here says "harmed": that takes a world in which nothing was done, to compare with.
 */
export function rowOf(decision: JournalledDecision, traits: readonly RemedyTraits[]): JournalRow | undefined {
  const { done, incident, place, closedAt, known } = decision;
  if (done === undefined || done.ended === 'unknown') return undefined;
  const features = featureRowsOf(decision, traits).get(done.remedy);
  if (features === undefined) return undefined;
  return {
    group: incident,
    decision: place,
    remedy: done.remedy,
    kind: known.diagnosis.causes[0].name,
    features,
    label: done.ended === 'recovered' ? RECOVERED : NOT_RECOVERED,
    at: closedAt,
    propensity: 1,
  };
}

/** The rows of the decisions that make one. */
export function rowsOf(
  decisions: readonly JournalledDecision[],
  traits: readonly RemedyTraits[],
): readonly JournalRow[] {
  return decisions.map((decision) => rowOf(decision, traits)).filter((row) => row !== undefined);
}

/** How many simulated rows an outcome counts as, by its age. In the range that the trainer takes. */
export function weightAt(at: number, now: number): number {
  const weight = FRESH_WEIGHT * 0.5 ** (Math.max(0, now - at) / HALF_LIFE_MS);
  return Math.min(LARGEST_WEIGHT, Math.max(LEAST_WEIGHT, weight));
}

/**
 * Simulated rows and real outcomes as one set to learn from. The set carries no costs, so that the journal knows none is no
 * matter here.
 */
export function learningSet(
  simulated: readonly ReplayedRow[],
  journal: readonly JournalRow[],
  { list, now }: { readonly list: FeatureList; readonly now: number },
): TrainingSet {
  const first = simulated.reduce((most, { group }) => Math.max(most, group + 1), 0);
  const numbers = new Map<string, number>();
  const real = journal.map(({ features, at, decision, remedy, kind, label, group: name }): ReplayedRow => {
    const group = numbers.get(name) ?? first + numbers.size;
    numbers.set(name, group);
    const values = Array.from(features, (value) => (Number.isFinite(value) ? value : null));
    const row = { group, decision, remedy, kind, label, features: values };
    return { ...row, weight: weightAt(at, now), cost: 0, costNone: 0 };
  });
  return trainingSetOf([...simulated, ...real], list);
}
