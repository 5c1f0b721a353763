/** What a dashboard's variables leave of the namespaces and workloads. */
const NAMESPACE = 'namespace=~"$namespace"';
const WORKLOAD = '"$workload"';

type PerKind = Readonly<Record<'deployment' | 'statefulset' | 'daemonset', string>>;

/**
 * One sample per chosen workload, whatever its kind.
 *
 * @param read what is asked of each kind's series
 */
function byWorkload(metrics: PerKind, read: (series: string) => string = (series) => series): string {
  const named = Object.entries(metrics).map(
    ([label, metric]) =>
      `label_replace(${read(`${metric}{${NAMESPACE},${label}=~${WORKLOAD}}`)}, "workload", "$1", "${label}", "(.+)")`,
  );
  return `max by (namespace, workload) (${named.join(' or ')})`;
}

export const DESIRED = byWorkload({
  deployment: 'kube_deployment_spec_replicas',
  statefulset: 'kube_statefulset_replicas',
  daemonset: 'kube_daemonset_status_desired_number_scheduled',
});

export const READY = byWorkload({
  deployment: 'kube_deployment_status_replicas_ready',
  statefulset: 'kube_statefulset_status_replicas_ready',
  daemonset: 'kube_daemonset_status_number_ready',
});

export const AVAILABLE = byWorkload({
  deployment: 'kube_deployment_status_replicas_available',
  statefulset: 'kube_statefulset_status_replicas_available',
  daemonset: 'kube_daemonset_status_number_available',
});

export const UPDATED = byWorkload({
  deployment: 'kube_deployment_status_replicas_updated',
  statefulset: 'kube_statefulset_status_replicas_updated',
  daemonset: 'kube_daemonset_status_updated_number_scheduled',
});

/** Where the specification of a workload changed within the last two minutes, however seldom Prometheus looks. */
export const CHANGED = `${byWorkload(
  {
    deployment: 'kube_deployment_metadata_generation',
    statefulset: 'kube_statefulset_metadata_generation',
    daemonset: 'kube_daemonset_metadata_generation',
  },
  (series) => `delta(${series}[2m])`,
)} > 0`;

/** Ready over wanted replicas, 0 to 1. More may be ready than wanted while a rollout goes on; that is whole too. */
export const READY_SHARE = `clamp_max((${READY}) / (${DESIRED}), 1)`;

/** One series per pod of the chosen workloads, 1, with the workload's name: Deployments by the recorded rule of `rules/`. */
const PODS_OF_WORKLOADS = `max by (namespace, pod, workload) (
  label_replace(autoheal:pod_deployment{${NAMESPACE},deployment=~${WORKLOAD}}, "workload", "$1", "deployment", "(.+)")
  or
  label_replace(kube_pod_owner{owner_kind=~"StatefulSet|DaemonSet",${NAMESPACE},owner_name=~${WORKLOAD}}, "workload", "$1", "owner_name", "(.+)")
)`;

/**
 * A value per pod as a value per workload.
 *
 * @param perPod an expression with the labels `namespace` and `pod`, and those in `keep`
 */
export function acrossPods(aggregate: 'sum' | 'max', perPod: string, keep: readonly string[] = []): string {
  const inner = ['namespace', 'pod', ...keep].join(', ');
  const outer = ['namespace', 'workload', ...keep].join(', ');
  return `${aggregate} by (${outer}) (
  ${aggregate} by (${inner}) (${perPod})
  * on (namespace, pod) group_left (workload)
  ${PODS_OF_WORKLOADS}
)`;
}

/** Leaves out the sums that cAdvisor reports for whole pods, and the containers that only hold their network. */
export const CONTAINERS = `${NAMESPACE},container!="",container!="POD"`;
export const IN_NAMESPACES = NAMESPACE;

export function rateOf(metric: string, matchers: string): string {
  return `rate(${metric}{${matchers}}[$__rate_interval])`;
}

/** How often something was counted between two points of a graph: its bars do not overlap, so their sum is the count. */
export function countedPerStep(metric: string, by: string, matchers = ''): string {
  return `sum by (${by}) (increase(${metric}{${matchers}}[$__interval]))`;
}

/** How often something was counted in the whole time that is shown. */
export function countedInRange(metric: string, by = '', matchers = ''): string {
  return `sum by (${by}) (increase(${metric}{${matchers}}[$__range]))`;
}

/** A quantile of a histogram over the window; no value where nothing was observed. */
export function quantile(
  q: number,
  histogram: string,
  over: { readonly matchers?: string; readonly by?: readonly string[]; readonly window?: string } = {},
): string {
  const { matchers = '', by = [], window = '$__rate_interval' } = over;
  return `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (rate(${histogram}_bucket{${matchers}}[${window}])))`;
}
