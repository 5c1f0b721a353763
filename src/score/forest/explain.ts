import { LEAF, type FlatForest } from './flat.ts';

/** How much one feature moved the vote for a class. */
export interface Contribution {
  readonly feature: string;
  /** In votes, in [-1, 1]: positive speaks for the class. */
  readonly amount: number;
}

/**
 * Fills `amounts` (one for each feature) with what each feature added to a coded row's soft vote for a class, and returns
 * where the sum starts: the share of the class over the training rows. That start plus all amounts is the soft vote, to
 * rounding; calibration comes after it. Every step down a tree changes the share of the class, and the feature that was
 * asked for has that change to its account. Source: Palczewska and others, "Interpreting random forest classification
 * models using a feature contribution method" (2013).
 */
export function attribute(forest: FlatForest, row: Float64Array, label: number, amounts: Float64Array): number {
  const { classes, roots, share } = forest;
  amounts.fill(0);
  let start = 0;
  for (const root of roots) {
    start += share[root * classes + label] ?? 0;
    walk(forest, { root, label }, row, amounts);
  }
  for (const [place, amount] of amounts.entries()) amounts[place] = amount / roots.length;
  return start / roots.length;
}

function walk(
  forest: FlatForest,
  from: { root: number; label: number },
  row: Float64Array,
  amounts: Float64Array,
): void {
  const { classes, feature, threshold, right, share } = forest;
  let node = from.root;
  let before = share[node * classes + from.label] ?? 0;
  for (let asked = feature[node] ?? LEAF; asked >= 0; asked = feature[node] ?? LEAF) {
    node = (row[asked] ?? 0) < (threshold[node] ?? 0) ? node + 1 : (right[node] ?? 0);
    const after = share[node * classes + from.label] ?? 0;
    amounts[asked] = (amounts[asked] ?? 0) + after - before;
    before = after;
  }
}

/** The `count` features that moved the vote most, up or down; those that did not move it are left out. */
export function strongest(amounts: Float64Array, names: readonly string[], count: number): readonly Contribution[] {
  return names
    .map((feature, place) => ({ feature, amount: amounts[place] ?? 0 }))
    .filter(({ amount }) => amount !== 0)
    .sort((left, right) => Math.abs(right.amount) - Math.abs(left.amount))
    .slice(0, count);
}
