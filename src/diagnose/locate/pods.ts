import { isIP } from 'node:net';
import type { Pod } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { unlocated } from './answer.ts';
import { podsBehind } from './behind.ts';
import { walkToTop } from './owners.ts';
import type { SubjectLabels } from './subject-labels.ts';

/** Exporters that report on others: their own pod is a subject only when it is ill itself. */
const REPORTS_ON_OTHERS = /kube-state-metrics|node-exporter/;

/** The workload of the pod that an alert names, unless that pod is only the exporter that was scraped. */
export async function locatePod(cluster: ClusterReader, labels: SubjectLabels, namespace: string): Promise<Location> {
  const name = labels.value('pod') ?? '';
  const pod = await cluster.get('Pod', { namespace, name });
  if (pod === undefined) return locateGonePod(cluster, { namespace, name }, labels.source('pod'));
  const uid = labels.value('uid');
  if (uid !== undefined && uid !== pod.metadata.uid) {
    return unlocated('uid-changed', `pod ${namespace}/${name} is not the one that fired: its uid is another`);
  }
  if (await isOnlyTheExporter(cluster, pod, labels)) {
    return unlocated(
      'exporter-only',
      `pod ${namespace}/${name} is only the exporter that was scraped (its address is the instance)`,
    );
  }
  const text = `pod ${namespace}/${name}, named by label ${labels.source('pod')}`;
  return walkToTop(cluster, { kind: 'Pod', object: pod }, { label: labels.source('pod'), text, pods: [name] });
}

async function isOnlyTheExporter(cluster: ClusterReader, pod: Pod, labels: SubjectLabels): Promise<boolean> {
  if (!REPORTS_ON_OTHERS.test(labels.value('job') ?? '')) return false;
  if (!(await isScrapeTarget(cluster, pod, labels))) return false;
  return !isIllItself(pod, labels);
}

/** Compares addresses, not names: release names are anybody's choice. */
async function isScrapeTarget(cluster: ClusterReader, pod: Pod, labels: SubjectLabels): Promise<boolean> {
  const host = hostOf(labels.value('instance') ?? '');
  if (host !== undefined) return host === pod.status?.podIP || host === pod.status?.hostIP;
  const service = labels.value('service');
  if (service === undefined) return false;
  const behind = await podsBehind(cluster, { namespace: pod.metadata.namespace ?? '', name: service });
  return behind.some((each) => each.metadata.uid === pod.metadata.uid);
}

/** The address of `ip:port` or `[ip6]:port`; undefined where the instance was relabelled to something else. */
export function hostOf(instance: string): string | undefined {
  const host = instance.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}

/** The exporter's own pod is the subject when its status shows what the alert says. */
function isIllItself(pod: Pod, labels: SubjectLabels): boolean {
  const container = labels.value('container');
  const reason = labels.value('reason');
  const statuses = pod.status?.containerStatuses ?? [];
  return statuses.some((status) => {
    if (container !== undefined && status.name !== container) return false;
    const shown = [status.state?.waiting?.reason, status.lastState?.terminated?.reason];
    return reason === undefined ? status.state?.waiting !== undefined : shown.includes(reason);
  });
}

const REPLICASET_POD = /^(.+-[a-z0-9]{1,10})-[a-z0-9]{5}$/;
const ORDINAL_POD = /^(.+)-\d+$/;
const SUFFIXED_POD = /^(.+)-[a-z0-9]{5}$/;

/**
 * The owner that a pod which is gone must have had: a live controller of the name that its pods carry. Only one that exists
 * counts; a Deployment is reached through the ReplicaSet of its history.
 */
async function locateGonePod(
  cluster: ClusterReader,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  label: string,
): Promise<Location> {
  const guesses = [
    ['ReplicaSet', REPLICASET_POD],
    ['StatefulSet', ORDINAL_POD],
    ['DaemonSet', SUFFIXED_POD],
    ['Job', SUFFIXED_POD],
  ] as const;
  const found: Location[] = [];
  for (const [kind, pattern] of guesses) {
    const owner = pattern.exec(name)?.[1];
    const object = owner === undefined ? undefined : await cluster.get(kind, { namespace, name: owner });
    if (object === undefined) continue;
    const text = `pod ${namespace}/${name} (label ${label}) is gone; ${kind} ${object.metadata.name} made pods of that name`;
    found.push(await walkToTop(cluster, { kind, object }, { label, text, pods: [] }));
  }
  const [only, ...others] = found;
  if (only === undefined)
    return unlocated('not-found', `pod ${namespace}/${name} does not exist, and nothing that made it`);
  if (others.length === 0) return only;
  const candidates: WorkloadRef[] = found.flatMap((each) => (each.kind === 'located' ? [each.workload] : []));
  return unlocated(
    'ambiguous',
    `pod ${namespace}/${name} is gone, and several controllers could have made it`,
    candidates,
  );
}
