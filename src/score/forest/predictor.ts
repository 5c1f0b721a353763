import { AutoHealError } from '../../domain/errors.ts';
import { cool } from './calibrate.ts';
import { codeRows } from './coding.ts';
import { attribute, strongest, type Contribution } from './explain.ts';
import type { ForestModel } from './model.ts';
import { ranked, rankedVotes } from './ranked.ts';
import { supportOf, type Support } from './support.ts';

export interface Explanation {
  /** The class's share over the training rows: where the sum begins. */
  readonly start: number;
  /** The soft vote, before calibration: `start` plus the amounts of all features. */
  readonly vote: number;
  /** The strongest first. */
  readonly contributions: readonly Contribution[];
}

/** A model in use. Rows are raw: one value for each feature in the model's order, NaN where missing. */
export interface Predictor {
  readonly model: ForestModel;
  /**
   * Fills `probabilities` (row * classes + class) with calibrated probabilities for up to `capacity` rows, one after the
   * other. Allocates nothing.
   * @throws AutoHealError `BUG` when the arrays do not fit the model.
   */
  predict(rows: Float64Array, probabilities: Float64Array): void;
  /** What moved the vote for a class (its index) most, at most `count` features. */
  explain(row: Float64Array, label: number, count: number): Explanation;
  /** Whether a row and the calibrated probabilities found for it can be relied on. */
  support(row: Float64Array, probabilities: Float64Array, gate: number): Support;
}

/** A predictor for at most `capacity` rows at a time. It keeps scratch space: not to be shared between threads. */
export function makePredictor(model: ForestModel, capacity: number): Predictor {
  const { forest, ranges, features, classes } = model;
  const width = features.length;
  const prepared = ranked(forest, ranges, capacity);
  const one = new Float64Array(width);
  const amounts = new Float64Array(width);

  return {
    model,
    predict(rows, probabilities) {
      const count = rows.length / width;
      if (!Number.isInteger(count) || count > capacity || probabilities.length < count * classes.length) {
        const context = { values: rows.length, features: width, capacity, places: probabilities.length };
        throw new AutoHealError('BUG', 'the rows do not fit the model or its predictor', { context });
      }
      rankedVotes(prepared, rows, probabilities);
      for (let row = 0; row < count; row += 1) {
        cool(probabilities, classes.length, model.temperature, row * classes.length);
      }
    },
    explain(row, label, count) {
      codeRows(row, ranges, one);
      const start = attribute(forest, one, label, amounts);
      const vote = amounts.reduce((sum, amount) => sum + amount, start);
      return { start, vote, contributions: strongest(amounts, features, count) };
    },
    support: (row, probabilities, gate) => supportOf(row, probabilities, model, gate),
  };
}
