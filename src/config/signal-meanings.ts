import type { SignalName } from '../domain/diagnosis.ts';

/** What a template for each signal must compute, for the people who write one. */
export const SIGNAL_MEANINGS = {
  cpu_per_limit: 'CPU used over the CPU limit, mean over the pods.',
  throttled_ratio: 'Throttled CFS periods over all periods.',
  memory_per_limit: 'Working set over the memory limit, of the fullest pod.',
  memory_growth_per_limit: 'Growth of the working set in limits per 10 minutes, of the worst pod.',
  restarts: 'Container restarts in the last 10 minutes, over all pods.',
  request_rate: 'Requests a second, over all pods.',
  request_rate_baseline: 'The same an hour ago.',
  error_ratio: 'Failed over all requests.',
  error_ratio_baseline: 'The same an hour ago.',
  error_spread: 'Error ratio of the worst pod over the mean: 1 where all are alike.',
  latency_p99_seconds: 'The 99th percentile of the latency, in seconds.',
  latency_p99_baseline_seconds: 'The same an hour ago.',
  dependency_error_ratio: 'Failed over all requests that the workload itself sends.',
  volume_used_ratio: 'Used share of the fullest persistent volume of the pods.',
  node_cpu_ratio:
    'Of a node: CPU in use over all of its CPU. Asked of nodes only; `{{workload}}` is the name of the node.',
  node_pods_cpu_ratio: 'Of a node: CPU that its pods use over all of its CPU. Asked of nodes only.',
} as const satisfies Record<SignalName, string>;
