/** One column of a feature row, as `docs/features.md` shows it. */
export interface FeatureSpec {
  /** Lower case with `_`. Unique. */
  readonly name: string;
  readonly unit: string;
  /** Every value that is not missing lies in it, ends included. */
  readonly range: readonly [number, number];
  readonly source: FeatureSource;
  /** One or two sentences: what a value says. */
  readonly meaning: string;
}

/** What a column is worked out from. */
export type FeatureSource = 'alerts' | 'signals' | 'cluster' | 'history' | 'causes' | 'rules' | 'remedy' | 'row';

/** A column and how its value comes about. Undefined, NaN and infinite numbers are all missing. */
export interface Column<Of> extends FeatureSpec {
  readonly value: (of: Of) => number | undefined;
}

/** Columns of one source, in order. */
export function columnsOf<Of>(
  source: FeatureSource,
  columns: readonly Omit<Column<Of>, 'source'>[],
): readonly Column<Of>[] {
  return columns.map((column) => ({ source, ...column }));
}

/** Fills a row with the values of columns, from place `start` on: NaN where missing, else within the column's range. */
export function fill<Of>(row: Float64Array, start: number, columns: readonly Column<Of>[], of: Of): void {
  for (let place = 0; place < columns.length; place += 1) {
    const column = columns[place];
    if (column !== undefined) row[start + place] = bounded(column.value(of), column.range);
  }
}

function bounded(value: number | undefined, [low, high]: readonly [number, number]): number {
  if (value === undefined || !Number.isFinite(value)) return Number.NaN;
  return Math.min(high, Math.max(low, value)) + 0; // No minus zero.
}

export const FLAG = { unit: 'flag', range: [0, 1] } as const;
export const SHARE = { unit: 'share', range: [0, 1] } as const;
/**
 * Minutes up to 63, which is 6: an hour, a day and a month are all "long ago". Simulated worlds are young, and a model that
 * learned in them must not take every old workload for a strange one.
 */
export const LOG_MINUTES = { unit: 'log2(1 + minutes)', range: [0, 6] } as const;
export const LOG_COUNT = { unit: 'log2(1 + count)', range: [0, 10] } as const;
