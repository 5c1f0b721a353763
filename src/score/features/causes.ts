import type { CauseName } from '../../domain/diagnosis.ts';
import { PASSES_BY_ITSELF } from '../passing.ts';
import { columnsOf } from './column.ts';
import type { Situation } from './situation.ts';

// Object.keys knows only strings; the record has every cause and nothing else.
const CAUSES = (Object.keys(PASSES_BY_ITSELF) as readonly CauseName[]).toSorted();

/** How sure the diagnosis is of each cause, in alphabetical order. */
export const CAUSE_COLUMNS = columnsOf<Situation>(
  'causes',
  CAUSES.map((cause) => ({
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
