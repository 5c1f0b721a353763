import type { PodDisruptionBudget } from './kubernetes.ts';
import { selects } from './label-selector.ts';

/** Whether a budget counts a pod with these labels. In policy/v1 a missing selector selects nothing, an empty one everything. */
export function covers({ spec }: PodDisruptionBudget, labels: Readonly<Record<string, string>>): boolean {
  return spec.selector !== undefined && selects(spec.selector, labels);
}

/**
 * Whether a budget lets a pod go that is not ready, even while it allows no disruption: it says so, or it has as many healthy
 * pods as it wants without that one. Source: kubernetes `registry/core/pod/storage/eviction.go`.
 */
export function letsUnreadyGo({ spec, status = {} }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}
