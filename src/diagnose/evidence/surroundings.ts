import type { AutoscalerEvidence, Evidence, EventEvidence } from '../../domain/diagnosis.ts';
import type { CoreEvent, HorizontalPodAutoscaler, PodDisruptionBudget } from '../../domain/kubernetes.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import { cleanLine } from '../../domain/clean-text.ts';
import { covers, letsUnreadyGo } from '../../domain/disruption-budget.ts';
import { epochOf } from './time.ts';

/** The autoscaler whose target is the workload; undefined when there is none. */
export function autoscalerEvidence(
  autoscalers: readonly HorizontalPodAutoscaler[],
  workload: WorkloadRef,
): AutoscalerEvidence | undefined {
  const own = autoscalers.find(({ spec }) => {
    const { kind, name } = spec.scaleTargetRef;
    return kind === workload.kind && name === workload.name;
  });
  if (own === undefined) return undefined;
  const { metadata, spec, status = {} } = own;
  return {
    name: metadata.name,
    // The API server fills in 1 where nothing was asked for.
    min: spec.minReplicas ?? 1,
    max: spec.maxReplicas,
    current: status.currentReplicas ?? 0,
    desired: status.desiredReplicas ?? 0,
    scalingActive: (status.conditions ?? []).some(
      (condition) => condition.type === 'ScalingActive' && condition.status === 'True',
    ),
  };
}

/**
 * How many pods the budgets let go now: the least of all that select one of the label sets; nothing where none does. A budget
 * without a status allows nothing, as the eviction API has it. Pods that are not ready may go besides where every budget
 * says so, or has as many healthy pods as it wants without them.
 */
export function budgetEvidence(
  budgets: readonly PodDisruptionBudget[],
  labelSets: readonly Readonly<Record<string, string>>[],
): Pick<Evidence, 'disruptionsAllowed' | 'unreadyMayGo'> {
  const holding = budgets.filter((budget) => labelSets.some((labels) => covers(budget, labels)));
  if (holding.length === 0) return {};
  return {
    disruptionsAllowed: Math.min(...holding.map(({ status }) => status?.disruptionsAllowed ?? 0)),
    ...(holding.every(letsUnreadyGo) && { unreadyMayGo: true }),
  };
}

/** The newest events, newest first; those without a time come last. Doubles of several lists are merged by uid. */
export function eventEvidence(events: readonly CoreEvent[], limit: number): readonly EventEvidence[] {
  const unique = new Map(events.map((event) => [event.metadata.uid, event]));
  return [...unique.values()]
    .map(toEvent)
    .sort((a, b) => (b.lastSeen ?? 0) - (a.lastSeen ?? 0))
    .slice(0, limit);
}

function toEvent(event: CoreEvent): EventEvidence {
  const lastSeen = lastSeenOf(event);
  const { kind = '', name = '' } = event.involvedObject ?? {};
  return {
    object: `${kind}/${name}`,
    type: event.type ?? '',
    reason: cleanLine(event.reason ?? '', 100),
    message: cleanLine(event.message ?? ''),
    count: event.count ?? 1,
    ...(lastSeen === undefined ? {} : { lastSeen }),
  };
}

/** Events of the older API carry `lastTimestamp`, those of events.k8s.io only `eventTime`. */
function lastSeenOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: CoreEvent): number | undefined {
  return epochOf(lastTimestamp) ?? epochOf(eventTime) ?? epochOf(firstTimestamp) ?? epochOf(metadata.creationTimestamp);
}
