import type { ForestModel } from '../score/forest/model.ts';
import { evaluate } from './evaluate.ts';
import { makeRandom, shuffle } from './random.ts';
import type { TrainingSet } from './training-set.ts';

/** What the model loses when a feature's values change places between rows: 0 or a little below when it does not use it. */
export interface FeatureImportance {
  readonly feature: string;
  /** How much the log-loss rises, mean over the repeats. */
  readonly logLoss: number;
  /** How much the accuracy falls, mean over the repeats. */
  readonly accuracy: number;
}

/**
 * The importance of every feature on rows that the model did not learn, the most important first. Source: Breiman, "Random
 * forests" (2001), on held-out rows. Of two features that say the same, each looks unimportant.
 */
export function importanceOf(
  model: ForestModel,
  heldOut: TrainingSet,
  { repeats, seed }: { readonly repeats: number; readonly seed: number },
): readonly FeatureImportance[] {
  const whole = evaluate(model, heldOut);
  const random = makeRandom(seed);
  const width = heldOut.features.length;
  return heldOut.features
    .map((feature, place) => {
      let [logLoss, accuracy] = [0, 0];
      for (let turn = 0; turn < repeats; turn += 1) {
        const column = Float64Array.from(heldOut.labels, (_, row) => heldOut.values[row * width + place] ?? Number.NaN);
        shuffle(column, random);
        const values = heldOut.values.slice();
        for (const [row, value] of column.entries()) values[row * width + place] = value;
        const mixed = evaluate(model, { ...heldOut, values });
        logLoss += (mixed.logLoss - whole.logLoss) / repeats;
        accuracy += (whole.accuracy - mixed.accuracy) / repeats;
      }
      return { feature, logLoss, accuracy };
    })
    .sort((left, right) => right.logLoss - left.logLoss);
}
