import type { Predictions } from '../../score/forest/quality.ts';

/** One remedy in one incident that no tree learned: what the model said, and what really came of it. */
export interface HeldOutRow {
  /** The incident. Every row of it is in the same list. */
  readonly group: number;
  /** Tells the decisions of one incident apart, such as a second rung; 0 where there is one. */
  readonly decision?: number;
  /** `none`, or the name of a remedy. */
  readonly remedy: string;
  /** The kind of the fault. */
  readonly kind: string;
  /** Calibrated, by class: harmed, not recovered, recovered. */
  readonly probabilities: ArrayLike<number>;
  /** The class that came true. */
  readonly truth: number;
  /** Bad minutes under this remedy. */
  readonly cost: number;
  /** Bad minutes under `none` in the same incident. */
  readonly costNone: number;
  /** Bad minutes that the product itself expected; what the report assumes where this is absent, `choices.ts` says. */
  readonly expectedCost?: number;
}

/** What could be chosen from at one moment: the rows of one decision, in their order. */
export type Options = readonly HeldOutRow[];

/** The decisions of each incident, both in the order in which they first appear. */
export function incidentsOf(rows: readonly HeldOutRow[]): readonly (readonly Options[])[] {
  const incidents = Map.groupBy(rows, ({ group }) => group);
  return [...incidents.values()].map((own) => [...Map.groupBy(own, ({ decision = 0 }) => decision).values()]);
}

/** The rows as what `qualityOf` judges. All rows have probabilities for as many classes as the first. */
export function predictionsFrom(rows: readonly HeldOutRow[]): Predictions {
  const classes = rows[0]?.probabilities.length ?? 0;
  const probabilities = new Float64Array(rows.length * classes);
  for (const [place, row] of rows.entries()) probabilities.set(row.probabilities, place * classes);
  return { classes, probabilities, labels: Int32Array.from(rows, ({ truth }) => truth) };
}
