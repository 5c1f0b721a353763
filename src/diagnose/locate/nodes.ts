import type { Node, Pod } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import { located, unlocated } from './answer.ts';
import { exporterOf, exporterOfJob, hostOf } from './exporters.ts';
import type { Lookups } from './lookups.ts';
import { invalidName, isObjectName, type SubjectLabels } from './subject-labels.ts';

/** The node that label `node` names, or whose address or name is the scraped instance. Never that of label `pod`. */
export async function locateNode(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const invalid = invalidName(labels, ['node']);
  if (invalid !== undefined) return invalid;
  const name = labels.value('node');
  if (name === undefined) return locateNodeByInstance(cluster, labels);
  const node = await cluster.get('Node', { name });
  if (node === undefined) return unlocated('not-found', `node ${name} does not exist`);
  return answer(node, labels.source('node'), `label ${labels.source('node')}=${name} names it`);
}

/**
 * The node that node-exporter reports on: the one its pod runs on, else the one with the instance's address, else the one
 * whose name the instance was relabelled to.
 */
export async function locateExporterNode(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const pod = await exporterPod(cluster, labels);
  const name = pod?.spec.nodeName;
  if (pod === undefined || name === undefined) return locateNode(cluster, labels);
  const node = await cluster.get('Node', { name });
  if (node === undefined) return unlocated('not-found', `node ${name}, on which the exporter runs, does not exist`);
  return answer(node, 'pod', `the exporter pod ${pod.metadata.name} (label pod) runs on node ${name}`);
}

/** The pod of node-exporter that was scraped. Any other pod that the labels name says nothing about the node. */
async function exporterPod(cluster: Lookups, labels: SubjectLabels): Promise<Pod | undefined> {
  const namespace = labels.scraped('namespace');
  const name = labels.scraped('pod');
  if (namespace === undefined || name === undefined || !isObjectName(namespace) || !isObjectName(name))
    return undefined;
  const pod = await cluster.get('Pod', { namespace, name });
  if (pod === undefined) return undefined;
  const isNodeExporter = exporterOf(pod) === 'node-exporter' || exporterOfJob(labels) === 'node-exporter';
  const isScraped = pod.status?.podIP !== undefined && pod.status.podIP === hostOf(labels.scraped('instance') ?? '');
  return isNodeExporter || isScraped ? pod : undefined;
}

async function locateNodeByInstance(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const instance = labels.scraped('instance');
  if (instance === undefined) return unlocated('no-subject', 'neither label node nor label instance is there');
  const host = hostOf(instance);
  if (host === undefined) {
    const name = instance.replace(/:\d+$/, '');
    if (!isObjectName(name))
      return unlocated('invalid-name', 'label instance is neither an address nor the name of a node');
    const node = await cluster.get('Node', { name });
    if (node === undefined) return unlocated('not-found', `label instance=${name} names no node`);
    return answer(node, 'instance', `label instance=${name} names it`);
  }
  const nodes = await cluster.list('Node', {});
  const [node, ...others] = nodes.filter((each) =>
    (each.status?.addresses ?? []).some(({ type, address }) => type === 'InternalIP' && address === host),
  );
  if (node === undefined) return unlocated('not-found', `no node has the address ${host} of label instance`);
  if (others.length > 0) {
    const candidates = [node, ...others].map(({ metadata }) => ({ kind: 'Node', namespace: '', name: metadata.name }));
    return unlocated('ambiguous', `several nodes have the address ${host} of label instance`, candidates);
  }
  return answer(node, 'instance', `${host} of label instance is the internal address of node ${node.metadata.name}`);
}

function answer(node: Node, label: string, why: string): Location {
  const { name, uid } = node.metadata;
  return located({ workload: { kind: 'Node', namespace: '', name }, uid }, label, why);
}
