import { alertName, type Alert } from '../../domain/alert.ts';
import { errorText } from '../../domain/errors.ts';
import type { Location } from '../../domain/location.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { agreed } from './agree.ts';
import { onlyToNotify, unlocated } from './answer.ts';
import { exporterOfJob } from './exporters.ts';
import { familyOf, type Family } from './families.ts';
import { rememberLookups, type Lookups } from './lookups.ts';
import { locateExporterNode, locateNode } from './nodes.ts';
import { OVERRIDE, targetOverride } from './override.ts';
import { locatePlane, wholeCluster } from './planes.ts';
import { locatePod } from './pods.ts';
import { locateApiService, locateService } from './services.ts';
import { subjectLabels, type SubjectLabels } from './subject-labels.ts';
import { locateSubject } from './subjects.ts';

export interface LocateDeps {
  readonly cluster: ClusterReader;
  /** Whether an alert may name its workload by `autoheal_target`. */
  readonly allowTargetOverride: boolean;
  /** Workloads there are named, but never acted on. Values may end in `*`. */
  readonly monitoringNamespaces: readonly string[];
}

/**
 * The workload that alerts mean, or a refusal to name one. Names only what exists in the cluster, never guesses a namespace,
 * and says which label decided. Several alerts must mean the same workload; resolved ones count only where none fires. Never
 * throws: a cluster that cannot be asked is `lookup-failed`.
 */
export type Locate = (alerts: readonly Alert[]) => Promise<Location>;

export function makeLocate(deps: LocateDeps): Locate {
  return async (alerts) => {
    const firing = alerts.filter((alert) => alert.status === 'firing');
    const lookups = rememberLookups(deps.cluster);
    const locations: Location[] = [];
    for (const alert of distinct(firing.length > 0 ? firing : alerts)) {
      locations.push(await locateOne(alert, deps, lookups));
    }
    return agreed(locations);
  };
}

/** Labels that never tell where an alert belongs, whatever they say. */
const IRRELEVANT: ReadonlySet<string> = new Set(['severity', 'prometheus', 'endpoint', 'metrics_path', 'status']);

/** A storm of one workload comes as many alerts of the same meaning: each meaning is looked up once. */
function distinct(alerts: readonly Alert[]): readonly Alert[] {
  const byMeaning = new Map<string, Alert>();
  for (const alert of alerts) {
    const telling = Object.entries(alert.labels).filter(([name]) => !IRRELEVANT.has(name));
    const meaning = JSON.stringify([alert.annotations[OVERRIDE], ...telling.sort(([a], [b]) => (a < b ? -1 : 1))]);
    if (!byMeaning.has(meaning)) byMeaning.set(meaning, alert);
  }
  return [...byMeaning.values()];
}

async function locateOne(alert: Alert, deps: LocateDeps, cluster: Lookups): Promise<Location> {
  try {
    const location = await decide(alert, deps, cluster);
    return isMonitored(location, deps.monitoringNamespaces) ? onlyToNotify(location, 'monitoring-plane') : location;
  } catch (error) {
    // An object of a shape that nobody expects says as little about the workload as one that cannot be read.
    return unlocated('lookup-failed', `the cluster could not be asked: ${errorText(error)}`);
  }
}

function isMonitored(location: Location, namespaces: readonly string[]): boolean {
  if (location.kind === 'unlocated') return false;
  const { namespace } = location.workload;
  return namespaces.some((each) => (each.endsWith('*') ? namespace.startsWith(each.slice(0, -1)) : namespace === each));
}

/** Whatever their labels and annotations name: AutoHeal does not heal itself, nor a workload for what ails AutoHeal. */
const NEVER_OF_A_WORKLOAD: ReadonlySet<Family> = new Set(['heartbeat', 'autoheal-itself']);

/** The order of what decides: the override, what the alert is known for, the most specific subject, the pod, the node. */
async function decide(alert: Alert, deps: LocateDeps, cluster: Lookups): Promise<Location> {
  const family = familyOf(alertName(alert));
  const mayOverride = deps.allowTargetOverride && !(family !== undefined && NEVER_OF_A_WORKLOAD.has(family));
  const override = mayOverride ? await targetOverride(cluster, alert) : undefined;
  if (override !== undefined) return override;
  const labels = subjectLabels(alert);
  return family === undefined ? locateByLabels(cluster, labels) : FAMILY_FINDERS[family](cluster, labels);
}

async function locateByLabels(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const subject = await locateSubject(cluster, labels);
  if (subject !== undefined) return subject;
  const hasNode = labels.value('node') !== undefined;
  if (labels.value('pod') === undefined) {
    return hasNode ? locateNode(cluster, labels) : unlocated('no-subject', 'no label names a Kubernetes object');
  }
  const pod = await locatePod(cluster, labels);
  if (pod.kind === 'located' || pod.reason !== 'exporter-only') return pod;
  if (exporterOfJob(labels) === 'node-exporter') return locateExporterNode(cluster, labels);
  return hasNode ? locateNode(cluster, labels) : pod;
}

type FamilyFinder = (cluster: Lookups, labels: SubjectLabels) => Promise<Location>;

const FAMILY_FINDERS: Readonly<Record<Family, FamilyFinder>> = {
  heartbeat: async () => unlocated('heartbeat', 'this alert always fires: it only shows that alerting works'),
  'autoheal-itself': async () => wholeCluster('monitoring-plane'),
  'cluster-wide': async () => wholeCluster('cluster-wide'),
  'control-plane': (cluster, labels) => locatePlane(cluster, labels, 'control-plane'),
  'monitoring-plane': (cluster, labels) => locatePlane(cluster, labels, 'monitoring-plane'),
  certificate: async (cluster, labels) => onlyToNotify(await locateNode(cluster, labels), 'certificate'),
  'node-hardware': async (cluster, labels) => onlyToNotify(await locateExporterNode(cluster, labels), 'node-hardware'),
  'node-exporter': locateExporterNode,
  node: locateNode,
  'target-down': locateService,
  'aggregated-api': locateApiService,
};
