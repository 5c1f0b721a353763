import type { ForestModel, Growth } from '../score/forest/model.ts';
import { evaluate, splitByGroup } from './evaluate.ts';
import { fitForest } from './fit.ts';
import { importanceOf, type FeatureImportance } from './importance.ts';
import { growthProblems, trainingProblems, type TrainingSet } from './training-set.ts';

/** Plain data: it is posted to the worker. */
export interface TrainOptions {
  readonly growth: Growth;
  readonly thresholds: Readonly<Record<string, number>>;
  /** Share of the rows, in [0, 1), that is held back, by group, to judge the model. 0 learns from all of them. */
  readonly heldOutShare: number;
}

export type TrainResult =
  | {
      readonly kind: 'trained';
      readonly model: ForestModel;
      /** The most important feature first; empty when nothing was held back. */
      readonly importance: readonly FeatureImportance[];
    }
  /** These rows cannot be trained on, or not in this way; one sentence for each reason. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Times that each feature is mixed up: the importance is a mean over so many. */
const REPEATS = 3;

/** A model of the rows that are not held back, judged on those that are. Blocks for seconds. */
export function train(set: TrainingSet, options: TrainOptions, onTree: (trees: number) => void): TrainResult {
  const { growth, thresholds, heldOutShare } = options;
  const problems = [...trainingProblems(set), ...growthProblems(growth)];
  if (!(heldOutShare >= 0 && heldOutShare < 1)) problems.push(`heldOutShare ${heldOutShare} lies outside [0, 1)`);
  if (problems.length > 0) return { kind: 'refused', problems };
  const { learn, heldOut } = splitByGroup(set, heldOutShare, growth.seed);
  const left = trainingProblems(learn);
  if (left.length > 0)
    return { kind: 'refused', problems: left.map((problem) => `${problem}, of what is not held back`) };
  const model = fitForest(learn, { growth, thresholds, onTree });
  if (heldOut.labels.length === 0) return { kind: 'trained', model, importance: [] };
  const importance = importanceOf(model, heldOut, { repeats: REPEATS, seed: growth.seed });
  return { kind: 'trained', model: { ...model, heldOut: evaluate(model, heldOut) }, importance };
}
