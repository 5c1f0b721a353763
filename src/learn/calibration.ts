import { reliabilityOf, type ReliabilityBin } from '../score/forest/quality.ts';
import type { JournalledDecision } from './decisions.ts';

/** What was foretold of an action that was done, and what came of it. */
export interface ForetoldOutcome {
  /** Epoch milliseconds: when its incident was closed. */
  readonly at: number;
  /** The calibrated probability to help that stood in the journal before it was done. */
  readonly recovers: number;
  readonly recovered: boolean;
}

export type Calibration =
  | {
      readonly kind: 'known';
      readonly outcomes: number;
      /** Mean squared difference of probability and outcome: 0 is perfect, 0.25 a coin. */
      readonly brier: number;
      /** Expected calibration error over ten bins, in [0, 1]. */
      readonly ece: number;
      readonly reliability: readonly ReliabilityBin[];
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** So many of the newest outcomes count. */
export const CALIBRATION_OUTCOMES = 200;
/** With fewer, most of the ten bins would hold a handful of outcomes. */
export const CALIBRATION_LEAST = 50;

/** The forecasts of one model (by its id) for what was then done, whether the model or the rules decided on it. */
export function foretoldOutcomes(decisions: readonly JournalledDecision[], model: string): readonly ForetoldOutcome[] {
  return decisions.flatMap(({ candidates, done, closedAt }) => {
    if (done === undefined || done.ended === 'unknown') return [];
    const forecast = candidates.find(({ remedy }) => remedy === done.remedy)?.forecast;
    if (forecast?.model !== model) return [];
    return [{ at: closedAt, recovers: forecast.recovers, recovered: done.ended === 'recovered' }];
  });
}

/** How far the newest probabilities can be read as shares of cases. Pure. */
export function calibrationOf(outcomes: readonly ForetoldOutcome[]): Calibration {
  const newest = outcomes.toSorted((a, b) => b.at - a.at).slice(0, CALIBRATION_OUTCOMES);
  const { length } = newest;
  if (length < CALIBRATION_LEAST) {
    return { kind: 'unknown', why: `${length} outcomes of this model's forecasts; ${CALIBRATION_LEAST} are asked for` };
  }
  const probabilities = Float64Array.from(newest.flatMap(({ recovers }) => [1 - recovers, recovers]));
  const labels = Int32Array.from(newest, ({ recovered }) => Number(recovered));
  const reliability = reliabilityOf({ classes: 2, probabilities, labels }, 1);
  const squares = newest.map(({ recovers, recovered }) => (recovers - Number(recovered)) ** 2);
  return {
    kind: 'known',
    outcomes: length,
    brier: squares.reduce((sum, square) => sum + square, 0) / length,
    ece: reliability.reduce((sum, { rows, stated, came }) => sum + rows * Math.abs(stated - came), 0) / length,
    reliability,
  };
}
