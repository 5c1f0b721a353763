import { createHash } from 'node:crypto';

import type { Candidate } from '../../domain/remedy.ts';
import { ALERT_COLUMNS } from './alerts.ts';
import { CAUSE_COLUMNS } from './causes.ts';
import { columnsOf, fill, type Column, type FeatureSpec } from './column.ts';
import { PAST_COLUMNS } from './past.ts';
import { POD_COLUMNS } from './pods.ts';
import type { FeatureQuestion } from './question.ts';
import { CHOICE_COLUMNS, type Choice } from './remedy.ts';
import { SIGNAL_COLUMNS } from './signals.ts';
import { situationOf, type Situation } from './situation.ts';
import { WORKLOAD_COLUMNS } from './workload.ts';

/** Raised by hand whenever a column comes to mean something else, or is cut elsewhere, while its name and unit stay. */
export const FEATURE_VERSION = 2;

const SITUATION_COLUMNS: readonly Column<Situation>[] = [
  ...ALERT_COLUMNS,
  ...SIGNAL_COLUMNS,
  ...POD_COLUMNS,
  ...WORKLOAD_COLUMNS,
  ...PAST_COLUMNS,
  ...CAUSE_COLUMNS,
];

/** Asked after all columns of the situation, of what they came to. */
const ROW_COLUMNS = columnsOf<Float64Array>('row', [
  {
    name: 'missing_count',
    unit: 'count',
    range: [0, SITUATION_COLUMNS.length],
    meaning: 'How many of the columns before this one are missing.',
    value: (shared) => shared.subarray(0, SITUATION_COLUMNS.length).filter((value) => Number.isNaN(value)).length,
  },
]);

const SHARED = SITUATION_COLUMNS.length + ROW_COLUMNS.length;

/** Every column of a row, in order: first those of the situation, then those in which candidates differ. */
export const FEATURES: readonly FeatureSpec[] = [...SITUATION_COLUMNS, ...ROW_COLUMNS, ...CHOICE_COLUMNS].map(
  ({ name, unit, range, source, meaning }) => ({ name, unit, range, source, meaning }),
);

/** What a row of this version holds: what a model must have been trained on to be asked. */
export const FEATURE_LIST = { features: FEATURES.map(({ name }) => name), featureVersion: FEATURE_VERSION };

/** sha256 over the version and the names and units of the features in their order, in hexadecimal. */
export function featureHash(): string {
  const content = [FEATURE_VERSION, FEATURES.map(({ name, unit }) => [name, unit])];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/**
 * The rows of a question: the part that all candidates share is worked out here, the rest on each call. A row has one value
 * for each of `FEATURES`, in their order: within the feature's range, or NaN where it is missing or cannot be true. Pure, and
 * the same for live and for simulated evidence. Nothing that became known after `evidence.at` shows in it.
 */
export function makeFeatureRow(question: FeatureQuestion): (candidate: Candidate) => Float64Array {
  const situation = situationOf(question);
  const shared = new Float64Array(FEATURES.length);
  fill(shared, 0, SITUATION_COLUMNS, situation);
  fill(shared, SITUATION_COLUMNS.length, ROW_COLUMNS, shared);
  return (candidate) => {
    const row = shared.slice();
    fill(row, SHARED, CHOICE_COLUMNS, choiceOf(situation, candidate));
    return row;
  };
}

/** The row of one candidate. `makeFeatureRow` is cheaper for several of the same question. */
export function featuresOf(question: FeatureQuestion, candidate: Candidate): Float64Array {
  return makeFeatureRow(question)(candidate);
}

function choiceOf(situation: Situation, candidate: Candidate): Choice {
  const traits = situation.question.traits.find(({ name }) => name === candidate.remedy);
  return { situation, candidate, ...(traits !== undefined && { traits }) };
}
