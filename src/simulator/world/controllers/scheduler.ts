import type { NodeObject, PodObject, Taint } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { controllerUid } from '../owned.ts';
import { conditionOf, isTerminating } from '../pods.ts';
import type { Machines } from './node.ts';
import { parseQuantity } from '../../../domain/quantity.ts';
import { podRequests } from '../resources.ts';

interface Room {
  readonly node: NodeObject;
  readonly pods: PodObject[];
  cpu: number;
  memory: number;
  slots: number;
  readonly cpuTotal: number;
}

/**
 * Binds waiting pods to the node with the most room, spreading the pods of one owner, and away from nodes whose CPU is really
 * used up, as a load-aware scheduler plugin does (scheduler-plugins, Trimaran); says why when none fits.
 */
export function schedulePods(kit: Kit, machines: Pick<Machines, 'cpuTaken'>): void {
  const waiting = kit.list('pods').filter((pod) => pod.spec?.nodeName === undefined && !isTerminating(pod));
  if (waiting.length === 0) {
    return;
  }
  const rooms = roomsOf(kit);
  for (const pod of waiting) {
    const refusals = new Map<string, number>();
    const fitting = rooms.filter((room) => {
      const why = refusal(pod, room);
      if (why !== undefined) {
        refusals.set(why, (refusals.get(why) ?? 0) + 1);
      }
      return why === undefined;
    });
    const cost = (room: Room): number =>
      crowding(pod, room) + (machines.cpuTaken(room.node.metadata.name) >= HOT ? HOT_COST : 0);
    const best = fitting.sort((left, right) => cost(left) - cost(right))[0];
    if (best === undefined) {
      markUnschedulable(kit, pod, { refusals, nodes: rooms.length });
    } else {
      bind(kit, pod, best);
    }
  }
}

/** Share of a node's CPU that is gone from where on pods are kept away from it, as much as by several siblings there. */
const HOT = 0.4;
const HOT_COST = 35;

function roomsOf(kit: Kit): Room[] {
  const rooms = new Map(kit.list('nodes').map((node) => [node.metadata.name, emptyRoom(node)]));
  for (const pod of kit.list('pods')) {
    const room = rooms.get(pod.spec?.nodeName ?? '');
    const ended = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    if (room !== undefined && !ended) {
      take(room, pod);
    }
  }
  return [...rooms.values()];
}

function emptyRoom(node: NodeObject): Room {
  const allocatable = node.status?.allocatable ?? {};
  const cpu = parseQuantity(allocatable['cpu']) ?? 0;
  return {
    node,
    pods: [],
    cpu,
    memory: parseQuantity(allocatable['memory']) ?? 0,
    slots: parseQuantity(allocatable['pods']) ?? 110,
    cpuTotal: Math.max(cpu, 0.001),
  };
}

function take(room: Room, pod: PodObject): void {
  const requests = podRequests(pod);
  room.cpu -= requests.cpu;
  room.memory -= requests.memory;
  room.slots -= 1;
  room.pods.push(pod);
}

/** The scheduler's words for why a node does not take a pod; undefined when it does. */
function refusal(pod: PodObject, room: Room): string | undefined {
  const requests = podRequests(pod);
  const taint = (room.node.spec?.taints ?? []).find(
    (candidate) => candidate.effect !== 'PreferNoSchedule' && !tolerates(pod, candidate),
  );
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  if (room.node.spec?.unschedulable === true) {
    return 'node(s) were unschedulable';
  }
  if (taint !== undefined) {
    return `node(s) had untolerated taint(s) {${taint.key}: }`;
  }
  if (!selector.every(([key, value]) => room.node.metadata.labels?.[key] === value)) {
    return "node(s) didn't match Pod's node affinity/selector";
  }
  if (room.slots < 1) {
    return 'Too many pods';
  }
  if (requests.cpu > room.cpu + 1e-9) {
    return 'Insufficient cpu';
  }
  return requests.memory > room.memory ? 'Insufficient memory' : undefined;
}

function tolerates(pod: PodObject, taint: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some(
    (toleration) =>
      (toleration.key === undefined || toleration.key === taint.key) &&
      (toleration.effect === undefined || toleration.effect === taint.effect),
  );
}

/** Pods of the same owner weigh more than a full node, so that replicas spread. */
function crowding(pod: PodObject, room: Room): number {
  const owner = controllerUid(pod);
  const siblings = room.pods.filter((other) => owner !== undefined && controllerUid(other) === owner).length;
  return siblings * 10 + (1 - room.cpu / room.cpuTotal);
}

function bind(kit: Kit, pod: PodObject, room: Room): void {
  const nodeName = room.node.metadata.name;
  const bound = kit.update('pods', { ...pod, spec: { containers: [], ...pod.spec, nodeName } });
  if (bound !== undefined) {
    take(room, bound);
    kit.events.record(bound, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.metadata.namespace ?? ''}/${pod.metadata.name} to ${nodeName}`,
      component: 'default-scheduler',
    });
  }
}

function markUnschedulable(
  kit: Kit,
  pod: PodObject,
  why: { readonly refusals: ReadonlyMap<string, number>; readonly nodes: number },
): void {
  const reasons = [...why.refusals].map(([reason, count]) => `${count} ${reason}`).sort();
  const available = `0/${why.nodes} nodes are available`;
  const message =
    `${available}: ${reasons.join(', ')}. no new claims to deallocate, ` +
    `preemption: ${available}: ${why.nodes} Preemption is not helpful for scheduling.`;
  const before = conditionOf(pod, 'PodScheduled');
  if (before?.message === message) {
    return;
  }
  kit.updateStatus('pods', pod, {
    ...pod.status,
    phase: 'Pending',
    conditions: [
      {
        type: 'PodScheduled',
        observedGeneration: pod.metadata.generation,
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: before?.lastTransitionTime ?? kit.stamp(),
        reason: 'Unschedulable',
        message,
      },
    ],
  });
  kit.events.record(pod, { type: 'Warning', reason: 'FailedScheduling', message, component: 'default-scheduler' });
}
