import type { Kinds, NodeObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isTerminating, terminatePod } from '../pods.ts';
import type { NodeGroupSpec, WorldSpec } from '../spec.ts';

type Group = Kinds['machinedeployments'];

/** The label that tells the group of a node: labels of this domain come from the node's Machine. Source: Cluster API. */
export const GROUP_LABEL = 'node.cluster.x-k8s.io/group';
const JOIN_SECONDS = 60;

/** Makes and removes nodes until each group has as many as its MachineDeployment asks for. */
export function makeNodeGroups(kit: Kit, spec: WorldSpec): { reconcile(): void } {
  const state = kit.keep('node-groups', () => ({
    joinsAt: new Map<string, number[]>(),
    models: new Map<string, NodeObject>(),
    made: spec.nodes.length,
  }));
  const { joinsAt, models } = state;

  function reconcile(): void {
    for (const known of spec.nodeGroups ?? []) {
      const group = kit.get('machinedeployments', known.namespace, known.name);
      if (group !== undefined) {
        sync(group, known);
      }
    }
  }

  function sync(group: Group, known: NodeGroupSpec): void {
    const members = kit.list('nodes').filter((node) => node.metadata.labels?.[GROUP_LABEL] === known.name);
    const model = models.get(known.name) ?? members[0];
    if (model !== undefined) {
      models.set(known.name, model);
    }
    const wanted = group.spec?.replicas ?? 1;
    const joining = (joinsAt.get(known.name) ?? []).slice(0, Math.max(0, wanted - members.length));
    while (members.length + joining.length < wanted) {
      joining.push(kit.now() + (known.joinSeconds ?? JOIN_SECONDS) * 1_000);
    }
    const due = joining.filter((at) => at <= kit.now());
    joinsAt.set(
      known.name,
      joining.filter((at) => at > kit.now()),
    );
    for (const _at of due) {
      if (model !== undefined) {
        join(model);
      }
    }
    const spare = newestFirst(members).slice(0, Math.max(0, members.length - wanted));
    for (const node of spare) {
      leave(kit, node);
    }
    syncStatus(kit, group, { wanted, present: members.length + due.length, leaving: spare.length });
  }

  function join(model: NodeObject): void {
    state.made += 1;
    const { made } = state;
    const name = nextName(kit, model.metadata.labels?.[GROUP_LABEL] ?? 'node', made);
    const { taints: _taints, unschedulable: _cordon, ...nodeSpec } = model.spec ?? {};
    const { conditions: _conditions, ...status } = model.status ?? {};
    kit.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { ...model.metadata.labels, 'kubernetes.io/hostname': name } },
      spec: { ...nodeSpec, podCIDR: `10.244.${made}.0/24`, podCIDRs: [`10.244.${made}.0/24`] },
      status: {
        ...status,
        addresses: [
          { type: 'InternalIP', address: `10.97.0.${made}` },
          { type: 'Hostname', address: name },
        ],
      },
    });
  }

  return { reconcile };
}

function nextName(kit: Kit, group: string, from: number): string {
  for (let number = from; ; number += 1) {
    const name = `${group}-${number}`;
    if (kit.get('nodes', undefined, name) === undefined) {
      return name;
    }
  }
}

function newestFirst(nodes: readonly NodeObject[]): readonly NodeObject[] {
  const age = (node: NodeObject): number => Date.parse(node.metadata.creationTimestamp);
  return [...nodes].sort(
    (left, right) => age(right) - age(left) || (left.metadata.name < right.metadata.name ? 1 : -1),
  );
}

/** A node that is to go takes no new pods, loses those it has, and goes when only daemons are left. */
function leave(kit: Kit, node: NodeObject): void {
  if (node.spec?.unschedulable !== true) {
    kit.update('nodes', { ...node, spec: { ...node.spec, unschedulable: true } });
  }
  const pods = kit
    .list('pods')
    .filter((pod) => pod.spec?.nodeName === node.metadata.name)
    .filter((pod) => pod.metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') !== true);
  for (const pod of pods.filter((each) => !isTerminating(each))) {
    terminatePod(kit, pod);
  }
  if (pods.length === 0) {
    kit.remove('nodes', undefined, node.metadata.name);
  }
}

function syncStatus(
  kit: Kit,
  group: Group,
  seen: { readonly wanted: number; readonly present: number; readonly leaving: number },
): void {
  const replicas = Math.max(seen.wanted, seen.present);
  const readyReplicas = Math.min(seen.wanted, seen.present);
  const phase = seen.leaving > 0 ? 'ScalingDown' : seen.present < seen.wanted ? 'ScalingUp' : 'Running';
  kit.updateStatus('machinedeployments', group, { ...group.status, replicas, readyReplicas, phase });
}
