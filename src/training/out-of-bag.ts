import type { FlatForest } from '../score/forest/flat.ts';
import { addShares, leafOf } from '../score/forest/predict.ts';
import type { Predictions } from '../score/forest/quality.ts';
import type { Lesson } from './flatten.ts';

/** Collects what each tree says about the rows that it did not learn. */
export interface OutOfBag {
  add(tree: FlatForest, lesson: Lesson): void;
  /** Mean votes of the rows that at least one tree did not learn, and which rows those are. */
  votes(): { readonly votes: Predictions; readonly rows: Int32Array };
}

export function makeOutOfBag(labels: Int32Array, classes: number): OutOfBag {
  const sums = new Float64Array(labels.length * classes);
  const asked = new Int32Array(labels.length);

  return {
    add(tree, { rows, bag }) {
      for (const [row, times] of bag.entries()) {
        if (times > 0) continue;
        addShares(tree, leafOf(tree, 0, rows, row * tree.features), sums, row * classes);
        asked[row] = (asked[row] ?? 0) + 1;
      }
    },
    votes() {
      const rows = Int32Array.from(labels.keys()).filter((row) => (asked[row] ?? 0) > 0);
      const probabilities = new Float64Array(rows.length * classes);
      for (const [place, row] of rows.entries()) {
        const mean = sums.subarray(row * classes, (row + 1) * classes).map((sum) => sum / (asked[row] ?? 1));
        probabilities.set(mean, place * classes);
      }
      return { votes: { classes, probabilities, labels: rows.map((row) => labels[row] ?? 0) }, rows };
    },
  };
}
