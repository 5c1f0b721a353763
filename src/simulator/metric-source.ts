import { RECENT_SECONDS, type MetricSource } from '../ports/metrics.ts';
import type { World } from './world/world.ts';

/** The signals that PromQL over a world's metrics would give. */
export function simulatedMetrics(world: Pick<World, 'signals'>): MetricSource {
  return {
    signals: async ({ workload, pods, recent }) =>
      world.signals(workload, pods, recent === true ? RECENT_SECONDS * 1_000 : undefined),
  };
}
