import type { Decided } from './domain/incident.ts';
import type { Refusal } from './domain/remedy.ts';
import { anyFiring } from './steps.ts';

/**
 * An illness that has just begun may not show yet what it is: a container that crashed once, a rollout that is not stuck
 * yet; or what would cure it may not be possible at this moment. The evidence is gathered again for about two minutes before
 * people are called. Looks are counted, not time: an incident that waited through an outage of the service gets them too.
 */
export function mayStillSettle(incident: Decided): boolean {
  const unknown = incident.diagnosis.causes[0].name === 'unknown';
  const passing = incident.candidates.some(({ refusal }) => refusal !== undefined && PASSING.has(refusal.code));
  const doubtful = incident.verdict.kind === 'refuse';
  return (unknown || passing || doubtful) && anyFiring(incident.alerts) && (incident.looks ?? 0) < LOOK_WAITS_MS.length;
}

/** Refusals of a state that changes by itself within a minute or two. */
const PASSING: ReadonlySet<Refusal['code']> = new Set(['no-disruption-allowed', 'rollout-in-progress']);

/** Before the second look, the third, and so on: together somewhat over two minutes. */
const LOOK_WAITS_MS = [15_000, 15_000, 15_000, 15_000, 30_000, 45_000];

/** How long to wait before looking again, after so many looks. Milliseconds. */
export function waitBeforeLook(looks: number): number {
  return LOOK_WAITS_MS[looks] ?? 0;
}
