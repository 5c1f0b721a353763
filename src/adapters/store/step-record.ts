import type { Incident } from '../../domain/incident.ts';

/** What the journal keeps of a step. `null` stands for a field that the new phase does not carry any more. */
export type StepRecord = Readonly<Record<string, unknown>>;

// Alerts have events of their own, and failures are counted by the events of the failed steps.
const NOT_RECORDED: ReadonlySet<string> = new Set(['alerts', 'failures']);

/**
 * The phase, and only the fields that are new or changed since the phase before: evidence is written once, with the step
 * that gathered it. Laying the records of an incident over each other in order gives the incident back. Pure.
 */
export function stepRecord(before: Incident, after: Incident): StepRecord {
  const known = new Map<string, unknown>(Object.entries(before));
  const record: Record<string, unknown> = { phase: after.phase };
  for (const [field, value] of Object.entries(after)) {
    if (NOT_RECORDED.has(field) || value === undefined) continue;
    if (!sameJson(known.get(field), value)) record[field] = value;
  }
  const kept = new Map<string, unknown>(Object.entries(after));
  for (const [field, value] of known) {
    if (!NOT_RECORDED.has(field) && value !== undefined && kept.get(field) === undefined) record[field] = null;
  }
  return record;
}

/** Whether two values are the same in the journal, which holds JSON. */
function sameJson(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
