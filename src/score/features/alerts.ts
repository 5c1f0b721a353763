import type { Alert } from '../../domain/alert.ts';
import { columnsOf } from './column.ts';
import type { Situation } from './situation.ts';

/** Severities as rules commonly name them. Others say nothing. */
const SEVERITIES: ReadonlyMap<string, number> = new Map([
  ['info', 0],
  ['notice', 0],
  ['warning', 1],
  ['error', 1],
  ['critical', 2],
  ['page', 2],
  ['emergency', 2],
]);

export const ALERT_COLUMNS = columnsOf<Situation>('alerts', [
  {
    name: 'alert_severity',
    unit: 'rank',
    range: [0, 2],
    meaning: 'The highest severity that fires: 0 information, 1 warning, 2 critical. Missing where no label says.',
    value: ({ firing }) => severityOf(firing),
  },
]);

function severityOf(firing: readonly Alert[]): number | undefined {
  const ranks = firing
    .map(({ labels }) => SEVERITIES.get((labels['severity'] ?? '').toLowerCase()))
    .filter((rank) => rank !== undefined);
  return ranks.length === 0 ? undefined : Math.max(...ranks);
}
