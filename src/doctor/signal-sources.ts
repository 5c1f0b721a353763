/** Who provides the metrics whose names begin so, and how to get them. The first that fits holds. */
const SOURCES: readonly (readonly [prefix: string, source: string])[] = [
  [
    'container_cpu_cfs_',
    'it comes from the cAdvisor of the kubelets, for containers with a CPU limit: scrape /metrics/cadvisor',
  ],
  [
    'container_',
    'it comes from the cAdvisor of the kubelets: scrape /metrics/cadvisor (kube-prometheus-stack: kubelet.enabled)',
  ],
  [
    'kubelet_volume_stats_',
    'it comes from the kubelets, for mounted claims whose driver reports them: scrape their /metrics',
  ],
  ['node_', 'it comes from node-exporter: install and scrape it (kube-prometheus-stack: nodeExporter.enabled)'],
  [
    'kube_',
    'it comes from kube-state-metrics: install and scrape it (kube-prometheus-stack: kubeStateMetrics.enabled)',
  ],
  [
    'http_client_requests_total',
    'the workloads count it themselves, calls they make by pod and code: export it, or set prometheus.signals.dependency_error_ratio',
  ],
  [
    'http_request',
    'the workloads count it themselves, with the labels namespace, pod and code: export it, or set prometheus.signals to the names you have',
  ],
  ['autoheal:', 'it is recorded by rules/autoheal.rules.yml: load that file'],
];

/** Where a metric comes from, as advice. */
export function sourceOf(metric: string): string {
  return SOURCES.find(([prefix]) => metric.startsWith(prefix))?.[1] ?? `have something export ${metric}`;
}
