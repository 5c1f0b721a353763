import type { PodDisruptionBudget } from '../domain/kubernetes.ts';
import { selects } from '../domain/label-selector.ts';
import type { Refusal } from '../domain/remedy.ts';
import type { ClusterReader } from '../ports/cluster.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Why the disruption budgets of a namespace forbid to take one pod with these labels away now; undefined when they do not.
 * Reads the budgets afresh. More than one budget on a pod forbids it: the API server answers such evictions with an error.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function budgetRefusal(
  cluster: ClusterReader,
  pod: { readonly namespace: string; readonly labels: Labels },
): Promise<Refusal | undefined> {
  const budgets = await cluster.list('PodDisruptionBudget', { namespace: pod.namespace });
  const covering = budgets.filter((budget) => covers(budget, pod.labels));
  if (covering.length > 1) {
    const names = covering.map((budget) => budget.metadata.name).join(', ');
    return { code: 'no-disruption-allowed', why: `several disruption budgets cover the pod: ${names}` };
  }
  const [budget] = covering;
  if (budget === undefined) return undefined;
  // A budget whose status is not written yet allows nothing.
  const allowed = budget.status?.disruptionsAllowed ?? 0;
  if (allowed >= 1) return undefined;
  return { code: 'no-disruption-allowed', why: `disruption budget ${budget.metadata.name} allows no disruption now` };
}

function covers(budget: PodDisruptionBudget, labels: Labels): boolean {
  // In policy/v1 a missing selector selects nothing, an empty one everything.
  return budget.spec.selector !== undefined && selects(budget.spec.selector, labels);
}
