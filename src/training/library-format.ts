import { LEAF, type FlatForest } from '../score/forest/flat.ts';

interface SavedNode {
  readonly splitColumn?: number;
  readonly splitValue?: number;
  readonly gain?: number;
  readonly distribution?: readonly (readonly number[])[];
  readonly left?: SavedNode;
  readonly right?: SavedNode;
}

/**
 * The forest as JSON that `RandomForestClassifier.load` of ml-random-forest 2.1.0 reads, so that whoever doubts our answers
 * can ask the library. Its `predict` gives the `hardVote`; its `predictProbability` is wrong (it drops the first tree's vote).
 */
export function libraryModel(forest: FlatForest, seed: number): object {
  const columns = Array.from({ length: forest.features }, (_, feature) => feature);
  const treeOptions = { kind: 'classifier', gainFunction: 'gini', splitFunction: 'mean' };
  const trees = [...forest.roots].map((root) => ({
    name: 'DTClassifier',
    options: treeOptions,
    root: savedNode(forest, root),
  }));
  return {
    name: 'RFClassifier',
    baseModel: {
      indexes: trees.map(() => columns),
      n: forest.features,
      replacement: false,
      maxFeatures: 1,
      nEstimators: trees.length,
      treeOptions,
      isClassifier: true,
      seed,
      estimators: trees,
      useSampleBagging: false,
    },
  };
}

function savedNode(forest: FlatForest, node: number): SavedNode {
  const { classes, feature, threshold, right, share } = forest;
  const asked = feature[node] ?? LEAF;
  if (asked === LEAF) return { distribution: [[...share.subarray(node * classes, (node + 1) * classes)]] };
  return {
    splitColumn: asked,
    splitValue: threshold[node] ?? 0,
    gain: 0,
    left: savedNode(forest, node + 1),
    right: savedNode(forest, right[node] ?? 0),
  };
}
