import { covers, letsUnreadyGo } from '../../domain/disruption-budget.ts';
import type { Pod, PodDisruptionBudget } from '../../domain/kubernetes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';

/** What a budget looks at of a pod. */
export interface EvictedPod {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ready when left out, as a pod of a workload in general is. */
  readonly ready?: boolean;
}

/** Whether a pod may be evicted now, as far as budgets go. */
export type Leave =
  /** No budget counts it, or the one that does lets it go because it is not ready. */
  | { readonly kind: 'free' }
  /** The budget lets it go, and so many of those that it counts. */
  | { readonly kind: 'counted'; readonly budget: string; readonly left: number }
  /** The budget says no for now. */
  | { readonly kind: 'not-now'; readonly refusal: Refusal }
  /** The API server cannot evict it, however long one waits. */
  | { readonly kind: 'never'; readonly refusal: Refusal };

/**
 * What the eviction API would answer for a pod. More than one budget on a pod it answers with an error.
 *
 * Source: kubernetes `registry/core/pod/storage/eviction.go`.
 */
export function leaveFor(budgets: readonly PodDisruptionBudget[], pod: EvictedPod): Leave {
  const holding = budgets.filter((each) => each.metadata.namespace === pod.namespace && covers(each, pod.labels));
  const [budget, second] = holding;
  if (budget === undefined) return { kind: 'free' };
  if (second !== undefined) {
    const names = holding.map(({ metadata }) => metadata.name).join(', ');
    return { kind: 'never', refusal: refusal(`several disruption budgets cover the pod: ${names}`) };
  }
  if (pod.ready === false && letsUnreadyGo(budget)) return { kind: 'free' };
  const { name } = budget.metadata;
  // A budget whose status is not written yet allows nothing.
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  if (disruptionsAllowed >= 1) return { kind: 'counted', budget: name, left: disruptionsAllowed };
  const why = `disruption budget ${name} allows no disruption now (it wants ${desiredHealthy} healthy pods and has ${currentHealthy})`;
  return { kind: 'not-now', refusal: refusal(why) };
}

/**
 * Why the disruption budgets of a namespace forbid to take one pod with these labels away now; undefined when they do not.
 * Reads the budgets afresh.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function budgetRefusal(cluster: ClusterReader, pod: EvictedPod): Promise<Refusal | undefined> {
  const budgets = await cluster.list('PodDisruptionBudget', { namespace: pod.namespace });
  const leave = leaveFor(budgets, pod);
  return leave.kind === 'not-now' || leave.kind === 'never' ? leave.refusal : undefined;
}

/** A living pod as budgets see it. */
export function evictedPod({ metadata, status }: Pod): EvictedPod & { readonly ready: boolean } {
  const ready = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  return { namespace: metadata.namespace ?? '', labels: metadata.labels ?? {}, ready };
}

function refusal(why: string): Refusal {
  return { code: 'no-disruption-allowed', why };
}
