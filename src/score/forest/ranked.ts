import { coded, type FeatureRange } from './coding.ts';
import { LEAF, type FlatForest } from './flat.ts';
import { addShares } from './predict.ts';

/**
 * A forest made ready for asking about several rows at once: twice as fast as `softVotes`, with the very same answers.
 *
 * Each feature's thresholds are numbered and a value is replaced by how many of them it reaches, so that a node asks a
 * question of whole numbers, which the processor answers without a branch to mispredict. All rows take as many steps as the
 * tree is deep (a leaf leads to itself), four rows in turn, so that none waits for the memory that another one reads.
 */
export interface RankedForest {
  readonly forest: FlatForest;
  readonly ranges: readonly FeatureRange[];
  /** Rising thresholds of each feature. */
  readonly thresholds: readonly Float64Array[];
  /** A node is four places: feature, number of the threshold from 1, place of the right child, nothing. A leaf leads to itself. */
  readonly nodes: Int32Array;
  /** Steps to the deepest leaf of each tree. */
  readonly depths: Int32Array;
  /** Scratch: the ranks of the rows in question, with room for whole fours, and the place that each row reached. */
  readonly ranks: Int32Array;
  readonly reached: Int32Array;
}

const FIELDS = 4;
const AT_ONCE = 4;

/** Ready for at most `capacity` rows at a time. Holds scratch space: not to be shared between threads. */
export function ranked(forest: FlatForest, ranges: readonly FeatureRange[], capacity: number): RankedForest {
  const { roots, feature, features } = forest;
  const thresholds = thresholdsOf(forest);
  const room = Math.ceil(capacity / AT_ONCE) * AT_ONCE;
  return {
    forest,
    ranges,
    thresholds,
    nodes: nodesOf(forest, thresholds),
    depths: Int32Array.from(roots, (root, tree) => depthOf(forest, root, roots[tree + 1] ?? feature.length)),
    ranks: new Int32Array(room * features),
    reached: new Int32Array(room),
  };
}

/** The `softVotes` of raw rows: fills `votes` (row * classes + class). Allocates nothing. */
export function rankedVotes(prepared: RankedForest, rows: Float64Array, votes: Float64Array): void {
  const { forest, reached } = prepared;
  const { roots, classes, features } = forest;
  const count = rows.length / features;
  rank(prepared, rows);
  votes.fill(0, 0, count * classes);
  for (let tree = 0; tree < roots.length; tree += 1) {
    descend(prepared, tree, count);
    for (let row = 0; row < count; row += 1) addShares(forest, (reached[row] ?? 0) / FIELDS, votes, row * classes);
  }
  for (let place = 0; place < count * classes; place += 1) votes[place] = (votes[place] ?? 0) / roots.length;
}

function rank({ ranges, thresholds, ranks }: RankedForest, rows: Float64Array): void {
  const width = ranges.length;
  for (let feature = 0; feature < width; feature += 1) {
    const range = ranges[feature];
    const rising = thresholds[feature];
    if (range === undefined || rising === undefined) continue;
    let before = Number.NaN;
    let rankBefore = 0;
    for (let place = feature; place < rows.length; place += width) {
      const value = coded(rows[place] ?? Number.NaN, range);
      // The candidates of one incident have their evidence in common, so most values are those of the row before.
      if (value !== before) rankBefore = reachedBy(value, rising);
      before = value;
      ranks[place] = rankBefore;
    }
  }
}

/** How many of the rising thresholds are at most `value`. */
function reachedBy(value: number, rising: Float64Array): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Leaves in `reached` where each row comes out of a tree; rows beyond `count`, up to whole fours, come along for nothing. */
function descend({ forest, nodes, depths, ranks, reached }: RankedForest, tree: number, count: number): void {
  const width = forest.features;
  const root = (forest.roots[tree] ?? 0) * FIELDS;
  const depth = depths[tree] ?? 0;
  for (let row = 0; row < count; row += AT_ONCE) {
    let first = root;
    let second = root;
    let third = root;
    let fourth = root;
    const start = row * width;
    for (let step = 0; step < depth; step += 1) {
      first = next(nodes, first, ranks, start);
      second = next(nodes, second, ranks, start + width);
      third = next(nodes, third, ranks, start + 2 * width);
      fourth = next(nodes, fourth, ranks, start + 3 * width);
    }
    reached[row] = first;
    reached[row + 1] = second;
    reached[row + 2] = third;
    reached[row + 3] = fourth;
  }
}

/** One step down. The shift makes all bits 1 when the rank is below the threshold's number, which takes the row left. */
function next(nodes: Int32Array, node: number, ranks: Int32Array, start: number): number {
  const below = ((ranks[start + (nodes[node] ?? 0)] ?? 0) - (nodes[node + 1] ?? 0)) >> 31;
  const right = nodes[node + 2] ?? 0;
  return right + ((node + FIELDS - right) & below);
}

function thresholdsOf({ features, feature, threshold }: FlatForest): readonly Float64Array[] {
  const found = Array.from({ length: features }, () => new Set<number>());
  for (const [node, asked] of feature.entries()) found[asked]?.add(threshold[node] ?? 0);
  return found.map((each) => Float64Array.from(each).sort());
}

function nodesOf({ feature, threshold, right }: FlatForest, thresholds: readonly Float64Array[]): Int32Array {
  const nodes = new Int32Array(feature.length * FIELDS);
  for (const [node, asked] of feature.entries()) {
    const here = node * FIELDS;
    const leaf = asked === LEAF;
    const other = leaf ? here : (right[node] ?? 0) * FIELDS;
    const number = leaf ? 0 : reachedBy(threshold[node] ?? 0, thresholds[asked] ?? new Float64Array());
    // No rank is below a leaf's number 0, so a leaf always goes "right".
    nodes.set([leaf ? 0 : asked, number, other], here);
  }
  return nodes;
}

/** Children come after their parents, so one pass over the nodes finds how deep each lies. */
function depthOf({ feature, right }: FlatForest, root: number, end: number): number {
  const depths = new Int32Array(end - root);
  let deepest = 0;
  for (let node = root; node < end; node += 1) {
    if (feature[node] === LEAF) continue;
    const below = (depths[node - root] ?? 0) + 1;
    depths[node + 1 - root] = below;
    depths[(right[node] ?? 0) - root] = below;
    deepest = Math.max(deepest, below);
  }
  return deepest;
}
