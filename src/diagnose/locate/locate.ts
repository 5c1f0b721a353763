import { alertName, type Alert } from '../../domain/alert.ts';
import { AutoHealError } from '../../domain/errors.ts';
import type { Located, Location } from '../../domain/location.ts';
import { describeWorkload, workloadKey } from '../../domain/workload.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { located, onlyToNotify, unlocated } from './answer.ts';
import { familyOf, type Family } from './families.ts';
import { locateExporterNode, locateNode } from './nodes.ts';
import { targetOverride } from './override.ts';
import { locatePod } from './pods.ts';
import { byApiService, byService, subjectOf, type Subject } from './subjects.ts';
import { isObjectName, subjectLabels, type SubjectLabels } from './subject-labels.ts';

export interface LocateDeps {
  readonly cluster: ClusterReader;
  /** Whether an alert may name its workload by `autoheal_target`. */
  readonly allowTargetOverride: boolean;
  /** Workloads there are named, but never acted on. */
  readonly monitoringNamespaces: readonly string[];
}

/**
 * The workload that alerts mean, or a refusal to name one. Names only what exists in the cluster, never guesses a namespace,
 * and says which label decided. Several alerts must mean the same workload. Never throws: a cluster that cannot be asked is
 * `lookup-failed`.
 */
export type Locate = (alerts: readonly Alert[]) => Promise<Location>;

export function makeLocate(deps: LocateDeps): Locate {
  return async (alerts) => {
    const found: Located[] = [];
    for (const alert of alerts) {
      const location = await locateOne(alert, deps);
      if (location.kind === 'unlocated') return location;
      found.push(location);
    }
    return agreed(found);
  };
}

/** One location out of those of several alerts: all must mean one workload. */
function agreed(found: readonly Located[]): Location {
  const [first] = found;
  if (first === undefined) return unlocated('no-subject', 'there is no alert');
  const others = new Map(found.map((each) => [workloadKey(each.workload), each.workload]));
  if (others.size > 1) {
    const names = [...others.values()].map(describeWorkload).join(' and ');
    return unlocated('ambiguous', `the alerts mean different workloads: ${names}`, [...others.values()]);
  }
  const notifyOnly = found.find((each) => each.notifyOnly !== undefined)?.notifyOnly;
  const pods = [...new Set(found.flatMap((each) => each.pods))];
  return { ...first, pods, ...(notifyOnly !== undefined && { notifyOnly }) };
}

async function locateOne(alert: Alert, deps: LocateDeps): Promise<Location> {
  try {
    const location = await decide(alert, deps);
    const { monitoringNamespaces } = deps;
    const watched = location.kind === 'located' && monitoringNamespaces.includes(location.workload.namespace);
    return watched ? onlyToNotify(location, 'monitoring-plane') : location;
  } catch (error) {
    if (!(error instanceof AutoHealError)) throw error;
    return unlocated('lookup-failed', `the cluster could not be asked: ${error.message}`);
  }
}

/** The order of the labels: override, what the alert is known for, the most specific subject, the node, the pod. */
async function decide(alert: Alert, deps: LocateDeps): Promise<Location> {
  const { cluster } = deps;
  const labels = subjectLabels(alert);
  const override = deps.allowTargetOverride ? await targetOverride(cluster, alert) : undefined;
  if (override !== undefined) return override;
  const invalid = invalidName(labels);
  if (invalid !== undefined) return invalid;
  const family = familyOf(alertName(alert));
  if (family !== undefined) return FAMILY_FINDERS[family](cluster, labels);
  return locateBySubject(cluster, labels);
}

async function locateBySubject(cluster: ClusterReader, labels: SubjectLabels): Promise<Location> {
  const subject = subjectOf(labels);
  if (subject !== undefined) return locateSubject(cluster, labels, subject);
  const ofKubelet = labels.value('job') === 'kubelet';
  if (ofKubelet && labels.value('pod') === undefined && labels.value('node') !== undefined)
    return locateNode(cluster, labels);
  if (labels.value('pod') === undefined) return unlocated('no-subject', 'no label names a Kubernetes object');
  const namespace = labels.value('namespace');
  if (namespace === undefined) return unlocated('no-subject', 'label pod names a pod, but no label its namespace');
  return locatePod(cluster, labels, namespace);
}

async function locateSubject(cluster: ClusterReader, labels: SubjectLabels, subject: Subject): Promise<Location> {
  const namespace = labels.value('namespace');
  if (subject.namespaced && namespace === undefined) {
    return unlocated('no-subject', `label ${subject.label} names an object, but no label its namespace`);
  }
  const name = labels.value(subject.label) ?? '';
  const label = labels.source(subject.label);
  // A pod label beside a plainer one is the exporter's more often than not: it says nothing.
  const decision = { label, text: `label ${label}=${name} names it`, pods: [] };
  return subject.find(cluster, { namespace: namespace ?? '', name }, decision);
}

/** Labels whose values are looked up. */
const LOOKED_UP = [
  'namespace',
  'pod',
  'node',
  'horizontalpodautoscaler',
  'deployment',
  'statefulset',
  'daemonset',
  'job_name',
  'cronjob',
  'replicaset',
  'rollout',
  'persistentvolumeclaim',
  'poddisruptionbudget',
  'persistentvolume',
  'resourcequota',
] as const;

function invalidName(labels: SubjectLabels): Location | undefined {
  const wrong = LOOKED_UP.find((label) => !isObjectName(labels.value(label) ?? 'x'));
  return wrong === undefined
    ? undefined
    : unlocated('invalid-name', `label ${labels.source(wrong)} holds what no object can be called`);
}

type FamilyFinder = (cluster: ClusterReader, labels: SubjectLabels) => Promise<Location>;

const FAMILY_FINDERS: Readonly<Record<Family, FamilyFinder>> = {
  heartbeat: async () => unlocated('heartbeat', 'this alert always fires: it only shows that alerting works'),
  'cluster-wide': async () => wholeCluster('cluster-wide'),
  'control-plane': async () => wholeCluster('control-plane'),
  'monitoring-plane': locateMonitor,
  certificate: async (cluster, labels) => onlyToNotify(await locateNode(cluster, labels), 'certificate'),
  'node-hardware': async (cluster, labels) => onlyToNotify(await locateExporterNode(cluster, labels), 'node-hardware'),
  'node-exporter': locateExporterNode,
  node: locateNode,
  'target-down': (cluster, labels) => locateBehind(cluster, labels, 'service'),
  'aggregated-api': (cluster, labels) => locateBehind(cluster, labels, 'name'),
  quota: locateBySubject,
  volume: locateBySubject,
};

function wholeCluster(notifyOnly: 'cluster-wide' | 'control-plane' | 'monitoring-plane'): Location {
  const workload = { kind: 'Cluster', namespace: '', name: '' };
  return located({ workload, notifyOnly }, 'alertname', 'this alert is about the cluster as a whole');
}

/** Here the pod is the subject: the monitoring reports on itself. Whatever it is, nobody acts on it. */
async function locateMonitor(cluster: ClusterReader, labels: SubjectLabels): Promise<Location> {
  const namespace = labels.value('namespace');
  const name = labels.value('pod');
  const pod = namespace === undefined || name === undefined ? undefined : await locatePod(cluster, labels, namespace);
  const plane = pod?.kind === 'located' ? pod : wholeCluster('monitoring-plane');
  return onlyToNotify(plane, 'monitoring-plane');
}

/** What stands behind a Service (TargetDown) or an APIService (KubeAggregatedAPI*). */
async function locateBehind(
  cluster: ClusterReader,
  labels: SubjectLabels,
  label: 'service' | 'name',
): Promise<Location> {
  const name = labels.value(label);
  const namespace = labels.value('namespace');
  if (name === undefined || !isObjectName(name))
    return unlocated('no-subject', `label ${label} names nothing that can be looked up`);
  const decision = { label: labels.source(label), text: `label ${labels.source(label)}=${name} names it`, pods: [] };
  if (label === 'name') return byApiService(cluster, { namespace: '', name }, decision);
  if (namespace === undefined)
    return unlocated('no-subject', 'label service names a Service, but no label its namespace');
  return byService(cluster, { namespace, name }, decision);
}
