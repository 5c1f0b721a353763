import type { CauseName } from '../../domain/diagnosis.ts';
import { columnsOf } from './column.ts';
import type { Situation } from './situation.ts';

/**
 * The causes that have a column of their own, in alphabetical order. Of the others the model learned nothing beyond what
 * the columns of the remedy say: how likely it cures the cause that it is meant for, and how sure the diagnosis is of that.
 */
const OWN_COLUMN: readonly CauseName[] = [
  'cpu-throttling',
  'dependency-failure',
  'errors-after-rollout',
  'memory-leak',
  'node-not-ready',
  'one-bad-pod',
];

/** How sure the diagnosis is of a cause. */
export const CAUSE_COLUMNS = columnsOf<Situation>(
  'causes',
  OWN_COLUMN.map((cause) => ({
    name: `cause_${snake(cause)}`,
    unit: 'confidence',
    range: [0, 1],
    meaning: `The diagnosis names ${cause}; 0 where it was looked for and not found.`,
    value: ({ question }: Situation) => confidenceIn(cause, question),
  })),
);

/** The confidence in a cause; 0 where the diagnosis does not name it. */
export function confidenceIn(cause: CauseName, { diagnosis }: Situation['question']): number {
  return diagnosis.causes.find(({ name }) => name === cause)?.confidence ?? 0;
}

/** A name with hyphens as the name of a column. */
export function snake(name: string): string {
  return name.replaceAll('-', '_');
}
