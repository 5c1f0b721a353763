import { largest } from './predict.ts';

/** What a model said about rows whose truth is known. */
export interface Predictions {
  readonly classes: number;
  /** `row * classes + class`. Each row sums to 1. */
  readonly probabilities: Float64Array;
  readonly labels: Int32Array;
}

/** Rows whose probability fell into one tenth of [0, 1]. */
export interface ReliabilityBin {
  readonly rows: number;
  /** Mean probability that was stated; 0 without rows. */
  readonly stated: number;
  /** Share of the rows that came true; 0 without rows. */
  readonly came: number;
}

export interface Quality {
  readonly rows: number;
  readonly accuracy: number;
  /** Mean of the F1 of every class that occurs among labels or predictions. */
  readonly macroF1: number;
  /** Mean of -ln p(label). */
  readonly logLoss: number;
  /** Mean over rows of the sum of squared errors over all classes: in [0, 2]. */
  readonly brier: number;
  /** Expected calibration error of the first class of each row, over the ten bins: in [0, 1]. */
  readonly ece: number;
  readonly reliability: readonly ReliabilityBin[];
}

/** What is left when the model only speaks where it is sure. */
export interface Abstention {
  /** It speaks when the probability of its first class is at least this. */
  readonly threshold: number;
  /** Share of rows on which it speaks. */
  readonly coverage: number;
  /** How often it is right there; 0 when it never speaks. */
  readonly accuracy: number;
}

const BINS = 10;

/** All figures are 0 when there are no rows. */
export function qualityOf(predictions: Predictions): Quality {
  const { classes, probabilities, labels } = predictions;
  const rows = labels.length;
  const confusion = new Float64Array(classes * classes);
  let [right, logLoss, brier] = [0, 0, 0];
  for (const [row, label] of labels.entries()) {
    const said = probabilities.subarray(row * classes, (row + 1) * classes);
    const first = largest(said);
    confusion[label * classes + first] = (confusion[label * classes + first] ?? 0) + 1;
    if (first === label) right += 1;
    logLoss -= Math.log(Math.max(Number.MIN_VALUE, said[label] ?? 0));
    for (const [each, probability] of said.entries()) brier += (probability - (each === label ? 1 : 0)) ** 2;
  }
  const reliability = reliabilityOf(predictions);
  return {
    rows,
    accuracy: share(right, rows),
    macroF1: macroF1(confusion, classes),
    logLoss: share(logLoss, rows),
    brier: share(brier, rows),
    ece: share(
      reliability.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.stated - bin.came), 0),
      rows,
    ),
    reliability,
  };
}

/**
 * The ten bins, for the first class of each row, or for one class: of a binary model "recovers" that one is the question,
 * since a decision reads its probability as a share of cases.
 */
export function reliabilityOf(predictions: Predictions, label?: number): readonly ReliabilityBin[] {
  const { classes, probabilities, labels } = predictions;
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, stated: 0, came: 0 }));
  for (const [row, truth] of labels.entries()) {
    const said = probabilities.subarray(row * classes, (row + 1) * classes);
    const asked = label ?? largest(said);
    const stated = said[asked] ?? 0;
    const bin = bins[Math.min(BINS - 1, Math.floor(stated * BINS))];
    if (bin === undefined) continue;
    bin.rows += 1;
    bin.stated += stated;
    if (truth === asked) bin.came += 1;
  }
  return bins.map(({ rows, stated, came }) => ({ rows, stated: share(stated, rows), came: share(came, rows) }));
}

/** Coverage and accuracy at each threshold. */
export function abstentionCurve(predictions: Predictions, thresholds: readonly number[]): readonly Abstention[] {
  const { classes, probabilities, labels } = predictions;
  return thresholds.map((threshold) => {
    let [spoken, right] = [0, 0];
    for (const [row, label] of labels.entries()) {
      const said = probabilities.subarray(row * classes, (row + 1) * classes);
      const first = largest(said);
      if ((said[first] ?? 0) < threshold) continue;
      spoken += 1;
      if (first === label) right += 1;
    }
    return { threshold, coverage: share(spoken, labels.length), accuracy: share(right, spoken) };
  });
}

function macroF1(confusion: Float64Array, classes: number): number {
  let [sum, met] = [0, 0];
  for (let label = 0; label < classes; label += 1) {
    let [truly, said] = [0, 0];
    for (let other = 0; other < classes; other += 1) {
      truly += confusion[label * classes + other] ?? 0;
      said += confusion[other * classes + label] ?? 0;
    }
    if (truly + said === 0) continue;
    met += 1;
    sum += (2 * (confusion[label * classes + label] ?? 0)) / (truly + said);
  }
  return share(sum, met);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
