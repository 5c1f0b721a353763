import { formulaText } from './choices.ts';
import { decimal, percent, table } from './markdown.ts';
import { figureOf, type FigureName, type Report } from './report.ts';

interface FigureText {
  readonly figure: FigureName;
  readonly name: string;
  readonly meaning: string;
  readonly show: (value: number) => string;
}

/** Every figure of a report with its name and what it means, in the order in which people read them. */
export const FIGURE_TEXTS: readonly FigureText[] = [
  { figure: 'accuracy', name: 'accuracy', meaning: 'share of the rows whose class was told', show: decimal },
  {
    figure: 'macroF1',
    name: 'macro-F1',
    meaning: 'mean of the F1 of the classes, so that rare ones count',
    show: decimal,
  },
  { figure: 'logLoss', name: 'log-loss', meaning: 'mean of -ln of the probability of what came true', show: decimal },
  {
    figure: 'brier',
    name: 'Brier',
    meaning: 'mean squared error of the probabilities, summed over the classes',
    show: decimal,
  },
  { figure: 'ece', name: 'ECE', meaning: 'how far stated probabilities are from real shares, ten bins', show: decimal },
  {
    figure: 'regret',
    name: 'regret',
    meaning:
      'bad minutes of the choice minus those of the best remedy there was, mean over the decisions. The choice is the remedy with the fewest ' +
      `expected bad minutes: what the product itself expected where the rows say so, otherwise ${formulaText()}`,
    show: decimal,
  },
  {
    figure: 'regretOfNone',
    name: 'regret of doing nothing',
    meaning: 'the same for never doing anything',
    show: decimal,
  },
  {
    figure: 'decided',
    name: 'decided',
    meaning: 'share of the decisions in which the model is sure enough',
    show: percent,
  },
  { figure: 'recoveredShare', name: 'recovered', meaning: 'of these, how many recovered', show: percent },
  {
    figure: 'harmfulShare',
    name: 'harmed',
    meaning: 'of the actions among these, how many made things worse',
    show: percent,
  },
];

/** The figures with their intervals, as a table. */
export function figureTable(report: Report): string {
  const rows = FIGURE_TEXTS.map(({ figure, name, show }) => {
    const interval = report.intervals[figure];
    const around = interval === undefined ? '' : `${show(interval.low)} to ${show(interval.high)}`;
    return [name, show(figureOf(report, figure)), around];
  });
  return table(['figure', 'value', '95 % interval'], rows);
}
