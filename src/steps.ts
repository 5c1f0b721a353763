import type { Alert } from './domain/alert.ts';
import type { Attempt, Closed, Incident, IncidentBase, IncidentId, Outcome, Verifying } from './domain/incident.ts';
import type { ActionResult, Intent } from './domain/remedy.ts';
import { nextRestoreAt, plannedRestores } from './domain/undo-journal.ts';
import type { WorkloadKey } from './domain/workload.ts';
import type { ActionLimits } from './ports/store.ts';

/** One step of an incident: the phase it enters, when the next step is due, and what must be true to commit it. */
export interface Step {
  readonly after: Incident;
  readonly dueAt: number;
  readonly workload?: WorkloadKey;
  readonly mergeInto?: IncidentId;
  readonly intent?: { readonly intent: Intent; readonly workload: WorkloadKey; readonly limits: ActionLimits };
}

/** The step that ends an incident because another one of the same workload is open. */
export function mergeInto(incident: Incident, open: IncidentId, now: number): Step {
  const after: Closed = {
    ...baseOf(incident),
    phase: 'closed',
    outcome: 'merged',
    because: `incident ${open} of the same workload is open; its alerts joined that one`,
    closedAt: now,
    updatedAt: now,
    mergedInto: open,
  };
  return { after, dueAt: now, mergeInto: open };
}

/** The step that ends an incident, with everything it found. */
export function close(
  incident: Incident,
  deps: { readonly now: () => number },
  end: { readonly outcome: Outcome; readonly because: string; readonly location?: Closed['location'] },
): Step {
  const now = deps.now();
  const found = incident as Partial<Verifying>; // Every phase's fields are a subset of these, all optional here.
  const attempts = closedAttempts(incident);
  const restores = plannedRestores(attempts, now);
  const after: Closed = {
    ...baseOf(incident),
    phase: 'closed',
    outcome: outcomeAfter(attempts, end.outcome),
    because: end.because,
    closedAt: now,
    updatedAt: now,
    attempts,
    ...pick({
      location: end.location ?? found.location,
      diagnosis: found.diagnosis,
      candidates: found.candidates,
      verdict: found.verdict,
      verification: found.verification,
    }),
    ...(restores.length === 0 ? {} : { restores }),
  };
  return { after, dueAt: nextRestoreAt(after) ?? now };
}

/** How an incident may end that acted. The others say that nothing was done, or tell only of what came after. */
const ENDS_OF_ACTED: ReadonlySet<Outcome> = new Set(['healed', 'not-healed', 'unknown', 'merged']);

/**
 * The outcome of an incident, told by what was done in it: a remedy that did not help stays the news when a guard, a person or
 * a resolved alert ends the incident afterwards, and the scores of the next one hang on it.
 */
function outcomeAfter(attempts: readonly Attempt[], outcome: Outcome): Outcome {
  const last = attempts.findLast(({ result }) => wasDone(result));
  if (last === undefined || ENDS_OF_ACTED.has(outcome)) return outcome;
  const failed = last.verification?.verdict === 'not-recovered' && outcome !== 'cancelled';
  return failed ? 'not-healed' : 'unknown';
}

/** The attempts of an incident, the one under way included. */
function closedAttempts(incident: Incident): readonly Attempt[] {
  const acting = incident.phase === 'acted' || incident.phase === 'verifying';
  if (!acting || incident.intent === undefined || incident.result === undefined) {
    return incident.attempts;
  }
  if (incident.attempts.some((attempt) => attempt.intent.actionId === incident.intent?.actionId))
    return incident.attempts;
  const verification = incident.phase === 'verifying' ? pick({ verification: incident.verification }) : {};
  return [...incident.attempts, { intent: incident.intent, result: incident.result, ...verification }];
}

/** The step into an open phase whose next step is due at once. */
export function next(after: Exclude<Incident, Closed>, deps: { readonly now: () => number }): Step {
  const now = deps.now();
  return { after: { ...after, updatedAt: now, failures: 0 }, dueAt: now };
}

/** What every phase carries, without what this one found. */
export function baseOf(incident: Incident): IncidentBase {
  const { id, openedAt, updatedAt, alerts, rung, attempts, failures } = incident;
  return {
    id,
    openedAt,
    updatedAt,
    alerts,
    rung,
    attempts,
    failures,
    ...pick({ waited: incident.waited, looks: incident.looks }),
  };
}

/** Whether any alert of an incident still fires. */
export function anyFiring(alerts: readonly Alert[]): boolean {
  return alerts.some((alert) => alert.status === 'firing');
}

/** Whether an attempt may have changed the cluster. */
export function wasDone(result: ActionResult): boolean {
  return result.kind !== 'refused';
}

/** The given fields without the undefined ones. */
function pick<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>; // Object.entries loses the keys' types; only undefined values went.
  };
}
