import type { Node } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { located, unlocated } from './answer.ts';
import { hostOf } from './pods.ts';
import { isObjectName, type SubjectLabels } from './subject-labels.ts';

/** The node that a label names. */
export async function locateNode(cluster: ClusterReader, labels: SubjectLabels): Promise<Location> {
  const name = labels.value('node');
  if (name === undefined) return locateNodeByAddress(cluster, labels);
  const node = await cluster.get('Node', { name });
  if (node === undefined) return unlocated('not-found', `node ${name} does not exist`);
  return answer(node, labels.source('node'), `label ${labels.source('node')}=${name} names it`);
}

/**
 * The node that node-exporter reports on: the one its pod runs on, else the one with the instance's address, else the one
 * whose name the instance was relabelled to.
 */
export async function locateExporterNode(cluster: ClusterReader, labels: SubjectLabels): Promise<Location> {
  const namespace = labels.value('namespace');
  const name = labels.value('pod');
  const pod = namespace === undefined || name === undefined ? undefined : await cluster.get('Pod', { namespace, name });
  const nodeName = pod?.spec.nodeName;
  if (nodeName === undefined)
    return labels.value('node') === undefined ? locateNodeByAddress(cluster, labels) : locateNode(cluster, labels);
  const node = await cluster.get('Node', { name: nodeName });
  if (node === undefined)
    return unlocated('not-found', `node ${nodeName}, on which ${namespace}/${name} ran, does not exist`);
  return answer(node, labels.source('pod'), `the exporter pod ${namespace}/${name} runs on node ${nodeName}`);
}

async function locateNodeByAddress(cluster: ClusterReader, labels: SubjectLabels): Promise<Location> {
  const instance = labels.value('instance');
  if (instance === undefined) return unlocated('no-subject', 'neither node nor instance names a node');
  const host = hostOf(instance);
  if (host === undefined) {
    const name = instance.replace(/:\d+$/, '');
    const node = isObjectName(name) ? await cluster.get('Node', { name }) : undefined;
    if (node === undefined) return unlocated('not-found', `instance ${name} is no node`);
    return answer(node, 'instance', `instance ${name} is the node's name`);
  }
  const nodes = await cluster.list('Node', {});
  const node = nodes.find((each) =>
    (each.status?.addresses ?? []).some(({ type, address }) => type === 'InternalIP' && address === host),
  );
  if (node === undefined) return unlocated('not-found', `no node has the address ${host}`);
  return answer(node, 'instance', `instance ${instance} is the internal address of node ${node.metadata.name}`);
}

function answer(node: Node, label: string, why: string): Location {
  const { name, uid } = node.metadata;
  return located({ workload: { kind: 'Node', namespace: '', name }, uid }, label, why);
}
