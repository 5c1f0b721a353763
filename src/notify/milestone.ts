import type { Decided, Incident } from '../domain/incident.ts';
import { isOpen } from '../domain/undo-journal.ts';

/** The moments of an incident that people are told about. */
export type Milestone = 'opened' | 'asked' | 'acted' | 'closed' | 'taken-back';

/**
 * Which milestone an incident has reached by entering its phase; undefined for phases that nobody needs to hear about.
 *
 * `opened` is the first decision that leads to something people can watch: to act, or to wait for a self-recovery. The
 * other verdicts end or ask within the same second, and that message says it all.
 */
export function milestone(incident: Incident): Milestone | undefined {
  if (incident.phase === 'decided') return opens(incident) ? 'opened' : undefined;
  if (incident.phase === 'awaiting-approval') return 'asked';
  if (incident.phase === 'acted') return 'acted';
  if (incident.phase !== 'closed' || incident.outcome === 'merged') return undefined;
  const { restores = [] } = incident;
  return restores.length > 0 && !restores.some(isOpen) ? 'taken-back' : 'closed';
}

/** Whether a step brought an incident to a milestone. */
export function isMilestone(after: Incident, before: Incident): boolean {
  const reached = milestone(after);
  return reached !== undefined && (after.phase !== before.phase || reached !== milestone(before));
}

/**
 * Names one milestone of one incident, e.g. `opened`, `acted-2` (rung 2): letters, digits and `-`. The same for the same
 * milestone whenever it is told.
 */
export function milestoneKey(incident: Incident): string | undefined {
  const reached = milestone(incident);
  return reached === 'asked' || reached === 'acted' ? `${reached}-${incident.rung}` : reached;
}

/** Whether the incident cannot go on, or did not end well, without a person. */
export function needsPerson(incident: Incident): boolean {
  if (incident.phase === 'awaiting-approval') return true;
  if (incident.phase !== 'closed') return false;
  return UNFINISHED.has(incident.outcome) || (incident.restores ?? []).some(({ state }) => LEFT_AS_IT_IS.has(state));
}

const LEFT_AS_IT_IS: ReadonlySet<string> = new Set(['refused', 'unknown']);
const UNFINISHED: ReadonlySet<string> = new Set(['refused', 'expired', 'not-healed', 'unknown', 'escalated']);

function opens({ rung, attempts, waited, verdict }: Decided): boolean {
  const first = rung === 1 && attempts.length === 0 && waited !== true;
  return first && (verdict.kind === 'act' || verdict.kind === 'wait');
}
