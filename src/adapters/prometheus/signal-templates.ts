import type { SignalName } from '../../domain/diagnosis.ts';
import { RECENT_SECONDS } from '../../ports/metrics.ts';

/** Window of rates: at least four scrapes at the usual interval of a minute, so that one failed scrape leaves no gap. */
const RATE_WINDOW = '5m';
/** Window of the restart count and of memory growth; the domain states both per 10 minutes. */
const TREND_WINDOW = '10m';
const TREND_SECONDS = 600;
/** How far back the baselines look. */
const BASELINE_OFFSET = '1h';

const PODS = 'namespace="{{namespace}}",pod=~"{{pods}}"';
/** An hour ago the pods may have had other names. */
const PODS_THEN = 'namespace="{{namespace}}",pod=~"{{pods_of_any_age}}"';
/** Leaves out the sums that cAdvisor reports for whole pods, and the containers that only hold their network. */
const CONTAINERS = `${PODS},container!="",container!="POD"`;
/** Calls to others have no status where none came back; clients then write a word such as `error` or `timeout`. */
const CALL_FAILED = 'code=~"5..|[A-Za-z_]+"';

const BY_CONTAINER = 'by (pod, container)';

function limits(resource: 'cpu' | 'memory'): string {
  return `max ${BY_CONTAINER} (kube_pod_container_resource_limits{${PODS},resource="${resource}"})`;
}

/** A usage over its limit, container by container: containers without a limit, and limits without a usage, drop out. */
function perLimit(usage: string, resource: 'cpu' | 'memory'): string {
  return `${usage} / on (pod, container) (${limits(resource)} > 0)`;
}

function rate(metric: string, matchers: string, offset = ''): string {
  return `rate(${metric}{${matchers}}[${RATE_WINDOW}]${offset})`;
}

/**
 * Failed over all. Where nothing ever failed there is no series of failures, and the ratio is 0; where there are no requests
 * it is 0 / 0, which counts as no data.
 */
function failedRatio(metric: string, failed: string, pods: string, offset = ''): string {
  const all = `sum(${rate(metric, pods, offset)})`;
  return `(sum(${rate(metric, `${pods},${failed}`, offset)}) or ${all} * 0) / ${all}`;
}

function latencyP99(pods: string, offset = ''): string {
  return `histogram_quantile(0.99, sum by (le) (${rate('http_request_duration_seconds_bucket', pods, offset)}))`;
}

const SERVER_ERROR = 'code=~"5.."';
const THEN = ` offset ${BASELINE_OFFSET}`;

const ERRORS_BY_POD = `sum by (pod) (${rate('http_requests_total', `${PODS},${SERVER_ERROR}`)})`;
const REQUESTS_BY_POD = `sum by (pod) (${rate('http_requests_total', PODS)})`;

/** Used over capacity, claim by claim. */
const VOLUMES = `
  max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{namespace="{{namespace}}"})
  / on (namespace, persistentvolumeclaim)
  (max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes{namespace="{{namespace}}"}) > 0)`;

/**
 * The signals in the metric names of kube-prometheus-stack (cAdvisor, kube-state-metrics, the kubelet) and, for requests, in
 * those of the usual HTTP client libraries: `http_requests_total`, `http_request_duration_seconds` and
 * `http_client_requests_total` with the labels `namespace`, `pod` and `code`.
 *
 * Each comes down to one sample without labels. A template that is replaced has to do the same; see `compileTemplate` for
 * what may stand in one.
 */
export const DEFAULT_SIGNAL_TEMPLATES: Readonly<Record<SignalName, string>> = {
  // The busiest container of each pod, and the mean over the pods: an idle sidecar must not hide a busy container.
  cpu_per_limit: `avg(max by (pod) (${perLimit(
    `sum ${BY_CONTAINER} (${rate('container_cpu_usage_seconds_total', CONTAINERS)})`,
    'cpu',
  )}))`,
  throttled_ratio: `sum(${rate('container_cpu_cfs_throttled_periods_total', CONTAINERS)}) / sum(${rate('container_cpu_cfs_periods_total', CONTAINERS)})`,
  memory_per_limit: `max(${perLimit(`max ${BY_CONTAINER} (container_memory_working_set_bytes{${CONTAINERS}})`, 'memory')})`,
  memory_growth_per_limit: `max(${perLimit(
    `max ${BY_CONTAINER} (deriv(container_memory_working_set_bytes{${CONTAINERS}}[${TREND_WINDOW}]) * ${TREND_SECONDS})`,
    'memory',
  )})`,
  restarts: `sum(increase(kube_pod_container_status_restarts_total{${PODS}}[${TREND_WINDOW}]))`,
  request_rate: `sum(${rate('http_requests_total', PODS)})`,
  request_rate_baseline: `sum(${rate('http_requests_total', PODS_THEN, THEN)})`,
  error_ratio: failedRatio('http_requests_total', SERVER_ERROR, PODS),
  error_ratio_baseline: failedRatio('http_requests_total', SERVER_ERROR, PODS_THEN, THEN),
  error_spread: `max(${ERRORS_BY_POD} / (${REQUESTS_BY_POD} > 0)) / (sum(${ERRORS_BY_POD}) / sum(${REQUESTS_BY_POD}))`,
  latency_p99_seconds: latencyP99(PODS),
  latency_p99_baseline_seconds: latencyP99(PODS_THEN, THEN),
  dependency_error_ratio: failedRatio('http_client_requests_total', CALL_FAILED, PODS),
  // By the claims that the pods mount, or where kube-state-metrics does not say, by the names that StatefulSets give them.
  volume_used_ratio: `max(
    (${VOLUMES})
    * on (namespace, persistentvolumeclaim) group_right ()
    max by (namespace, persistentvolumeclaim, pod) (kube_pod_spec_volumes_persistentvolumeclaims_info{${PODS}})
  ) or max(
    (${VOLUMES.replaceAll('namespace="{{namespace}}"', 'namespace="{{namespace}}",persistentvolumeclaim=~".+-{{pods}}"')})
  )`,
  // Of the node whose name stands for the workload's: by the pod of node-exporter that runs on it. A CPU that waits for a disk
  // (iowait) is there for whoever wants it.
  node_cpu_ratio: `1 - avg(
    sum without (mode) (rate(node_cpu_seconds_total{mode=~"idle|iowait"}[${RATE_WINDOW}]))
    and on (namespace, pod) kube_pod_info{node="{{workload}}"}
  )`,
  // One capacity, however many kube-state-metrics report it: twice of it would make half of what the pods use somebody else's.
  node_pods_cpu_ratio: `sum(rate(container_cpu_usage_seconds_total{node="{{workload}}",container!="",container!="POD"}[${RATE_WINDOW}]))
    / max(kube_node_status_capacity{node="{{workload}}",resource="cpu"})`,
};

/** The same templates with short rates: every window of five minutes is one of two. Templates that were replaced too. */
export function recentTemplates(templates: Readonly<Record<SignalName, string>>): Readonly<Record<SignalName, string>> {
  const short = (text: string): string => text.replaceAll(`[${RATE_WINDOW}]`, `[${RECENT_SECONDS}s]`);
  // The keys stay as they are.
  return Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, short(text)])) as typeof templates;
}
