import type { Evidence } from '../../domain/diagnosis.ts';
import { HARMED, RECOVERED } from '../../score/by-model.ts';
import { expectedBadMinutes, type Odds } from '../../score/expected-cost.ts';
import type { HeldOutRow, Options } from './held-out.ts';

/** What the model would have done at one decision, and what came of it. */
export interface Choice {
  readonly remedy: string;
  readonly kind: string;
  /** Stated probability that the choice recovers. The product acts by the model when it reaches the threshold. */
  readonly certainty: number;
  readonly recovered: boolean;
  readonly harmed: boolean;
  /** Bad minutes more than under the best remedy there was, doing nothing included. In [0, ∞). */
  readonly regret: number;
  /** The same for doing nothing. */
  readonly regretOfNone: number;
}

/**
 * The remedy with the fewest expected bad minutes; of equal ones the first. Where a row does not say what the product itself
 * expected, the product's own formula is applied to a workload that suffers fully and to a remedy that costs nothing
 * (`formulaText`).
 */
export function choiceOf(options: Options): Choice | undefined {
  const first = options[0];
  if (first === undefined) return undefined;
  const none = oddsOf(options.find(({ remedy }) => remedy === 'none'));
  let chosen = first;
  let fewest = Infinity;
  for (const row of options) {
    const expected = row.expectedCost ?? expectedCost(row.remedy, oddsOf(row), none);
    if (expected >= fewest) continue;
    fewest = expected;
    chosen = row;
  }
  const best = options.reduce((least, { cost }) => Math.min(least, cost), first.costNone);
  return {
    remedy: chosen.remedy,
    kind: first.kind,
    certainty: chosen.probabilities[RECOVERED] ?? 0,
    recovered: chosen.truth === RECOVERED,
    harmed: chosen.truth === HARMED,
    regret: chosen.cost - best,
    regretOfNone: first.costNone - best,
  };
}

function expectedCost(remedy: string, odds: Odds, none: Odds): number {
  return expectedBadMinutes({ remedy }, odds, { evidence: SUFFERS_FULLY, none });
}

/** The formula of the expected bad minutes for people, with the constants of the product as they are. */
export function formulaText(): string {
  const never: Odds = { recovers: 0, harms: 0 };
  const byItself: Odds = { recovers: 1, harms: 0 };
  const nothing = expectedCost('none', never, never);
  const acting = expectedCost('any', never, byItself);
  const avoided = 1 - (expectedCost('any', byItself, never) - acting) / nothing;
  const harm = expectedCost('any', { recovers: 0, harms: 1 }, byItself) - acting;
  const [minutes, share, write, added] = [nothing, avoided, acting, harm].map((value) =>
    String(Number(value.toFixed(3))),
  );
  const remedy = `E(none) (1 - ${share} p(recovered)) + ${write} + ${added} p(harmed)`;
  return `E(none) = ${minutes} (1 - p(recovered | none)), E(remedy) = ${remedy}`;
}

function oddsOf(row: HeldOutRow | undefined): Odds {
  return { recovers: row?.probabilities[RECOVERED] ?? 0, harms: row?.probabilities[HARMED] ?? 0 };
}

/** Every request fails: the most that a minute can be worth, so that the odds alone tell remedies apart. */
const SUFFERS_FULLY: Evidence = {
  workload: { kind: 'Deployment', namespace: '', name: '' },
  at: 0,
  pods: [],
  revisions: [],
  nodes: [],
  events: [],
  logs: [],
  signals: { error_ratio: 1 },
  missing: [],
};

/** How several choices went. All figures are 0 where there are none to take them from. */
export interface ChoiceFigures {
  readonly decisions: number;
  /** Mean bad minutes more than under the best remedy that there was, whatever the model's certainty. */
  readonly regret: number;
  /** The same for doing nothing every time: what a model has to beat. */
  readonly regretOfNone: number;
  /** Share of the decisions in which the choice reaches the threshold: the model decides. */
  readonly decided: number;
  /** Of these, how many recovered. */
  readonly recoveredShare: number;
  /** Of the choices that reach the threshold and are not `none`, how many made things worse. */
  readonly harmfulShare: number;
}

export function figuresOf(choices: readonly Choice[], threshold: number): ChoiceFigures {
  const decided = choices.filter(({ certainty }) => certainty >= threshold);
  const acted = decided.filter(({ remedy }) => remedy !== 'none');
  return {
    decisions: choices.length,
    regret: mean(choices, ({ regret }) => regret),
    regretOfNone: mean(choices, ({ regretOfNone }) => regretOfNone),
    decided: choices.length === 0 ? 0 : decided.length / choices.length,
    recoveredShare: mean(decided, ({ recovered }) => Number(recovered)),
    harmfulShare: mean(acted, ({ harmed }) => Number(harmed)),
  };
}

/** One point of the risk-coverage curve: what is left when the model only decides where it is so sure. */
export interface RiskPoint {
  readonly threshold: number;
  /** Share of the decisions that the model takes. */
  readonly coverage: number;
  /** Of these, how many recovered; 0 when it never decides. */
  readonly accuracy: number;
  readonly harmfulShare: number;
}

const STEPS = 20;

/** The curve for the thresholds 0, 0.05, ... 0.95. Coverage only ever falls along it. */
export function riskCoverage(choices: readonly Choice[]): readonly RiskPoint[] {
  return Array.from({ length: STEPS }, (_, step) => {
    const threshold = step / STEPS;
    const { decided, recoveredShare, harmfulShare } = figuresOf(choices, threshold);
    return { threshold, coverage: decided, accuracy: recoveredShare, harmfulShare };
  });
}

/** What recovering and harming came to in bad minutes: what the constants of the expected cost are to be held against. */
export interface Consequences {
  /** Mean share of the bad minutes of doing nothing that remedies avoided where they recovered the workload. */
  readonly avoidedByRecovered: number;
  /** Mean bad minutes that remedies added where they harmed. */
  readonly addedByHarmed: number;
}

export function consequencesOf(rows: readonly HeldOutRow[]): Consequences {
  const remedies = rows.filter(({ remedy }) => remedy !== 'none');
  const recovered = remedies.filter(({ truth, costNone }) => truth === RECOVERED && costNone > 0);
  const harmed = remedies.filter(({ truth }) => truth === HARMED);
  return {
    avoidedByRecovered: mean(recovered, ({ cost, costNone }) => 1 - cost / costNone),
    addedByHarmed: mean(harmed, ({ cost, costNone }) => cost - costNone),
  };
}

function mean<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.length === 0 ? 0 : items.reduce((sum, item) => sum + value(item), 0) / items.length;
}
