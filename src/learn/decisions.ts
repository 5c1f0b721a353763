import type { Diagnosis } from '../domain/diagnosis.ts';
import type { Attempt, Closed, IncidentId, PastAction, Phase } from '../domain/incident.ts';
import type { Candidate, Intent, RemedyName } from '../domain/remedy.ts';
import type { JournalEvent } from '../ports/store.ts';
import type { ScoreQuestion } from '../score/score.ts';

/** One decision of a closed incident, as the journal tells it. */
export interface JournalledDecision {
  readonly incident: IncidentId;
  /** Which of the incident's decisions; 0 is the first. */
  readonly place: number;
  /** Epoch milliseconds: when the evidence was gathered. */
  readonly at: number;
  readonly closedAt: number;
  /** All that was known then, but for the remedies. */
  readonly known: Omit<ScoreQuestion, 'considered'>;
  /** As they were scored then, whoever scored them. */
  readonly candidates: readonly Candidate[];
  /** What was really done; absent where nothing was: observed, refused, denied, left to people. */
  readonly done?: Done;
}

export interface Done {
  /** `none` for waiting on purpose. */
  readonly remedy: RemedyName;
  /** `unknown` wherever nobody can tell whether it was this that helped. */
  readonly ended: 'recovered' | 'not-recovered' | 'unknown';
}

/** So far back the scores look at what was done to a workload. */
export const HISTORY_MS = 24 * 60 * 60 * 1000;

/** What the steps of an incident say, laid over each other. Every field is as the last step left it. */
interface Told {
  readonly phase?: Phase;
  readonly diagnosis?: Diagnosis;
  readonly candidates?: readonly Candidate[];
  readonly attempts?: readonly Attempt[];
  readonly rung?: number;
  readonly waited?: true;
  readonly intent?: Intent;
  readonly outcome?: Closed['outcome'];
}

/**
 * Every decision of a closed incident, oldest first, with what was done and how it ended. `events` is its whole history:
 * the closed incident itself only carries the last diagnosis. `actions` are those on its workload, in any order; how actions
 * of this very incident ended is left out, since nobody knew it when the decision was made. Pure.
 */
export function decisionsOf(
  incident: Closed,
  events: readonly JournalEvent[],
  actions: readonly PastAction[],
): readonly JournalledDecision[] {
  const found: JournalledDecision[] = [];
  let before: Told = {};
  for (const event of events) {
    if (event.kind !== 'step' || !isRecord(event.body)) continue;
    const now = laidOver(before, event.body);
    if (before.phase === 'diagnosed' && now.phase === 'scored') {
      const decision = decisionOf(incident, now, actions);
      if (decision !== undefined) found.push({ ...decision, place: found.length });
    }
    const done = doneBy(before, now);
    const last = found.at(-1);
    if (done !== undefined && last !== undefined) found[found.length - 1] = { ...last, done };
    before = now;
  }
  return found;
}

function decisionOf(
  { id: incident, alerts, closedAt }: Closed,
  { diagnosis, candidates, attempts = [], rung = 1 }: Told,
  actions: readonly PastAction[],
): Omit<JournalledDecision, 'place'> | undefined {
  if (diagnosis === undefined || candidates === undefined) return undefined;
  const { at } = diagnosis.evidence;
  const history = actions
    .filter((action) => action.at <= at && action.at >= at - HISTORY_MS)
    .map(({ outcome, ...action }) =>
      outcome === undefined || action.actionId.startsWith(`${incident}/`) ? action : { ...action, outcome },
    );
  const known = { diagnosis, history, alerts, attempts, rung };
  return { incident, at, closedAt, known, candidates };
}

/** What a step shows to have been done, and how it ended as far as that is known by now. */
function doneBy(before: Told, now: Told): Done | undefined {
  if (now.phase === 'acted' || (now.phase === 'verifying' && before.phase !== 'verifying')) {
    return { remedy: now.intent?.remedy ?? 'none', ended: 'unknown' };
  }
  if (before.phase !== 'verifying' || (now.phase !== 'located' && now.phase !== 'closed')) return undefined;
  return before.intent === undefined
    ? { remedy: 'none', ended: endOfWaiting(now) }
    : { remedy: before.intent.remedy, ended: endOfAction(before.intent, now) };
}

function endOfWaiting({ phase, outcome, waited }: Told): Done['ended'] {
  if (phase === 'located') return waited === true ? 'not-recovered' : 'unknown';
  return outcome === 'self-recovered' ? 'recovered' : 'unknown';
}

/** An incident that ends for another reason while it is being watched leaves its last look behind, which is no judgement. */
const JUDGED: ReadonlySet<Closed['outcome'] | undefined> = new Set(['healed', 'not-healed']);

function endOfAction({ actionId }: Intent, { phase, outcome, attempts = [] }: Told): Done['ended'] {
  const attempt = attempts.find(({ intent }) => intent.actionId === actionId);
  // Of a write that may never have happened nobody knows what it did.
  const written = attempt?.result.kind === 'done' || attempt?.result.kind === 'already-done';
  if (!written || (phase === 'closed' && !JUDGED.has(outcome))) return 'unknown';
  return attempt.verification?.verdict ?? 'unknown';
}

function laidOver(before: Told, record: Readonly<Record<string, unknown>>): Told {
  const fields = Object.entries({ ...before, ...record }).filter(([, value]) => value !== null);
  // The store writes these records from incidents, field by field; null stands for one that is gone.
  return Object.fromEntries(fields) as Told;
}

function isRecord(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
