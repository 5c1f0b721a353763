import type { Evidence, PodEvidence } from '../domain/diagnosis.ts';
import type { Disruption } from '../domain/remedy.ts';

/** What a pod counts for before anybody saw one of the workload become ready. Minutes. */
const UNKNOWN_START_MINUTES = 1;

/** Nothing that serves is touched. */
export function costsNothing(because: string): Disruption {
  return { readyReplicaMinutes: 0, because };
}

/**
 * The cost of taking pods away that are replaced: those of them that are ready, times the minutes in which a pod of this
 * workload becomes ready. Pods that are not ready serve nobody and cost nothing.
 */
export function costOfReplacing(pods: readonly PodEvidence[], evidence: Evidence): Disruption {
  const lost = pods.filter((pod) => pod.ready).length;
  const { minutes, because } = startMinutes(evidence);
  return {
    readyReplicaMinutes: rounded(lost * minutes),
    because: `${lost} ready of ${pods.length} pods taken away x ${because}`,
  };
}

/**
 * The cost of rolling over all pods: every ready pod is replaced once. Where the strategy lets none be missing
 * (`maxUnavailable` 0) a new one is ready before an old one goes, and it costs nothing.
 */
export function costOfRollingOver(evidence: Evidence): Disruption {
  const { state, pods } = evidence;
  if (state?.maxUnavailable === 0) return costsNothing('the rollout strategy lets no pod be missing');
  const ready = pods.filter((pod) => pod.ready).length;
  const { minutes, because } = startMinutes(evidence);
  return { readyReplicaMinutes: rounded(ready * minutes), because: `${ready} ready pods replaced x ${because}` };
}

/**
 * How long a pod of the workload takes to become ready: the shortest time from creation to readiness that is seen. A pod that
 * was restarted, or was not ready for a while, became ready again much later than it can.
 */
export function startMinutes({ pods }: Evidence): { readonly minutes: number; readonly because: string } {
  const seen = pods
    .filter(({ containers }) => containers.every(({ restarts }) => restarts === 0))
    .flatMap(({ createdAt, readySince }) => (readySince === undefined ? [] : [(readySince - createdAt) / 60_000]))
    .filter((minutes) => minutes >= 0);
  return seen.length === 0
    ? { minutes: UNKNOWN_START_MINUTES, because: `${UNKNOWN_START_MINUTES} min (no pod shows how long it takes)` }
    : { minutes: Math.min(...seen), because: `${rounded(Math.min(...seen))} min until one is ready` };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
