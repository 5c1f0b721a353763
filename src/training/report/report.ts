import { RECOVERED } from '../../score/by-model.ts';
import { qualityOf, reliabilityOf, type Quality, type ReliabilityBin } from '../../score/forest/quality.ts';
import type { FeatureImportance } from '../importance.ts';
import { intervalsOf, type Interval, type Redraws } from './bootstrap.ts';
import {
  choiceOf,
  consequencesOf,
  figuresOf,
  riskCoverage,
  type Choice,
  type ChoiceFigures,
  type Consequences,
  type RiskPoint,
} from './choices.ts';
import { incidentsOf, predictionsFrom, type HeldOutRow, type Options } from './held-out.ts';

export const FIGURES = [
  'accuracy',
  'macroF1',
  'logLoss',
  'brier',
  'ece',
  'regret',
  'regretOfNone',
  'decided',
  'recoveredShare',
  'harmfulShare',
] as const;

export type FigureName = (typeof FIGURES)[number];

/** How the model does on the faults of one kind. */
export interface KindFigures extends ChoiceFigures {
  readonly kind: string;
  readonly rows: number;
  /** Of all rows of the kind, by class. */
  readonly accuracy: number;
}

export interface Report {
  readonly rows: number;
  readonly incidents: number;
  /** The certainty from which on the model decides. */
  readonly threshold: number;
  /** Row by row: how well the class is told. */
  readonly quality: Quality;
  /** Decision by decision: how good the choice is. */
  readonly choices: ChoiceFigures;
  readonly consequences: Consequences;
  /** 95 % intervals, by incident. */
  readonly intervals: Readonly<Partial<Record<FigureName, Interval>>>;
  /** The bins for the class `recovered` of every row: the probability that the decision reads. */
  readonly recovers: readonly ReliabilityBin[];
  readonly riskCoverage: readonly RiskPoint[];
  /** In alphabetical order. */
  readonly byKind: readonly KindFigures[];
  /** The most important first; empty where nobody measured it. */
  readonly importance: readonly FeatureImportance[];
}

export interface ReportOptions {
  /** The certainty from which on the model decides, in [0, 1]. */
  readonly threshold: number;
  readonly importance?: readonly FeatureImportance[];
  readonly redraws?: Redraws;
}

/** All that is to be known of a model from rows that it did not learn. Without rows all figures are 0. */
export function reportOf(rows: readonly HeldOutRow[], options: ReportOptions): Report {
  const { threshold, importance = [], redraws } = options;
  const incidents = incidentsOf(rows).map((decisions) => decisions.map(withChoice));
  const predictions = predictionsFrom(rows);
  const decisions = incidents.flat();
  const choices = choicesOf(decisions);
  return {
    rows: rows.length,
    incidents: incidents.length,
    threshold,
    quality: qualityOf(predictions),
    choices: figuresOf(choices, threshold),
    consequences: consequencesOf(rows),
    intervals: intervalsOf(incidents, (drawn) => allFigures(drawn.flat(), threshold), redraws),
    recovers: reliabilityOf(predictions, RECOVERED),
    riskCoverage: riskCoverage(choices),
    byKind: byKind(decisions, threshold),
    importance,
  };
}

interface Chosen {
  readonly options: Options;
  readonly choice: Choice | undefined;
}

function withChoice(options: Options): Chosen {
  return { options, choice: choiceOf(options) };
}

function choicesOf(decisions: readonly Chosen[]): readonly Choice[] {
  return decisions.flatMap(({ choice }) => choice ?? []);
}

function rowsOf(decisions: readonly Chosen[]): readonly HeldOutRow[] {
  return decisions.flatMap(({ options }) => options);
}

function allFigures(decisions: readonly Chosen[], threshold: number): Readonly<Record<FigureName, number>> {
  const { accuracy, macroF1, logLoss, brier, ece } = qualityOf(predictionsFrom(rowsOf(decisions)));
  const { regret, regretOfNone, decided, recoveredShare, harmfulShare } = figuresOf(choicesOf(decisions), threshold);
  const byRow = { accuracy, macroF1, logLoss, brier, ece };
  return { ...byRow, regret, regretOfNone, decided, recoveredShare, harmfulShare };
}

function byKind(decisions: readonly Chosen[], threshold: number): readonly KindFigures[] {
  const found = Map.groupBy(decisions, ({ options }) => options[0]?.kind ?? '');
  return [...found.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, own]) => {
      const { rows, accuracy } = qualityOf(predictionsFrom(rowsOf(own)));
      return { kind, rows, accuracy, ...figuresOf(choicesOf(own), threshold) };
    });
}

/** A figure of a report by its name. */
export function figureOf(report: Pick<Report, 'quality' | 'choices'>, name: FigureName): number {
  return { ...report.quality, ...report.choices }[name];
}
