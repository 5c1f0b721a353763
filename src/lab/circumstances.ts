import { CATALOGUE } from '../act/catalogue.ts';
import type { Alert } from '../domain/alert.ts';
import type { Outcome, PastAction } from '../domain/incident.ts';
import type { WorkloadKey } from '../domain/workload.ts';
import type { Random } from '../simulator/world/random.ts';

/** Shares of the incidents that have them. */
const OWN_NAME_SHARE = 0.08;
const PAST_SHARE = 0.25;
const MOST_PAST = 3;
const DAY_MS = 86_400_000;

const OWN_NAMES = ['TeamServiceUnhealthy', 'CheckoutSLOBurn', 'PodsMisbehaving', 'LatencyBudgetSpent'];
const ENDS: readonly Outcome[] = ['healed', 'not-healed', 'unknown'];

/** An alert that now and then has the name that a team of its own gave it. */
export function nameAlerts(random: Random): (alert: Alert) => Alert {
  return (alert) =>
    random() < OWN_NAME_SHARE
      ? { ...alert, labels: { ...alert.labels, alertname: oneOf(random, OWN_NAMES) ?? '' } }
      : alert;
}

/** What somebody might have done to a workload within a day before, without any bearing on what ails it now. */
export function pastOf(random: Random): (workload: WorkloadKey, now: number) => readonly PastAction[] {
  return (workload, now) => {
    if (random() >= PAST_SHARE) return [];
    return Array.from({ length: 1 + Math.floor(random() * MOST_PAST) }, (_, index): PastAction => {
      const outcome = oneOf(random, ENDS);
      return {
        actionId: `sim-past-${index}/1`,
        workload,
        remedy: oneOf(random, CATALOGUE)?.name ?? 'restart-pod',
        at: now - Math.floor(random() * DAY_MS),
        ...(outcome === undefined ? {} : { outcome }),
      };
    });
  };
}

function oneOf<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[Math.floor(random() * items.length)];
}
