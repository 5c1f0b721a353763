import type { FeatureBaseline } from './baseline.ts';
import type { FeatureRange } from './coding.ts';
import type { FlatForest } from './flat.ts';
import type { Quality } from './quality.ts';

/** How a forest was grown. The same parameters, seed and rows grow the same one, to the byte. */
export interface Growth {
  readonly seed: number;
  readonly trees: number;
  /** Share of the features that each tree may use, in (0, 1]. */
  readonly maxFeatures: number;
  readonly maxDepth: number;
  /** A node with this many rows or fewer is not split. */
  readonly minRows: number;
}

/** A forest and all that is needed to use and to judge it. Everything in it comes from the training rows and the growth. */
export interface ForestModel {
  readonly growth: Growth;
  readonly features: readonly string[];
  /** Which computation of the features it was trained on: a model never meets features of another version. */
  readonly featureVersion: number;
  readonly classes: readonly string[];
  readonly rows: number;
  /** Incidents or the like: rows of one group belong together. */
  readonly groups: number;
  /** sha256 of the training set, in hexadecimal. */
  readonly dataHash: string;
  /** One for each feature, in their order. */
  readonly ranges: readonly FeatureRange[];
  readonly mostMissing: number;
  /** One for each feature, in their order. Absent in files of earlier versions: whether the features drift is unknown then. */
  readonly baseline?: readonly FeatureBaseline[];
  readonly temperature: number;
  /** Probabilities in [0, 1] that the use of the model hangs on, by name. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Calibrated, on rows that the trees asked had not learned. */
  readonly outOfBag: Quality;
  /** Calibrated, on groups that no tree learned; absent when none were held back. */
  readonly heldOut?: Quality;
  readonly forest: FlatForest;
}

/** Below this calibrated probability of its choice a model does not decide, where its file says nothing else. */
export const ACT_THRESHOLD = 0.7;

/** From which calibrated probability of its choice on the model decides, in [0, 1]. */
export function actThresholdOf({ thresholds }: Pick<ForestModel, 'thresholds'>): number {
  return thresholds['act'] ?? ACT_THRESHOLD;
}
