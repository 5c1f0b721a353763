import type { Location } from '../../domain/location.ts';
import { located, onlyToNotify } from './answer.ts';
import type { Lookups } from './lookups.ts';
import { locatePod } from './pods.ts';
import { locateService } from './services.ts';
import type { SubjectLabels } from './subject-labels.ts';

/** An alert about the cluster as a whole. */
export function wholeCluster(notifyOnly: 'cluster-wide' | 'control-plane' | 'monitoring-plane'): Location {
  const workload = { kind: 'Cluster', namespace: '', name: '' };
  return located(
    { workload, notifyOnly },
    'alertname',
    'the name of the alert says that it is about the cluster as a whole',
  );
}

/**
 * The monitoring or the control plane reports on itself: here `pod`, else `service`, is the subject. Whatever it is, it is
 * only reported; the cluster stands for one that cannot be named.
 */
export async function locatePlane(
  cluster: Lookups,
  labels: SubjectLabels,
  notifyOnly: 'control-plane' | 'monitoring-plane',
): Promise<Location> {
  for (const [label, find] of [
    ['pod', locatePod],
    ['service', locateService],
  ] as const) {
    const found = labels.value(label) === undefined ? undefined : await find(cluster, labels);
    if (found?.kind === 'located') return onlyToNotify(found, notifyOnly);
  }
  return wholeCluster(notifyOnly);
}
