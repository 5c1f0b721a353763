import { columnsOf, FLAG, LOG_COUNT, LOG_MINUTES } from './column.ts';
import { flag, logOf, minutesFrom } from './numbers.ts';
import type { Situation } from './situation.ts';

/** What was done to the workload before, whatever is to be done now. */
export const PAST_COLUMNS = columnsOf<Situation>('history', [
  {
    name: 'past_actions',
    ...LOG_COUNT,
    meaning: 'Actions on the workload in the time that the history reaches back.',
    value: ({ actions }) => logOf(actions.length),
  },
  {
    name: 'past_failures',
    ...LOG_COUNT,
    meaning: 'Those of them that did not help.',
    value: ({ actions }) => logOf(actions.filter(({ end }) => end === 'failed').length),
  },
  {
    name: 'since_last_action',
    unit: LOG_MINUTES.unit,
    range: [0, 11],
    meaning: 'How long ago the last of them was. Missing where there was none.',
    value: ({ actions, at }) => logOf(minutesFrom(actions.at(-1)?.at, at)),
  },
  {
    name: 'rung',
    unit: 'number',
    range: [1, 10],
    meaning: 'Which try of this incident it is.',
    value: ({ question }) => question.rung,
  },
  {
    name: 'tried_remedies',
    ...LOG_COUNT,
    meaning: 'Different remedies that were applied in this incident.',
    value: ({ tried }) => logOf(tried.size),
  },
  {
    name: 'waited',
    ...FLAG,
    meaning: 'AutoHeal waited for a self-recovery, and it did not come.',
    value: ({ question }) => flag(question.waited),
  },
]);
