import type { PastAction } from '../../domain/incident.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { Guard, GuardContext, GuardedIncident } from '../guard.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Refuses so soon after another action on the workload. The rungs of this incident are one attempt and do not count. The
 * store checks it again in the transaction that records the intent.
 */
export function cooledDown({ incident, history, policy, now }: GuardContext): Refusal | undefined {
  const newest = Math.max(...ofOthers(history, incident).map((action) => action.at));
  const leftSeconds = policy.cooldownSeconds - (now - newest) / 1000;
  if (leftSeconds <= 0 || newest === -Infinity) return undefined;
  return { code: 'cooldown', why: `the last action on the workload is too recent: ${Math.ceil(leftSeconds)} s to go` };
}

/**
 * A guard that calls people when the same remedy healed the workload `times` times within a day and the illness is back
 * nevertheless: it treats a symptom.
 */
export function recurrence(times: number): Guard {
  return function notRecurring({ incident, candidate, history, now }): Refusal | undefined {
    if (candidate.remedy === 'none') return undefined;
    const healed = ofOthers(history, incident).filter(
      (action) => action.remedy === candidate.remedy && action.outcome === 'healed' && now - action.at <= DAY_MS,
    );
    if (healed.length < times) return undefined;
    const why = `${candidate.remedy} healed it ${healed.length} times within a day, and it is back: find the root cause`;
    return { code: 'recurring', why };
  };
}

function ofOthers(history: readonly PastAction[], incident: GuardedIncident): readonly PastAction[] {
  return history.filter((action) => !action.actionId.startsWith(`${incident.id}/`));
}
