import type { Candidate, Forecast } from '../domain/remedy.ts';
import { percent } from '../domain/percent.ts';
import { expectedBadMinutes, type Odds } from './expected-cost.ts';
import { makeFeatureRow } from './features/features.ts';
import type { FeatureQuestion, RemedyTraits } from './features/question.ts';
import { actThresholdOf } from './forest/model.ts';
import type { Predictor } from './forest/predictor.ts';
import { scoreByRules } from './rules.ts';
import type { Score, ScoreQuestion } from './score.ts';

/** The places of the classes that every model of remedies tells apart. */
export const HARMED = 0;
export const NOT_RECOVERED = 1;
export const RECOVERED = 2;
export const CLASSES = ['harmed', 'not-recovered', 'recovered'] as const;

/** A model that is asked. */
export interface ModelInUse {
  /** The first digits of its checksum. */
  readonly id: string;
  readonly predictor: Predictor;
}

export interface ModelScoreDeps {
  /** The champion of the moment; undefined where there is none. */
  readonly champion: () => ModelInUse | undefined;
  readonly traits: readonly RemedyTraits[];
  /** The score from which the policy lets a remedy act: what the rules are sure of. That of the shipped policy unless given. */
  readonly actFrom?: number;
}

const SHOWN_FEATURES = 5;
/** The score at which the shipped policy lets the rules act. */
const RULES_SURE = 0.5;
/** So many bad minutes in the quarter of an hour have to be saved for the rules to be overruled. */
const WORTH_MINUTES = 1;

/**
 * Scores by the model where it may be believed, and by the rules everywhere else. The model decides when the candidate with
 * the fewest expected bad minutes is like what it learned from, when it is sure of it, and when that is clearly better than
 * what the rules would do; then the scores of all candidates are its probabilities. Where it does not decide, its forecasts stand beside the scores of the rules, and the best
 * candidate's `because` says why.
 */
export function makeScore({ champion, traits, actFrom = RULES_SURE }: ModelScoreDeps): Score {
  return (question) => {
    const byRules = scoreByRules(question);
    const model = champion();
    return model === undefined ? byRules : withModel(byRules, question, { model, traits, actFrom });
  };
}

interface Asked {
  readonly candidate: Candidate;
  readonly row: Float64Array;
  readonly odds: Odds;
  readonly probabilities: Float64Array;
}

function withModel(
  byRules: readonly Candidate[],
  question: ScoreQuestion,
  {
    model,
    traits,
    actFrom,
  }: { readonly model: ModelInUse; readonly traits: readonly RemedyTraits[]; readonly actFrom: number },
): readonly Candidate[] {
  const { predictor } = model;
  const open = byRules.filter((each) => each.refusal === undefined);
  const asked = ask(open, { ...question, candidates: byRules, traits }, predictor);
  const none = asked.find(({ candidate }) => candidate.remedy === 'none')?.odds ?? { recovers: 0, harms: 0 };
  const { evidence } = question.diagnosis;
  const costs = asked.map(({ candidate, odds }) => expectedBadMinutes(candidate, odds, { evidence, none }));
  const best = asked[costs.indexOf(Math.min(...costs))];
  if (best === undefined) return byRules;
  const doubt = doubtOf(best, predictor) ?? noBetter({ asked, costs }, best, sureOf(byRules, actFrom));
  const decides = doubt === undefined;
  const forecasts = new Map(
    asked.map(({ candidate, odds }, place): readonly [string, Forecast] => [
      candidate.remedy,
      { model: model.id, ...odds, expectedBadMinutes: costs[place] ?? 0, decides },
    ]),
  );
  const why = decides
    ? `model ${model.id}: ${said(best)}; ${explained(best, predictor)}`
    : `the rules decide, for model ${model.id} is not sure: ${doubt}`;
  return byRules
    .map((candidate) => withForecast(candidate, forecasts.get(candidate.remedy)))
    .toSorted(decides ? fewestBadMinutesFirst : () => 0)
    .map((candidate, place) => (place === 0 ? { ...candidate, because: [why, ...candidate.because] } : candidate));
}

function ask(open: readonly Candidate[], question: FeatureQuestion, predictor: Predictor): readonly Asked[] {
  const rowOf = makeFeatureRow(question);
  const width = predictor.model.features.length;
  const classes = predictor.model.classes.length;
  const rows = new Float64Array(open.length * width);
  for (const [place, candidate] of open.entries()) rows.set(rowOf(candidate), place * width);
  const probabilities = new Float64Array(open.length * classes);
  predictor.predict(rows, probabilities);
  return open.map((candidate, place) => {
    const own = probabilities.subarray(place * classes, (place + 1) * classes);
    return {
      candidate,
      row: rows.subarray(place * width, (place + 1) * width),
      odds: { recovers: own[RECOVERED] ?? 0, harms: own[HARMED] ?? 0 },
      probabilities: own,
    };
  });
}

/** Why the model had better not decide; undefined where it may. */
function doubtOf({ candidate, row, odds, probabilities }: Asked, predictor: Predictor): string | undefined {
  const gate = actThresholdOf(predictor.model);
  // That the row is a usual one is asked first; how sure the model has to be is a matter of the probability that counts.
  const support = predictor.support(row, probabilities, 0);
  if (support.kind === 'out') return support.why;
  if (odds.recovers >= gate) return undefined;
  return `${candidate.remedy} would be its choice, with ${percent(odds.recovers)} to help where ${percent(gate)} are asked for`;
}

/** What the rules would have done, as far as the policy lets it. */
function sureOf([first]: readonly Candidate[], actFrom: number): Candidate | undefined {
  return first !== undefined && first.score >= actFrom ? first : undefined;
}

/**
 * Why the rules' own choice will do: where they are sure of it, the model overrules them only for what it expects to be
 * clearly better, for small differences are the noise of a forest.
 */
function noBetter(
  { asked, costs }: { readonly asked: readonly Asked[]; readonly costs: readonly number[] },
  best: Asked,
  byRules: Candidate | undefined,
): string | undefined {
  if (byRules === undefined || byRules.remedy === best.candidate.remedy) return undefined;
  const place = asked.findIndex(({ candidate }) => candidate.remedy === byRules.remedy);
  const saved = (costs[place] ?? Infinity) - Math.min(...costs);
  if (saved >= WORTH_MINUTES) return undefined;
  return `${best.candidate.remedy} would save ${saved.toFixed(1)} bad minutes beside ${byRules.remedy}, which is no reason to overrule them`;
}

function withForecast(candidate: Candidate, forecast: Forecast | undefined): Candidate {
  if (forecast === undefined) return candidate;
  return { ...candidate, forecast, ...(forecast.decides ? { score: rounded(forecast.recovers) } : {}) };
}

function fewestBadMinutesFirst(a: Candidate, b: Candidate): number {
  return (a.forecast?.expectedBadMinutes ?? Infinity) - (b.forecast?.expectedBadMinutes ?? Infinity) || 0;
}

function said({ candidate, odds }: Asked): string {
  const helps = candidate.remedy === 'none' ? 'it passes by itself' : `${candidate.remedy} helps`;
  return `${helps} with ${percent(odds.recovers)}, makes it worse with ${percent(odds.harms)}`;
}

function explained({ row }: Asked, predictor: Predictor): string {
  const { features } = predictor.model;
  const { contributions } = predictor.explain(row, RECOVERED, SHOWN_FEATURES);
  return contributions
    .map(({ feature, amount }) => {
      const value = row[features.indexOf(feature)] ?? Number.NaN;
      const shown = Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'missing';
      return `${feature} = ${shown} (${amount < 0 ? '' : '+'}${amount.toFixed(2)})`;
    })
    .join(', ');
}

function rounded(score: number): number {
  return Math.round(score * 1000) / 1000;
}
