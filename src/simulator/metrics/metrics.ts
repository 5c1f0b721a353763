import type { WorldView } from '../world/view.ts';
import { boundFamilies, nodeFamilies, quotaFamilies } from './cluster.ts';
import { exposition } from './exposition.ts';
import { podFamilies } from './pods.ts';
import { containerFamilies, requestFamilies, volumeFamilies } from './usage.ts';
import { deploymentFamilies, jobFamilies, setFamilies } from './workloads.ts';

/**
 * Everything that exporters say of a world, as Prometheus text exposition. The labels name the subject itself, so it has to be
 * scraped with `honor_labels: true`.
 */
export function renderMetrics(view: WorldView): string {
  return exposition([
    ...podFamilies(view),
    ...deploymentFamilies(view),
    ...setFamilies(view),
    ...jobFamilies(view),
    ...boundFamilies(view),
    ...nodeFamilies(view),
    ...quotaFamilies(view),
    ...containerFamilies(view),
    ...volumeFamilies(view),
    ...requestFamilies(view),
  ]);
}
