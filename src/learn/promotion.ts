import { RECOVERED, type ModelInUse } from '../score/by-model.ts';
import { actThresholdOf } from '../score/forest/model.ts';
import type { Predictor } from '../score/forest/predictor.ts';
import { meanInterval, meanOf, type Interval, type Sum } from './bootstrap.ts';
import type { JournalRow } from './journal-rows.ts';
import { percent } from '../training/report/markdown.ts';

/** What a challenger must show before it may decide. */
export interface PromotionRules {
  /** With fewer incidents nothing is said. */
  readonly leastIncidents: number;
  /** Log-loss that it must be better by, in nats a row. */
  readonly logLossMargin: number;
  /** Of the redraws. */
  readonly seed: number;
}

export const PROMOTION_RULES: PromotionRules = { leastIncidents: 100, logLossMargin: 0.02, seed: 1 };

/** How one model did on outcomes that it had not learned. */
export interface ModelFigures {
  /** Mean of -ln of the probability of what came true. */
  readonly logLoss: number;
  /** Share of the actions whose outcome it foretold: more than even odds to help, and it helped, or neither. */
  readonly foretold: number;
  /** Share of the actions that it would have been sure enough of to decide. */
  readonly sure: number;
  /** Of those the share that did not help: disruption for nothing, or worse. 0 where it was never sure. */
  readonly misled: number;
}

export interface Promotion {
  readonly kind: 'promote' | 'keep';
  /** One sentence for each condition that is not met; with `promote`, the one that sums up why. Never empty. */
  readonly because: readonly string[];
  readonly incidents: number;
  readonly rows: number;
  readonly champion: ModelFigures;
  readonly challenger: ModelFigures;
  /** Champion's log-loss less the challenger's, with its 90 % interval: above 0 the challenger is better. */
  readonly gain: number;
  readonly gainInterval: Interval;
}

export interface Contest {
  /** Real outcomes that neither model learned from. */
  readonly rows: readonly JournalRow[];
  readonly champion: ModelInUse;
  readonly challenger: ModelInUse;
}

/** The outcomes that came after everything that either model learned from, so that neither can know them. */
export function heldOutFor(
  rows: readonly JournalRow[],
  ...learnedUntil: readonly (number | undefined)[]
): readonly JournalRow[] {
  const known = learnedUntil.filter((until) => until !== undefined);
  const from = Math.max(Number.NEGATIVE_INFINITY, ...known);
  return rows.filter(({ at }) => at > from);
}

/**
 * Whether the challenger may take the champion's place, judged by real outcomes: its log-loss is lower by the margin and the
 * 90 % interval of the difference (redrawn by incident) lies above 0, it foretells at least as many outcomes, and of
 * the actions that it would have been sure of no larger a share was in vain. The figures are there either way. Pure.
 */
export function judgePromotion(contest: Contest, rules: PromotionRules = PROMOTION_RULES): Promotion {
  const { rows } = contest;
  const ours = rows.map((row) => judge(row, contest.champion.predictor));
  const theirs = rows.map((row) => judge(row, contest.challenger.predictor));
  const gains = sumsOf(
    rows,
    rows.map((_, place) => (ours[place]?.logLoss ?? 0) - (theirs[place]?.logLoss ?? 0)),
  );
  const found = {
    incidents: gains.length,
    rows: rows.length,
    champion: figuresOf(ours),
    challenger: figuresOf(theirs),
    gain: meanOf(gains),
    gainInterval: meanInterval(gains, rules.seed),
  };
  const against = objectionsTo({ ...found, promised: 1 - actThresholdOf(contest.challenger.predictor.model) }, rules);
  if (against.length > 0) return { kind: 'keep', because: against, ...found };
  const { gain, gainInterval: between } = found;
  const won = `on ${found.incidents} incidents its log-loss is lower by ${said(gain)} (90 % between ${said(between.low)} and ${said(between.high)})`;
  return { kind: 'promote', because: [won], ...found };
}

function objectionsTo(
  { incidents, promised, champion, challenger, gain, gainInterval }: Figures,
  { leastIncidents, logLossMargin }: PromotionRules,
): readonly string[] {
  if (incidents < leastIncidents) {
    return [
      `${incidents} incidents with a known outcome that neither model learned from; ${leastIncidents} are asked for`,
    ];
  }
  const [low, high] = [said(gainInterval.low), said(gainInterval.high)];
  // A champion that is never sure is never misled either; there the share that its threshold promises is the measure.
  const allowed = champion.sure > 0 ? champion.misled : promised;
  const against: readonly (readonly [boolean, string])[] = [
    [
      !(gain >= logLossMargin),
      `its log-loss is ${said(challenger.logLoss)} where the champion's is ${said(champion.logLoss)}: ${logLossMargin} less are asked for`,
    ],
    [!(gainInterval.low > 0), `the gain may be chance: 90 % of the redraws lie between ${low} and ${high}`],
    [
      !(challenger.foretold >= champion.foretold),
      `it foretells ${percent(challenger.foretold)} of the outcomes where the champion foretells ${percent(champion.foretold)}`,
    ],
    [
      !(challenger.misled <= allowed),
      `of the actions that it would have been sure of, ${percent(challenger.misled)} did not help; at most ${percent(allowed)} may`,
    ],
  ];
  return against.flatMap(([is, why]) => (is ? [why] : []));
}

/** `promised`: the share of sure actions that may fail by the challenger's own threshold. */
type Figures = Omit<Promotion, 'kind' | 'because'> & { readonly promised: number };

interface Judged {
  readonly logLoss: number;
  readonly foretold: boolean;
  readonly helped: boolean;
  readonly sure: boolean;
}

/** One impossible thing that came true all the same must not outweigh everything else. */
const FLOOR = 1e-6;

function judge({ features, label }: JournalRow, predictor: Predictor): Judged {
  const probabilities = new Float64Array(predictor.model.classes.length);
  predictor.predict(features, probabilities);
  const recovers = probabilities[RECOVERED] ?? 0;
  const helped = label === RECOVERED;
  return {
    logLoss: -Math.log(Math.max(FLOOR, probabilities[label] ?? 0)),
    foretold: recovers > 0.5 === helped,
    helped,
    sure: recovers >= actThresholdOf(predictor.model),
  };
}

function figuresOf(judged: readonly Judged[]): ModelFigures {
  const mean = (of: (each: Judged) => number): number =>
    judged.length === 0 ? 0 : judged.reduce((sum, each) => sum + of(each), 0) / judged.length;
  const sure = mean((each) => Number(each.sure));
  return {
    logLoss: mean(({ logLoss }) => logLoss),
    foretold: mean(({ foretold }) => Number(foretold)),
    sure,
    misled: sure === 0 ? 0 : mean((each) => Number(each.sure && !each.helped)) / sure,
  };
}

function sumsOf(rows: readonly JournalRow[], values: readonly number[]): readonly Sum[] {
  const sums = new Map<string, Sum>();
  for (const [place, { group }] of rows.entries()) {
    const { total, rows: count } = sums.get(group) ?? { total: 0, rows: 0 };
    sums.set(group, { total: total + (values[place] ?? 0), rows: count + 1 });
  }
  return [...sums.values()];
}

function said(value: number): string {
  return value.toFixed(3);
}
