import type { PodObject } from '../world/kinds.ts';
import type { WorldView } from '../world/view.ts';

/** What the scrape of kube-state-metrics adds to its series under Helm: labels of the exporter, not of the subject. */
export function exporterLabels(view: WorldView): Readonly<Record<string, string>> {
  const pod = exporterPod(view);
  return {
    endpoint: 'http',
    instance: `${pod?.status?.podIP ?? '10.244.0.0'}:8080`,
    job: 'kube-state-metrics',
    service: 'kube-state-metrics',
  };
}

export function exporterPod(view: WorldView): PodObject | undefined {
  return view.kit.list('pods', 'monitoring').find((pod) => pod.metadata.labels?.['app'] === 'kube-state-metrics');
}
