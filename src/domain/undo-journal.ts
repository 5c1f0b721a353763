import type { Attempt, Closed, Restore } from './incident.ts';
import { writesOf, type ActionResult, type Intent, type Undo } from './remedy.ts';

/** A change that may be put back is tried for so long after it is due. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * The changes that AutoHeal takes back by itself after an incident, newest first: those of every action that was meant for a
 * time only. `closedAt` is epoch milliseconds.
 */
export function plannedRestores(attempts: readonly Attempt[], closedAt: number): readonly Restore[] {
  return newestFirst(attempts).flatMap(({ intent, result }) => {
    const { giveBack } = intent;
    if (giveBack === undefined) return [];
    const dueAt = closedAt + giveBack.afterMs;
    return undosOf(intent, result).map(({ step, undo }) => ({
      actionId: intent.actionId,
      step,
      undo: step === 0 && giveBack.instead !== undefined ? giveBack.instead : undo,
      when: giveBack.when,
      by: 'autoheal',
      dueAt,
      giveUpAt: dueAt + GIVE_UP_AFTER_MS,
      state: 'pending',
      detail: 'is put back when the incident is over',
    }));
  });
}

/**
 * The changes that a person asks to have taken back, newest first: every one that can be and that is not taken back or
 * about to be. Due at once, whatever the state of the workload. Empty where there is none.
 */
export function requestedRestores(incident: Closed, by: string, now: number): readonly Restore[] {
  const settled = new Set(
    (incident.restores ?? []).filter(({ state }) => state === 'undone' || state === 'sending').map(keyOf),
  );
  return newestFirst(incident.attempts)
    .flatMap(({ intent, result }) =>
      undosOf(intent, result).map(({ step, undo }): Restore => {
        const { actionId } = intent;
        const detail = `${by} asked for it`;
        return { actionId, step, undo, when: 'always', by, dueAt: now, giveUpAt: now, state: 'pending', detail };
      }),
    )
    .filter((restore) => !settled.has(keyOf(restore)));
}

/** The restores of an incident after a person asked: what was asked for takes the place of what was planned. */
export function withRequested(incident: Closed, requested: readonly Restore[]): readonly Restore[] {
  const asked = new Set(requested.map(keyOf));
  return [...requested, ...(incident.restores ?? []).filter((each) => !asked.has(keyOf(each)))];
}

/** What still has to be done about a restore. */
export function isOpen({ state }: Restore): boolean {
  return state === 'pending' || state === 'sending';
}

/** When the next restore of a closed incident is due (epoch milliseconds); undefined where none is left. */
export function nextRestoreAt(incident: Closed): number | undefined {
  if (incident.undoRequest !== undefined) return incident.undoRequest.at;
  const due = (incident.restores ?? []).filter(isOpen).map(({ dueAt }) => dueAt);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** The mark of an undo's own write: one for each write of an action. */
export function undoIdOf({ actionId, step }: Pick<Restore, 'actionId' | 'step'>): string {
  return step === 0 ? `${actionId}/undo` : `${actionId}/undo-${step}`;
}

function keyOf({ actionId, step }: Restore): string {
  return `${actionId} ${step}`;
}

function newestFirst(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.toReversed().filter(({ result }) => result.kind !== 'refused');
}

/** The writes of an intent that were done and can be undone, last first: they are taken back in the opposite order. */
function undosOf(intent: Intent, result: ActionResult): readonly { readonly step: number; readonly undo: Undo }[] {
  const left = new Set('left' in result ? (result.left ?? []).map(({ step }) => step) : []);
  return writesOf(intent)
    .flatMap(({ undo }, step) => (undo === undefined || left.has(step) ? [] : [{ step, undo }]))
    .toReversed();
}
