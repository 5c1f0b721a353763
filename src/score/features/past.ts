import { columnsOf, LOG_COUNT } from './column.ts';
import { logOf } from './numbers.ts';
import type { Situation } from './situation.ts';

/** What was done to the workload before, whatever is to be done now. */
export const PAST_COLUMNS = columnsOf<Situation>('history', [
  {
    name: 'past_failures',
    ...LOG_COUNT,
    meaning: 'Actions on the workload that did not help, in the time that the history reaches back.',
    value: ({ actions }) => logOf(actions.filter(({ end }) => end === 'failed').length),
  },
  {
    name: 'rung',
    unit: 'number',
    range: [1, 10],
    meaning: 'Which try of this incident it is.',
    value: ({ question }) => question.rung,
  },
]);
