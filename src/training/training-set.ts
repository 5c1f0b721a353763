import { createHash } from 'node:crypto';

import { MOST_FEATURES } from '../score/forest/flat.ts';
import type { Growth } from '../score/forest/model.ts';

/** Labelled rows. Plain data: it can be posted to another thread. */
export interface TrainingSet {
  readonly features: readonly string[];
  readonly featureVersion: number;
  readonly classes: readonly string[];
  /** `row * features + feature`; NaN (or infinite) where missing. */
  readonly values: Float64Array;
  /** Index into `classes` for each row. */
  readonly labels: Int32Array;
  /** How many rows each row counts as, in (0, 20]; 1 when absent. Fractions are rounded up or down at random, in proportion. */
  readonly weights?: Float64Array;
  /** Rows with the same number belong together (one incident): no tree is ever asked about a row whose siblings it learned. */
  readonly groups?: Int32Array;
}

export const LARGEST_WEIGHT = 20;
/** Beyond this the matrix of one tree alone would not fit into the worker's memory. */
const MOST_VALUES = 20_000_000;
const MOST_TREES = 10_000;
/** The library grows trees by recursion, and asking takes as many steps as the deepest leaf lies deep. */
const DEEPEST = 100;

/** Why a set cannot be trained on, one sentence each; empty when it can. */
export function trainingProblems(set: TrainingSet): readonly string[] {
  const { features, classes, values, labels, weights, groups } = set;
  const rows = labels.length;
  const problems: string[] = [];
  if (features.length === 0 || features.length > MOST_FEATURES) problems.push(`${features.length} features`);
  if (new Set(features).size !== features.length) problems.push('two features have the same name');
  if (values.length !== rows * features.length) {
    problems.push(`${values.length} values for ${rows} rows of ${features.length} features`);
  }
  if (values.length > MOST_VALUES) problems.push(`${values.length} values, more than ${MOST_VALUES}`);
  if (labels.some((label) => label < 0 || label >= classes.length)) problems.push('a label names no class');
  if (new Set(labels).size < 2) problems.push('there is nothing to tell apart: fewer than two classes have rows');
  return [...problems, ...optionalProblems(rows, weights, groups)];
}

function optionalProblems(rows: number, weights?: Float64Array, groups?: Int32Array): readonly string[] {
  const problems: string[] = [];
  if (weights !== undefined && weights.length !== rows) problems.push(`${weights.length} weights for ${rows} rows`);
  if (weights?.every((weight) => weight > 0 && weight <= LARGEST_WEIGHT) === false) {
    problems.push(`a weight lies outside (0, ${LARGEST_WEIGHT}]`);
  }
  if (groups !== undefined && groups.length !== rows) problems.push(`${groups.length} group numbers for ${rows} rows`);
  return problems;
}

/** Why a forest cannot be grown so, one sentence each; empty when it can. */
export function growthProblems({ seed, trees, maxFeatures, maxDepth, minRows }: Growth): readonly string[] {
  const wrong: readonly (readonly [boolean, string])[] = [
    [seed !== (seed | 0), `seed ${seed} is not a 32-bit whole number`],
    [!isWhole(trees, MOST_TREES), `${trees} trees, not 1 to ${MOST_TREES}`],
    [!(maxFeatures > 0 && maxFeatures <= 1), `maxFeatures ${maxFeatures} lies outside (0, 1]`],
    [!isWhole(maxDepth, DEEPEST), `maxDepth ${maxDepth} is not 1 to ${DEEPEST}`],
    [!isWhole(minRows, MOST_VALUES), `minRows ${minRows} is not a number of rows`],
  ];
  return wrong.flatMap(([is, why]) => (is ? [why] : []));
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

/** The rows of each group, in the order in which the groups first appear. Without group numbers every row is one. */
export function groupsOf({ labels, groups }: TrainingSet): readonly (readonly number[])[] {
  const found = new Map<number, number[]>();
  for (const row of labels.keys()) {
    const key = groups?.[row] ?? row;
    const rows = found.get(key);
    if (rows === undefined) found.set(key, [row]);
    else rows.push(row);
  }
  return [...found.values()];
}

/** The named rows as a set of their own. */
export function subsetOf(set: TrainingSet, rows: readonly number[]): TrainingSet {
  const width = set.features.length;
  const values = new Float64Array(rows.length * width);
  for (const [place, row] of rows.entries())
    values.set(set.values.subarray(row * width, (row + 1) * width), place * width);
  const { weights, groups } = set;
  return {
    ...set,
    values,
    labels: Int32Array.from(rows, (row) => set.labels[row] ?? 0),
    ...(weights === undefined ? {} : { weights: Float64Array.from(rows, (row) => weights[row] ?? 1) }),
    ...(groups === undefined ? {} : { groups: Int32Array.from(rows, (row) => groups[row] ?? 0) }),
  };
}

/** sha256 over everything in a set, in hexadecimal. */
export function hashOf(set: TrainingSet): string {
  const { features, featureVersion, classes, labels, weights, groups } = set;
  // NaN has many bit patterns; a number that no value may have stands for it.
  const values = set.values.map((value) => (Number.isFinite(value) ? value : Number.MAX_VALUE));
  const hash = createHash('sha256');
  hash.update(JSON.stringify([features, featureVersion, classes, weights !== undefined, groups !== undefined]));
  for (const part of [values, labels, weights, groups]) if (part !== undefined) hash.update(part);
  return hash.digest('hex');
}
