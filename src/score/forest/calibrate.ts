import type { Predictions } from './quality.ts';

/** Keeps a vote of 0 from being taken for an impossibility. */
const FLOOR = 0.001;
/** Forests need about 0.5 to 0.8; far outside of this something else is wrong. */
const COLDEST = 0.05;
const HOTTEST = 20;
const STEPS = 60;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Turns the soft votes of one row, `classes` of them from place `start` on, into calibrated probabilities: their logarithms
 * are divided by the temperature. Below 1 it sharpens; it never changes which class is first. Allocates nothing.
 */
export function cool(votes: Float64Array, classes: number, temperature: number, start = 0): void {
  let all = 0;
  for (let place = start; place < start + classes; place += 1) {
    const lifted = ((votes[place] ?? 0) + FLOOR) / (1 + FLOOR * classes);
    const each = lifted ** (1 / temperature);
    votes[place] = each;
    all += each;
  }
  for (let place = start; place < start + classes; place += 1) votes[place] = (votes[place] ?? 0) / all;
}

/** Soft votes with every row calibrated; the votes themselves stay as they are. */
export function cooled(votes: Predictions, temperature: number): Predictions {
  const probabilities = votes.probabilities.slice();
  for (let row = 0; row < votes.labels.length; row += 1) {
    cool(probabilities, votes.classes, temperature, row * votes.classes);
  }
  return { ...votes, probabilities };
}

/**
 * The temperature, in [0.05, 20], that makes the labels least surprising (log-loss, weighted), by golden section on its
 * logarithm. The votes have to come from trees that did not learn the rows: out-of-bag or held out. 1 when there are none.
 */
export function fitTemperature(votes: Predictions, weights?: Float64Array): number {
  if (votes.labels.length === 0) return 1;
  const loss = (logarithm: number): number => surprise(votes, Math.exp(logarithm), weights);
  let low = Math.log(COLDEST);
  let high = Math.log(HOTTEST);
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let atLeft = loss(left);
  let atRight = loss(right);
  for (let step = 0; step < STEPS; step += 1) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = loss(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = loss(right);
    }
  }
  return Math.exp((low + high) / 2);
}

function surprise(
  { classes, probabilities, labels }: Predictions,
  temperature: number,
  weights?: Float64Array,
): number {
  const row = new Float64Array(classes);
  let sum = 0;
  for (const [index, label] of labels.entries()) {
    row.set(probabilities.subarray(index * classes, (index + 1) * classes));
    cool(row, classes, temperature);
    sum -= (weights?.[index] ?? 1) * Math.log(Math.max(Number.MIN_VALUE, row[label] ?? 0));
  }
  return sum;
}
