import { countInBins, type FeatureBaseline } from '../score/forest/baseline.ts';
import type { ForestModel } from '../score/forest/model.ts';
import type { RemedyTraits } from '../score/features/question.ts';
import type { JournalledDecision } from './decisions.ts';
import { featureRowsOf } from './question.ts';

/** From here on somebody should look, and from here on train anew. The usual marks of the index. */
export const DRIFT_WARN = 0.1;
export const DRIFT_ACT = 0.25;
/** So many of the newest incidents are looked at. */
export const DRIFT_INCIDENTS = 200;
/** With fewer, chance alone moves the index by as much as the mark. */
export const DRIFT_LEAST_INCIDENTS = 100;

export interface FeatureDrift {
  readonly feature: string;
  /** Population stability index, less what chance alone makes of it; in [0, ∞). */
  readonly psi: number;
  readonly state: 'steady' | 'warn' | 'act';
  /** Share of the rows that lacked it, in training and lately. */
  readonly missing: { readonly trained: number; readonly lately: number };
}

export type Drift =
  | {
      readonly kind: 'known';
      readonly incidents: number;
      /** The one that moved most first. */
      readonly features: readonly FeatureDrift[];
    }
  /** Nobody can tell: never to be taken for "no drift". */
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * How far the features of the newest incidents lie from those that a model learned from. The rows are those of every remedy
 * that could be chosen, as in training. Pure.
 */
export function driftOf(
  model: Pick<ForestModel, 'baseline' | 'features'>,
  decisions: readonly JournalledDecision[],
  traits: readonly RemedyTraits[],
): Drift {
  const { baseline, features } = model;
  if (baseline === undefined) {
    return { kind: 'unknown', why: 'the model file tells nothing about the features it learned from: train it anew' };
  }
  const incidents = newestIncidents(decisions);
  if (incidents.size < DRIFT_LEAST_INCIDENTS) {
    return { kind: 'unknown', why: `${incidents.size} incidents were scored; ${DRIFT_LEAST_INCIDENTS} are asked for` };
  }
  const rows = decisions
    .filter(({ incident }) => incidents.has(incident))
    .flatMap((decision) => [...featureRowsOf(decision, traits).values()]);
  const found = baseline.map((each, place) =>
    featureDrift(features[place] ?? '', each, {
      column: rows.map((row) => row[place] ?? Number.NaN),
      incidents: incidents.size,
    }),
  );
  return { kind: 'known', incidents: incidents.size, features: found.toSorted((a, b) => b.psi - a.psi) };
}

function newestIncidents(decisions: readonly JournalledDecision[]): ReadonlySet<string> {
  const newest = decisions.toSorted((a, b) => b.closedAt - a.closedAt);
  return new Set([...new Set(newest.map(({ incident }) => incident))].slice(0, DRIFT_INCIDENTS));
}

/** One feature: `column` has its value in every row, NaN where missing. */
export function featureDrift(
  feature: string,
  { edges, counts, missing }: FeatureBaseline,
  { column, incidents }: { readonly column: readonly number[]; readonly incidents: number },
): FeatureDrift {
  const known = countInBins(column, edges);
  const gone = column.length - totalOf(known);
  // A signal that is not measured any more is the worst drift of all: what is missing is a bin of its own.
  const [trained, lately] = [
    [...counts, missing],
    [...known, gone],
  ];
  const psi = stabilityIndex(trained, lately, incidents);
  return {
    feature,
    psi,
    state: psi >= DRIFT_ACT ? 'act' : psi >= DRIFT_WARN ? 'warn' : 'steady',
    missing: { trained: shareOf(missing, trained), lately: shareOf(gone, lately) },
  };
}

/** Half a row in each bin that is empty keeps the logarithm finite. */
const HALF = 0.5;

/**
 * Sum of (q - p) ln(q / p) over the bins in which either has rows. Chance alone makes it (bins - 1) / incidents on average,
 * which is taken off: the rows of one incident are nearly one. Source: Yurdakul, "Statistical properties of population
 * stability index" (2018).
 */
function stabilityIndex(trained: readonly number[], lately: readonly number[], incidents: number): number {
  const used = trained.flatMap((count, bin) => (count > 0 || (lately[bin] ?? 0) > 0 ? [bin] : []));
  const [before, after] = [totalOf(trained), totalOf(lately)];
  let index = 0;
  for (const bin of used) {
    const p = Math.max(HALF, trained[bin] ?? 0) / before;
    const q = Math.max(HALF, lately[bin] ?? 0) / after;
    index += (q - p) * Math.log(q / p);
  }
  return Math.max(0, index - (used.length - 1) / incidents);
}

function shareOf(part: number, all: readonly number[]): number {
  const total = totalOf(all);
  return total === 0 ? 0 : part / total;
}

function totalOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
