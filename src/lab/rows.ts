import { HARMED, NOT_RECOVERED, RECOVERED } from '../score/by-model.ts';
import type { ReplayedRow } from '../training/report/replayed-rows.ts';
import type { Consequence } from './replay.ts';

/**
 * One remedy in one simulated incident: what was known, and what it really did. Rows of one story belong together, whatever
 * workload and rung they are about: they share the fault.
 */
export interface SimulatedRow extends ReplayedRow {
  readonly decision: number;
  readonly label: typeof HARMED | typeof NOT_RECOVERED | typeof RECOVERED;
}

/** Less than this is nothing to act for. Bad minutes. */
export const NEGLIGIBLE = 0.5;
const HELPS = 0.5;
const HARM_RATIO = 1.1;
const HARM_MINUTES = 0.5;

/**
 * What a remedy did, told by the same world without it: it helped when it avoided at least half of the bad minutes that
 * doing nothing cost, and harmed when it added a tenth of them and half a minute. Doing nothing helped when there was
 * nothing left to suffer; then nothing else can have helped.
 */
export function labelOf(consequence: Consequence, none: Consequence): SimulatedRow['label'] {
  const { badMinutes } = consequence;
  if (consequence.remedy === 'none') return badMinutes < NEGLIGIBLE ? RECOVERED : NOT_RECOVERED;
  if (badMinutes > none.badMinutes * HARM_RATIO + HARM_MINUTES) return HARMED;
  if (none.badMinutes < NEGLIGIBLE) return NOT_RECOVERED;
  return badMinutes <= none.badMinutes * (1 - HELPS) ? RECOVERED : NOT_RECOVERED;
}
