import { makePredictor } from '../score/forest/predictor.ts';
import type { ForestModel } from '../score/forest/model.ts';
import { qualityOf, type Predictions, type Quality } from '../score/forest/quality.ts';
import { makeRandom, shuffle } from './random.ts';
import { groupsOf, subsetOf, type TrainingSet } from './training-set.ts';

export interface Parts {
  readonly learn: TrainingSet;
  readonly heldOut: TrainingSet;
}

/**
 * Holds back about `share` of the rows, in [0, 1), whole groups of them at random: rows of one incident resemble each other
 * so much that a split by row would measure memory.
 */
export function splitByGroup(set: TrainingSet, share: number, seed: number): Parts {
  const groups = groupsOf(set);
  const order = Int32Array.from(groups.keys());
  shuffle(order, makeRandom(seed));
  const held = new Set<number>();
  for (const group of order) {
    if (held.size >= Math.round(share * set.labels.length)) break;
    for (const row of groups[group] ?? []) held.add(row);
  }
  const rows = [...set.labels.keys()];
  return {
    learn: subsetOf(
      set,
      rows.filter((row) => !held.has(row)),
    ),
    heldOut: subsetOf(
      set,
      rows.filter((row) => held.has(row)),
    ),
  };
}

/** What the model says about every row of a set. */
export function predictionsOf(model: ForestModel, { values, labels }: TrainingSet): Predictions {
  const classes = model.classes.length;
  const probabilities = new Float64Array(labels.length * classes);
  makePredictor(model, labels.length).predict(values, probabilities);
  return { classes, probabilities, labels };
}

/** How good the model is on a set that it did not learn from. */
export function evaluate(model: ForestModel, heldOut: TrainingSet): Quality {
  return qualityOf(predictionsOf(model, heldOut));
}
