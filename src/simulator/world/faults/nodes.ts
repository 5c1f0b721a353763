import { parseQuantity } from '../../../domain/quantity.ts';
import { EVICTION_THRESHOLD_BYTES } from '../kubelet/eviction.ts';
import type { NodeObject, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { conditionOf, isActive } from '../pods.ts';
import { podRequests } from '../resources.ts';
import { FAULT_LABEL } from './lost-targets.ts';
import { labelOf, needNamespace, nodeOf, podsOfService } from './targets.ts';
import type { FaultContext, FaultKind } from './targets.ts';

/** What the host's process takes in a minute where the strength is 1: about a small pod. */
const HOST_BYTES_PER_SECOND = (96 * 2 ** 20) / 60;
/** Share of the pods' memory that fits beside it in the end. */
const LEFT_TO_PODS = 0.3;
/** The namespace of the tenant that takes up room. */
const TENANT = 'batch';

/** Illnesses of nodes, and of the room on them. */
export const NODE_FAULTS = {
  'node-not-ready': {
    does: 'the kubelet of a node falls silent',
    curedBy: 'nothing for the node; its pods by being replaced on another one',
    cures: [],
    eases: ['cordon', 'drain'],
    sideEffects: 'every pod of the node counts as not ready, and is deleted after five minutes',
    strength: { means: 'nothing', default: 1 },
    start: ({ kit, sickness, fault }) => {
      const node = nodeOf({ kit, fault });
      if (node !== undefined) {
        sickness.nodes.set(node, fault.id, kit.now());
      }
    },
  },
  'node-pressure': {
    does: 'a process of the host takes more and more of the memory of a node, and the kubelet evicts one pod after the other',
    curedBy: 'moving the pods elsewhere; new ones stay away while the node shows pressure, or is cordoned',
    cures: ['drain'],
    eases: ['cordon', 'rebalance', 'cleanup'],
    sideEffects:
      'every pod of the node but the daemons, the system and the monitoring may be evicted; what is left of them stays',
    strength: { means: 'pace; at 1 a small pod has to go each minute', default: 1 },
    start: ({ kit, sickness, fault, strength, heldOn }) => {
      const name = nodeOf({ kit, fault }) ?? '';
      const node = kit.get('nodes', undefined, name);
      if (node !== undefined) {
        const { movable, fixed } = heldOn(name);
        const room = allocatable(node, 'memory') - EVICTION_THRESHOLD_BYTES - fixed;
        const memory = {
          since: kit.now(),
          bytes: room - movable,
          perSecond: HOST_BYTES_PER_SECOND * strength,
          most: room - movable * LEFT_TO_PODS,
        };
        sickness.hosts.set(name, fault.id, { memory });
      }
    },
    present: ({ kit, sickness, fault }) =>
      sickness.hosts
        .keysOf(fault.id)
        .some((name) =>
          (kit.get('nodes', undefined, name)?.status?.conditions ?? []).some(
            ({ type, status }) => type === 'MemoryPressure' && status === 'True',
          ),
        ),
  },
  'noisy-neighbour': {
    does: 'something on a node takes most of its CPU away from the pods there, which no request accounts for',
    curedBy: 'moving the pods elsewhere',
    cures: ['rebalance', 'drain', 'restart-pod', 'rollout-restart'],
    eases: ['scale-up', 'resize'],
    sideEffects: 'every pod of the node is slower',
    strength: { means: 'share of the CPU that is gone', default: 0.75 },
    start: ({ kit, sickness, fault, strength }) => {
      const node = nodeOf({ kit, fault });
      if (node !== undefined) {
        sickness.hosts.set(node, fault.id, { cpuShare: strength });
      }
    },
    present: ({ kit, sickness, fault }) => {
      const hot = sickness.hosts.keysOf(fault.id);
      const pods = fault.target.namespace === '' ? kit.list('pods').filter(isActive) : podsOfService(kit, fault);
      return pods.some((pod) => hot.includes(pod.spec?.nodeName ?? '') && !isDaemon(pod));
    },
  },
  unschedulable: {
    does: 'pods of another tenant take all room that is left, and that of some pods of the service, which then wait for a node',
    curedBy: 'room: another node, or one that was cordoned',
    cures: ['scale-nodes', 'uncordon'],
    eases: [],
    sideEffects: 'nobody else can start pods either',
    strength: { means: 'share of the pods that lose their place, at least one', default: 0.5 },
    start: takeRoom,
    stop: ({ kit, fault }) => {
      for (const pod of kit
        .list('pods', TENANT)
        .filter(({ metadata }) => metadata.labels?.[FAULT_LABEL] === labelOf(fault.id))) {
        kit.remove('pods', TENANT, pod.metadata.name);
      }
    },
    present: ({ kit, fault }) =>
      podsOfService(kit, fault).some((pod) => conditionOf(pod, 'PodScheduled')?.status === 'False'),
  },
} as const satisfies Readonly<Record<string, FaultKind>>;

function isDaemon({ metadata }: PodObject): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
}

function allocatable({ status }: NodeObject, resource: 'cpu' | 'memory'): number {
  return parseQuantity(status?.allocatable?.[resource]) ?? 0;
}

/** Removes some pods of the service and fills every node that takes pods until none of them fits any more. */
function takeRoom({ kit, fault, strength }: FaultContext): void {
  const pods = podsOfService(kit, fault);
  const [first] = pods;
  if (first === undefined) {
    return;
  }
  const size = podRequests(first).cpu;
  const lost = pods.slice(-Math.max(1, Math.ceil(pods.length * strength)));
  for (const { metadata } of lost) {
    kit.remove('pods', metadata.namespace, metadata.name);
  }
  needNamespace(kit, TENANT);
  for (const node of kit.list('nodes').filter(({ spec }) => spec?.unschedulable !== true)) {
    const free = freeCpu(kit, node);
    if (free >= size) {
      kit.create('pods', fillerOf(fault.id, node.metadata.name, free - size / 2));
    }
  }
}

function freeCpu(kit: Kit, node: NodeObject): number {
  const used = kit
    .list('pods')
    .filter((pod) => pod.spec?.nodeName === node.metadata.name && isActive(pod))
    .reduce((total, pod) => total + podRequests(pod).cpu, 0);
  return allocatable(node, 'cpu') - used;
}

function fillerOf(fault: string, node: string, cores: number): Parameters<Kit['create']>[1] {
  const requests = { cpu: `${Math.floor(cores * 1_000)}m`, memory: '64Mi' };
  const suffix = labelOf(fault);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `worker-${node}-${suffix}`,
      namespace: TENANT,
      labels: { app: 'worker', [FAULT_LABEL]: suffix },
    },
    spec: {
      nodeName: node,
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      containers: [{ name: 'app', image: 'batch/worker:1.0.0', resources: { requests } }],
    },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}
