import { LEAF, type FlatForest } from './flat.ts';

/**
 * Fills `votes` (row * classes + class) with the mean class shares of the leaves that each row reaches: probabilities that
 * are not calibrated yet. `rows` holds coded rows, one after the other (`coding.ts`). Allocates nothing.
 *
 * Tree by tree rather than row by row: the nodes of one tree stay in the cache for all candidates of an incident.
 */
export function softVotes(forest: FlatForest, rows: Float64Array, votes: Float64Array): void {
  const { classes, features, roots } = forest;
  const count = Math.floor(rows.length / features);
  votes.fill(0, 0, count * classes);
  for (const root of roots) {
    for (let row = 0; row < count; row += 1) {
      addShares(forest, leafOf(forest, root, rows, row * features), votes, row * classes);
    }
  }
  for (let place = 0; place < count * classes; place += 1) votes[place] = (votes[place] ?? 0) / roots.length;
}

/** Adds the class shares of a node to the places of `votes` from `start` on. */
export function addShares({ classes, share }: FlatForest, node: number, votes: Float64Array, start: number): void {
  for (let label = 0; label < classes; label += 1) {
    votes[start + label] = (votes[start + label] ?? 0) + (share[node * classes + label] ?? 0);
  }
}

/** The leaf that a coded row reaches from the node `root`. The row begins at place `start` of `rows`. */
export function leafOf(forest: FlatForest, root: number, rows: Float64Array, start: number): number {
  const { feature, threshold, right } = forest;
  let node = root;
  for (let asked = feature[node] ?? LEAF; asked >= 0; asked = feature[node] ?? LEAF) {
    node = (rows[start + asked] ?? 0) < (threshold[node] ?? 0) ? node + 1 : (right[node] ?? 0);
  }
  return node;
}

/**
 * The class with the most trees behind it, each tree counted for the first of its leaf's commonest classes; of two with as
 * many trees, the one that had them first. Source: ml-random-forest 2.1.0 `predict` (ml-array-mode). The reference only:
 * `softVotes` say more.
 */
export function hardVote(forest: FlatForest, row: Float64Array): number {
  const { classes, roots, share } = forest;
  const trees = new Int32Array(classes);
  let winner = 0;
  let most = 0;
  for (const root of roots) {
    const node = leafOf(forest, root, row, 0);
    const vote = largest(share.subarray(node * classes, (node + 1) * classes));
    const votes = (trees[vote] ?? 0) + 1;
    trees[vote] = votes;
    if (votes > most) {
      most = votes;
      winner = vote;
    }
  }
  return winner;
}

/** The place of the largest value; the first of several. 0 when there are none. */
export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let place = 1; place < values.length; place += 1) {
    if ((values[place] ?? -Infinity) > (values[best] ?? -Infinity)) best = place;
  }
  return best;
}
