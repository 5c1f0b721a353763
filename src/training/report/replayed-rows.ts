import { CLASSES } from '../../score/by-model.ts';
import type { ForestModel } from '../../score/forest/model.ts';
import { predictionsOf, splitByGroup } from '../evaluate.ts';
import type { TrainingSet } from '../training-set.ts';
import type { HeldOutRow } from './held-out.ts';

/** What became of one incident under one remedy: a row to learn from, and what it cost. */
export interface ReplayedRow {
  /** The incident. */
  readonly group: number;
  /** Tells the decisions of one incident apart, such as a second rung; 0 where there is one. */
  readonly decision?: number;
  readonly remedy: string;
  /** The kind of the fault. */
  readonly kind: string;
  /** One for each feature, in their order; null where it is missing. */
  readonly features: readonly (number | null)[];
  /** Place in `CLASSES`. */
  readonly label: number;
  /** Bad minutes under this remedy, and under `none` in the same incident. */
  readonly cost: number;
  readonly costNone: number;
  readonly weight?: number;
}

export interface FeatureList {
  readonly features: readonly string[];
  readonly featureVersion: number;
}

/** The rows as a set to train on: row by row, groups by incident. Every row has as many features as the list. */
export function trainingSetOf(rows: readonly ReplayedRow[], { features, featureVersion }: FeatureList): TrainingSet {
  const values = new Float64Array(rows.length * features.length);
  for (const [place, row] of rows.entries()) {
    for (const [feature, value] of row.features.entries()) values[place * features.length + feature] = value ?? NaN;
  }
  const weighted = rows.some(({ weight }) => weight !== undefined);
  return {
    features,
    featureVersion,
    classes: CLASSES,
    values,
    labels: Int32Array.from(rows, ({ label }) => label),
    groups: Int32Array.from(rows, ({ group }) => group),
    ...(weighted ? { weights: Float64Array.from(rows, ({ weight }) => weight ?? 1) } : {}),
  };
}

/**
 * What a model says about the rows that `train` held back from it: the same share and the model's own seed part the incidents
 * in the same way again.
 */
export function heldOutRows(
  model: ForestModel,
  rows: readonly ReplayedRow[],
  set: TrainingSet,
  share: number,
): readonly HeldOutRow[] {
  const { heldOut } = splitByGroup(set, share, model.growth.seed);
  const groups = new Set(heldOut.groups);
  // The split keeps the order of the rows, so the rows of these incidents are those of `heldOut`, one by one.
  const own = rows.filter(({ group }) => groups.has(group));
  const { classes, probabilities } = predictionsOf(model, heldOut);
  return own.map((row, place) => ({
    group: row.group,
    ...(row.decision === undefined ? {} : { decision: row.decision }),
    remedy: row.remedy,
    kind: row.kind,
    truth: row.label,
    cost: row.cost,
    costNone: row.costNone,
    probabilities: probabilities.subarray(place * classes, (place + 1) * classes),
  }));
}
