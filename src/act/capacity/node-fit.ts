import type { Node, Pod, PodSpec } from '../../domain/kubernetes.ts';
import { apartFrom, apartOn, hindranceOnNode, type PodToPlace } from './node-rules.ts';
import { add, amounts, amountText, requestsOf, type Amounts } from './pod-requests.ts';

export type { PodToPlace } from './node-rules.ts';

export interface NodeFit {
  /** Names of the nodes that the pod could start on now, the one with the most room first. */
  readonly fits: readonly string[];
  /** The nodes that it could not start on, counted by reason; empty where it could start on every node. */
  readonly why: string;
}

/**
 * The nodes that a pod could start on, judged as the scheduler judges: the node is ready and not cordoned, its taints are
 * tolerated, the node selector and the required node affinity select it, no required anti-affinity keeps the pod away, and what
 * its living pods request leaves enough of every resource and a place.
 *
 * `pods` are the pods of all those nodes, in any state; a pod that is moved away is simply left out of them. Not looked at: host
 * ports, volumes that are bound to a zone, required affinity to other pods and topology spread.
 *
 * Source: the filters NodeUnschedulable, TaintToleration, NodeAffinity, InterPodAffinity and NodeResourcesFit of kube-scheduler.
 */
export function fitOnNodes(pod: PodToPlace, nodes: readonly Node[], pods: readonly Pod[]): NodeFit {
  const rooms = roomsOf(nodes, pods);
  const { roomy, why } = lookAround(pod, rooms);
  return { fits: roomy.map(({ node }) => node.metadata.name), why };
}

/**
 * How many of `count` equal pods could start one after the other, each on the node with the most room, and why not more.
 */
export function placeOnNodes(
  pod: PodToPlace,
  count: number,
  { nodes, pods }: { readonly nodes: readonly Node[]; readonly pods: readonly Pod[] },
): { readonly placed: number; readonly why: string } {
  const rooms = roomsOf(nodes, pods);
  for (let placed = 0; placed < count; placed += 1) {
    const { roomy, why } = lookAround(pod, rooms);
    const [room] = roomy;
    if (room === undefined) return { placed, why };
    occupy(room, pod);
  }
  return { placed: count, why: '' };
}

/** What the living pods of a node leave of it: cores and bytes. Below zero where they request more than it has. */
export function freeOn(node: Node, pods: readonly Pod[]): { readonly cpu: number; readonly memory: number } {
  const [room] = roomsOf([node], pods);
  return { cpu: (room?.free.get('cpu') ?? 0) / 1000, memory: room?.free.get('memory') ?? 0 };
}

/** A living pod as one that is to be placed; on which node it runs is forgotten. */
export function podToPlace(pod: {
  readonly metadata?: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}): PodToPlace {
  return { namespace: pod.metadata?.namespace ?? '', labels: pod.metadata?.labels ?? {}, spec: pod.spec };
}

/** What is left of a node while pods are placed on it. */
interface Room {
  readonly node: Node;
  readonly size: Amounts;
  readonly free: Map<string, number>;
  readonly pods: PodToPlace[];
}

function roomsOf(nodes: readonly Node[], pods: readonly Pod[]): readonly Room[] {
  const byName = new Map<string, Room>();
  for (const node of nodes) {
    const size = amounts(node.status?.allocatable ?? {});
    byName.set(node.metadata.name, { node, size, free: new Map(size), pods: [] });
  }
  for (const pod of pods) {
    const room = byName.get(pod.spec.nodeName ?? '');
    // A pod that is terminating holds its resources until it is gone.
    const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (room !== undefined && !over) occupy(room, podToPlace(pod));
  }
  return [...byName.values()];
}

function occupy(room: Room, pod: PodToPlace): void {
  add(room.free, requestsOf(pod.spec), -1);
  add(room.free, ONE_PLACE, -1);
  room.pods.push(pod);
}

const ONE_PLACE: Amounts = new Map([['pods', 1]]);

interface Outlook {
  /** Rooms that the pod fits into, the roomiest first. */
  readonly roomy: readonly Room[];
  readonly why: string;
}

function lookAround(pod: PodToPlace, rooms: readonly Room[]): Outlook {
  const needs = new Map(requestsOf(pod.spec));
  add(needs, ONE_PLACE);
  const apart = apartFrom(pod, rooms);
  const roomy: Room[] = [];
  const full: Shortage[] = [];
  const barred = new Map<string, number>();
  for (const room of rooms) {
    const rule = hindranceOnNode(pod, room.node) ?? apartOn(room.node, apart);
    const shortage = rule === undefined ? shortageOf(needs, room) : undefined;
    if (rule !== undefined) barred.set(rule, (barred.get(rule) ?? 0) + 1);
    else if (shortage !== undefined) full.push(shortage);
    else roomy.push(room);
  }
  return { roomy: roomy.sort(roomiestFirst), why: counted(rooms.length, { full, barred }) };
}

interface Shortage {
  readonly resource: string;
  readonly needs: number;
  readonly free: number;
}

function shortageOf(needs: Amounts, { free }: Room): Shortage | undefined {
  for (const [resource, amount] of needs) {
    const left = free.get(resource) ?? 0;
    if (amount > left && amount > 0) return { resource, needs: amount, free: Math.max(left, 0) };
  }
  return undefined;
}

function roomiestFirst(a: Room, b: Room): number {
  const order = shareFree(b) - shareFree(a);
  if (order !== 0) return order;
  return a.node.metadata.name < b.node.metadata.name ? -1 : 1;
}

function shareFree({ size, free }: Room): number {
  const shares = ['cpu', 'memory'].map((resource) => (free.get(resource) ?? 0) / Math.max(size.get(resource) ?? 0, 1));
  return shares.reduce((sum, share) => sum + share, 0);
}

function counted(
  all: number,
  { full, barred }: { readonly full: readonly Shortage[]; readonly barred: ReadonlyMap<string, number> },
): string {
  if (all === 0) return 'there is no node';
  const parts: string[] = [];
  for (const [resource, short] of Map.groupBy(full, (each) => each.resource)) {
    const most = Math.max(...short.map(({ free }) => free));
    const needs = short[0]?.needs ?? 0;
    const room =
      resource === 'pods'
        ? 'no place for another pod'
        : `not enough ${resource} (needs ${amountText(resource, needs)}, ${amountText(resource, most)} free at most)`;
    parts.push(`${short.length} of ${all} nodes: ${room}`);
  }
  for (const [rule, nodes] of barred) parts.push(`${nodes} of ${all} nodes: ${rule}`);
  return parts.join('; ');
}
