import type { AutoscalerEvidence, EventEvidence, NodeEvidence } from '../../domain/diagnosis.ts';
import type { CoreEvent, HorizontalPodAutoscaler, Node, PodDisruptionBudget } from '../../domain/kubernetes.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import { cleanLine } from './clean-text.ts';
import { selects } from '../../domain/label-selector.ts';
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
 * How many pods the budgets let go now: the least of all that select one of the label sets. Undefined when none does. A
 * budget without a status allows nothing, as the eviction API has it.
 */
export function disruptionsAllowed(
  budgets: readonly PodDisruptionBudget[],
  labelSets: readonly Readonly<Record<string, string>>[],
): number | undefined {
  const allowed = budgets
    .filter(({ spec: { selector } }) => selector !== undefined && labelSets.some((labels) => selects(selector, labels)))
    .map(({ status }) => status?.disruptionsAllowed ?? 0);
  return allowed.length === 0 ? undefined : Math.min(...allowed);
}

/** How a node stands. `Ready` counts only when it is `True`: a kubelet that is silent makes it `Unknown`. */
export function nodeEvidence({ metadata, spec, status }: Node): NodeEvidence {
  const on = (status?.conditions ?? []).filter((condition) => condition.status === 'True').map(({ type }) => type);
  return {
    name: metadata.name,
    ready: on.includes('Ready'),
    pressures: on.filter((type) => type !== 'Ready'),
    unschedulable: spec?.unschedulable ?? false,
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
