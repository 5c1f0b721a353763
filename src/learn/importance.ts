import { LEAF, type FlatForest } from '../score/forest/flat.ts';
import type { ForestModel } from '../score/forest/model.ts';

/**
 * How much each feature of a model does to tell the classes apart, by its name: its share of the impurity that all splits of
 * the forest take away, in [0, 1]; together 1. Features that no split asks for are left out, as are all where no split takes
 * anything away. It says what the model leans on, not what is true: of two features that say the same, either may have it.
 *
 * Source: Breiman and others, "Classification and regression trees" (1984), Gini decrease; over the trees as in Breiman,
 * "Random forests" (2001).
 */
export function splitImportance({ features, forest }: ForestModel): ReadonlyMap<string, number> {
  const decrease = new Float64Array(features.length);
  for (const [tree, root] of forest.roots.entries()) {
    addTree(forest, { start: root, end: forest.roots[tree + 1] ?? forest.feature.length }, decrease);
  }
  const sum = decrease.reduce((all, each) => all + each, 0);
  if (sum <= 0) return new Map();
  const shares = features.map((feature, place) => [feature, (decrease[place] ?? 0) / sum] as const);
  return new Map(shares.filter(([, share]) => share > 0));
}

/** Adds what the splits of one tree take away. Children stand after their parent: one pass knows how many rows reach a node. */
function addTree(forest: FlatForest, { start, end }: { start: number; end: number }, decrease: Float64Array): void {
  const { feature, right } = forest;
  // The share of the tree's training rows that come by a node.
  const reach = new Float64Array(end - start);
  reach[0] = 1;
  for (let node = start; node < end; node += 1) {
    const asked = feature[node] ?? LEAF;
    if (asked < 0) continue;
    const children = { left: node + 1, right: right[node] ?? 0 };
    const here = reach[node - start] ?? 0;
    const wentLeft = shareOfLeft(forest, node, children);
    reach[children.left - start] = here * wentLeft;
    reach[children.right - start] = here * (1 - wentLeft);
    const after = wentLeft * impurity(forest, children.left) + (1 - wentLeft) * impurity(forest, children.right);
    decrease[asked] = (decrease[asked] ?? 0) + here * Math.max(0, impurity(forest, node) - after);
  }
}

/**
 * Of the rows of a node, the share that went left. The file does not hold it, but the class shares of a node are the mean of
 * its children's, weighted by it. Where both children have the same shares, the split tells nothing apart, and half is as good.
 */
function shareOfLeft(
  { classes, share }: FlatForest,
  node: number,
  children: { readonly left: number; readonly right: number },
): number {
  let [widest, wentLeft] = [0, 0.5];
  for (let label = 0; label < classes; label += 1) {
    const left = share[children.left * classes + label] ?? 0;
    const right = share[children.right * classes + label] ?? 0;
    // The class that differs most loses least to rounding.
    if (Math.abs(left - right) <= widest) continue;
    widest = Math.abs(left - right);
    wentLeft = ((share[node * classes + label] ?? 0) - right) / (left - right);
  }
  return Math.min(1, Math.max(0, wentLeft));
}

/** Gini: how likely two rows of a node are of different classes. */
function impurity({ classes, share }: FlatForest, node: number): number {
  let same = 0;
  for (let label = 0; label < classes; label += 1) same += (share[node * classes + label] ?? 0) ** 2;
  return 1 - same;
}
