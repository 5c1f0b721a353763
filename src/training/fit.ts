import { RandomForestClassifier } from 'ml-random-forest';

import { AutoHealError } from '../domain/errors.ts';
import { cooled, fitTemperature } from '../score/forest/calibrate.ts';
import { baselineOf } from '../score/forest/baseline.ts';
import { codeRows, rangesOf } from '../score/forest/coding.ts';
import { joined, type FlatForest } from '../score/forest/flat.ts';
import type { ForestModel, Growth } from '../score/forest/model.ts';
import { qualityOf } from '../score/forest/quality.ts';
import { drawBag } from './bag.ts';
import { withFastSplit } from './fast-split.ts';
import { fillShares, flatten, type Lesson } from './flatten.ts';
import { makeOutOfBag } from './out-of-bag.ts';
import { makeRandom } from './random.ts';
import { groupsOf, growthProblems, hashOf, trainingProblems, type TrainingSet } from './training-set.ts';

/**
 * Measured: ml-random-forest chooses features once for each tree, so fewer than 0.6 of them starve it and all of them make
 * the trees alike; trees deeper than 12 gain less than 0.01 of log-loss for a third more nodes.
 */
export const DEFAULT_GROWTH: Omit<Growth, 'seed'> = { trees: 100, maxFeatures: 0.7, maxDepth: 12, minRows: 8 };

export interface FitOptions {
  readonly growth: Growth;
  readonly thresholds: Readonly<Record<string, number>>;
  /** Called after each tree with how many there are. */
  readonly onTree?: (trees: number) => void;
}

/**
 * A forest for the set, calibrated on what its trees say out of bag. The same set and growth give the same model, to the
 * byte. Takes seconds and blocks: the service only calls it in a worker (`train-in-worker.ts`).
 *
 * Each tree is grown by ml-random-forest, which gets the bag that was drawn for it. The library's own bags, out-of-bag
 * votes, class probabilities and importances are not used: version 2.1.0 draws no bags by group or weight, throws when a row
 * is in every bag, and gets the other two wrong.
 *
 * @throws AutoHealError `BUG` for a set with `trainingProblems` and growth with `growthProblems`, and for versions of the library that are not known.
 */
export function fitForest(set: TrainingSet, { growth, thresholds, onTree }: FitOptions): ForestModel {
  const problems = [...trainingProblems(set), ...growthProblems(growth)];
  if (problems.length > 0) throw new AutoHealError('BUG', `nothing to train: ${problems.join('; ')}`);
  const { features, featureVersion, classes, labels, weights } = set;
  const ranges = rangesOf(set.values, features.length);
  const rows = new Float64Array(set.values.length);
  codeRows(set.values, ranges, rows);
  const groups = groupsOf(set);
  const random = makeRandom(growth.seed);
  const outOfBag = makeOutOfBag(labels, classes.length);
  const trees: FlatForest[] = [];
  for (let index = 0; index < growth.trees; index += 1) {
    const lesson = { rows, labels, bag: drawBag(groups, random, weights) };
    const tree = growTree(lesson, { growth, seed: random.below(2 ** 31), ...sizesOf(set) });
    fillShares(tree, lesson);
    outOfBag.add(tree, lesson);
    trees.push(tree);
    onTree?.(trees.length);
  }
  const { votes, rows: asked } = outOfBag.votes();
  const temperature = fitTemperature(votes, weights && Float64Array.from(asked, (row) => weights[row] ?? 1));
  return {
    growth,
    features,
    featureVersion,
    classes,
    ranges,
    temperature,
    thresholds,
    rows: labels.length,
    groups: groups.length,
    dataHash: hashOf(set),
    mostMissing: mostMissing(set),
    baseline: baselineOf(set.values, features.length),
    outOfBag: qualityOf(cooled(votes, temperature)),
    forest: joined(trees),
  };
}

interface TreeOptions {
  readonly growth: Growth;
  /** A 32-bit integer: it chooses the tree's features. */
  readonly seed: number;
  readonly features: number;
  readonly classes: number;
}

function sizesOf({ features, classes }: TrainingSet): Pick<TreeOptions, 'features' | 'classes'> {
  return { features: features.length, classes: classes.length };
}

function growTree(lesson: Lesson, { growth, seed, features, classes }: TreeOptions): FlatForest {
  const rows: Float64Array[] = [];
  const labels: number[] = [];
  for (const [row, times] of lesson.bag.entries()) {
    const values = lesson.rows.subarray(row * features, (row + 1) * features);
    for (let time = 0; time < times; time += 1) {
      rows.push(values);
      labels.push(lesson.labels[row] ?? 0);
    }
  }
  const forest = new RandomForestClassifier({
    nEstimators: 1,
    maxFeatures: shareOf(growth.maxFeatures, features),
    replacement: false,
    useSampleBagging: false,
    noOOB: true,
    seed,
    treeOptions: { maxDepth: growth.maxDepth, minNumSamples: growth.minRows, gainThreshold: 0 },
  });
  withFastSplit(() => forest.train(rows, labels));
  const root = forest.estimators[0]?.root;
  if (root === undefined) throw new AutoHealError('BUG', 'the library grew no tree');
  return flatten({ root, columns: forest.indexes[0] ?? [], features, classes });
}

/**
 * The library's `maxFeatures` for a share of the features, at least one of them. It rounds down, and takes 1 for all
 * features: half a feature more keeps clear of both.
 */
function shareOf(share: number, features: number): number {
  const wanted = Math.max(1, Math.round(share * features));
  return wanted === features ? 1 : (wanted + 0.5) / features;
}

function mostMissing({ values, features }: TrainingSet): number {
  let most = 0;
  for (let start = 0; start < values.length; start += features.length) {
    const row = values.subarray(start, start + features.length);
    most = Math.max(most, row.filter((value) => !Number.isFinite(value)).length);
  }
  return most;
}
