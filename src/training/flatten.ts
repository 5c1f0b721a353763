import type { LibraryNode } from 'ml-random-forest';

import { LEAF, type FlatForest } from '../score/forest/flat.ts';

/** A tree of the library, the features that its columns stand for, and the size of what it learned from. */
export interface GrownTree {
  readonly root: LibraryNode;
  readonly columns: readonly number[];
  readonly features: number;
  readonly classes: number;
}

/** The tree as a forest of one. Leaves have the class shares of the library, inner nodes none yet: see `fillShares`. */
export function flatten({ root, columns, features, classes }: GrownTree): FlatForest {
  const feature: number[] = [];
  const threshold: number[] = [];
  const right: number[] = [];
  const share: number[] = [];

  function add(node: LibraryNode): void {
    const place = feature.length;
    const { left, right: other } = node;
    const inner = left !== undefined && other !== undefined;
    feature.push(inner ? askedBy(node, columns) : LEAF);
    threshold.push(inner ? (node.splitValue ?? 0) : 0);
    right.push(0);
    share.push(...sharesOf(node, classes));
    if (!inner) return;
    add(left);
    right[place] = feature.length;
    add(other);
  }

  add(root);
  return {
    features,
    classes,
    roots: Int32Array.of(0),
    feature: Int16Array.from(feature),
    threshold: Float64Array.from(threshold),
    right: Int32Array.from(right),
    share: Float32Array.from(share),
  };
}

function askedBy({ splitColumn = 0 }: LibraryNode, columns: readonly number[]): number {
  return columns[splitColumn] ?? 0;
}

/** The library leaves out the classes behind the last one that occurs in a leaf, and keeps nothing at inner nodes. */
function sharesOf({ distribution }: LibraryNode, classes: number): readonly number[] {
  const known = distribution?.getRow(0) ?? [];
  return Array.from({ length: classes }, (_, label) => known[label] ?? 0);
}

export interface Lesson {
  /** Coded rows, one after the other. */
  readonly rows: Float64Array;
  readonly labels: Int32Array;
  /** How often the tree learned each row. */
  readonly bag: Int32Array;
}

/**
 * Sets the class shares of every node of a tree, inner ones too, from the rows that it learned. The library keeps none for
 * inner nodes, which explanations need, and its sums of 1/n are a little off 1.
 */
export function fillShares(tree: FlatForest, { rows, labels, bag }: Lesson): void {
  const { classes, features, feature, share } = tree;
  const counts = new Float64Array(share.length);
  for (const [row, times] of bag.entries()) {
    if (times > 0) count(tree, { rows, start: row * features, label: labels[row] ?? 0, times }, counts);
  }
  for (let node = 0; node < feature.length; node += 1) {
    const own = counts.subarray(node * classes, (node + 1) * classes);
    const all = own.reduce((sum, each) => sum + each, 0);
    for (const [label, each] of own.entries()) share[node * classes + label] = each / all;
  }
}

interface Pupil {
  readonly rows: Float64Array;
  readonly start: number;
  readonly label: number;
  readonly times: number;
}

/** Counts a row at every node on its way down. */
function count(tree: FlatForest, { rows, start, label, times }: Pupil, counts: Float64Array): void {
  const { classes, feature, threshold, right } = tree;
  let node = 0;
  for (;;) {
    const place = node * classes + label;
    counts[place] = (counts[place] ?? 0) + times;
    const asked = feature[node] ?? LEAF;
    if (asked === LEAF) return;
    node = (rows[start + asked] ?? 0) < (threshold[node] ?? 0) ? node + 1 : (right[node] ?? 0);
  }
}
