import { CLASSES, type ModelInUse } from '../../../src/score/by-model.ts';
import { FEATURES, FEATURE_VERSION } from '../../../src/score/features/features.ts';
import { modelText } from '../../../src/score/forest/model-file.ts';
import type { ForestModel } from '../../../src/score/forest/model.ts';
import type { Predictor } from '../../../src/score/forest/predictor.ts';
import { DEFAULT_GROWTH, fitForest } from '../../../src/training/fit.ts';

export const NAMES = FEATURES.map(({ name }) => name);

/** A small forest on made-up rows; another seed makes another one. */
export function smallForest(seed: number, features: readonly string[] = NAMES, version = FEATURE_VERSION): ForestModel {
  const rows = 12;
  const values = Float64Array.from({ length: rows * features.length }, (_, place) => (place * (seed + 3)) % 7);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % CLASSES.length);
  const set = { features, featureVersion: version, classes: CLASSES, values, labels };
  return fitForest(set, { growth: { ...DEFAULT_GROWTH, seed, trees: 2 }, thresholds: { act: 0.7 } });
}

export function fileOf(model: ForestModel): string {
  return modelText(model, 'autoheal 0.1.0');
}

/** A model that says what it is told to say of a row: the probability to help, never to harm. */
export function saying(id: string, recovers: (row: Float64Array) => number, act = 0.7): ModelInUse {
  const predictor: Predictor = {
    model: {
      features: NAMES,
      featureVersion: FEATURE_VERSION,
      classes: CLASSES,
      thresholds: { act },
    } as unknown as ForestModel, // What judging and scoring read of it.
    predict(rows, probabilities) {
      for (let row = 0; row < rows.length / NAMES.length; row += 1) {
        const said = recovers(rows.subarray(row * NAMES.length, (row + 1) * NAMES.length));
        probabilities.set([0, 1 - said, said], row * CLASSES.length);
      }
    },
    explain: () => ({ start: 0, vote: 0, contributions: [] }),
    support: () => ({ kind: 'in' }),
  };
  return { id, predictor };
}
