import type { Closed, Restore } from './domain/incident.ts';
import { refusalText, type Refusal } from './domain/remedy.ts';
import { isOpen, nextRestoreAt, requestedRestores, withRequested } from './domain/undo-journal.ts';
import type { Step } from './steps.ts';

/** What became of one try to take a change back. */
export type TakenBack =
  | { readonly kind: 'undone' | 'already-undone' | 'unknown'; readonly detail: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface RestoreDeps {
  /** Why a change must stay for now; undefined when it may be taken back. */
  readonly mayTakeBack: (incident: Closed, restore: Restore) => Promise<Refusal | undefined>;
  /** Sends the one write of an undo, unless the object shows it already or was changed by somebody else. */
  readonly takeBack: (restore: Restore) => Promise<TakenBack>;
  readonly now: () => number;
}

/** How long a change is left where it is before it is asked again whether it may be taken back. */
const ASK_AGAIN_MS = 60_000;

/**
 * The next step of a closed incident that has something to take back. Like every other write, an undo is committed as
 * intended (`sending`) by one step and sent by the next.
 *
 * @throws AutoHealError when an outside part fails; the incident stays as it is and is tried again.
 */
export async function takeBackNext(incident: Closed, deps: RestoreDeps): Promise<Step> {
  const now = deps.now();
  if (incident.undoRequest !== undefined) return acceptRequest(incident, incident.undoRequest.by, now);
  const due = firstDue(incident);
  if (due === undefined) return stepTo(incident, incident.restores ?? [], now);
  const { restore, at } = due;
  const changed = restore.state === 'sending' ? await send(restore, deps) : await prepare(incident, restore, deps);
  return stepTo(incident, (incident.restores ?? []).with(at, changed), now);
}

/** The step after a restore failed for good: it is left as it is, and people are told. */
export function giveUpRestore(incident: Closed, because: string, now: number): Step {
  const due = firstDue(incident);
  const { undoRequest: _, ...rest } = incident;
  if (due === undefined) return stepTo(rest, incident.restores ?? [], now);
  const state = due.restore.state === 'sending' ? 'unknown' : 'refused';
  return stepTo(rest, (incident.restores ?? []).with(due.at, { ...due.restore, state, detail: because }), now);
}

function acceptRequest(incident: Closed, by: string, now: number): Step {
  const { undoRequest: _, ...rest } = incident;
  return stepTo(rest, withRequested(incident, requestedRestores(incident, by, now)), now);
}

/** The open restore that is due first; of those due at the same time the first in the list. */
function firstDue({ restores = [] }: Closed): { readonly restore: Restore; readonly at: number } | undefined {
  let first: { restore: Restore; at: number } | undefined;
  for (const [at, restore] of restores.entries()) {
    if (isOpen(restore) && (first === undefined || restore.dueAt < first.restore.dueAt)) first = { restore, at };
  }
  return first;
}

async function prepare(incident: Closed, restore: Restore, deps: RestoreDeps): Promise<Restore> {
  const no = await deps.mayTakeBack(incident, restore);
  if (no === undefined) return { ...restore, state: 'sending' };
  return laterOrNever(restore, no, deps.now());
}

async function send(restore: Restore, deps: RestoreDeps): Promise<Restore> {
  const answer = await deps.takeBack(restore);
  switch (answer.kind) {
    case 'undone':
    case 'already-undone':
      return { ...restore, state: 'undone', detail: answer.detail };
    case 'unknown':
      return { ...restore, state: 'unknown', detail: answer.detail };
    case 'refused':
      return TRANSIENT.has(answer.refusal.code)
        ? laterOrNever({ ...restore, state: 'pending' }, answer.refusal, deps.now())
        : { ...restore, state: 'refused', detail: refusalText(answer.refusal) };
  }
}

/** Refusals that may pass by themselves. */
const TRANSIENT: ReadonlySet<Refusal['code']> = new Set(['api-unavailable', 'no-disruption-allowed']);

function laterOrNever(restore: Restore, no: Refusal, now: number): Restore {
  const detail = refusalText(no);
  // What a person asked for is answered at once, not tomorrow.
  if (now + ASK_AGAIN_MS > restore.giveUpAt) return { ...restore, state: 'refused', detail };
  return { ...restore, dueAt: now + ASK_AGAIN_MS, detail };
}

function stepTo(incident: Closed, restores: readonly Restore[], now: number): Step {
  const after: Closed = { ...incident, restores, updatedAt: now, failures: 0 };
  return { after, dueAt: nextRestoreAt(after) ?? now };
}
