import type { Node, Pod } from '../../domain/kubernetes.ts';
import { isOut, isWell, nodeState } from '../../domain/nodes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import { fitOnNodes, freeOn, podToPlace } from '../capacity/node-fit.ts';
import { amounts } from '../capacity/pod-requests.ts';

/** A node that pods are to be moved away from. */
export interface Hot {
  readonly node: Node;
  /** Share of the node that is requested, of whichever resource is scarcer. */
  readonly share: number;
  readonly pressed: boolean;
  /** A pod of it is named by the alerts: it may be hot by what it uses, whatever is requested. */
  readonly named: boolean;
  readonly why: string;
}

/** The node to move pods away from: one under pressure, else one of a pod that the alerts name, else the fullest. */
export function hottest(
  nodes: readonly Node[],
  {
    own,
    pods,
    named,
  }: { readonly own: readonly Pod[]; readonly pods: readonly Pod[]; readonly named: readonly string[] },
): Hot | undefined {
  const meant = new Set(own.filter(({ metadata }) => named.includes(metadata.name)).map(({ spec }) => spec.nodeName));
  const used = new Set(own.map(({ spec }) => spec.nodeName));
  let best: (Hot & { readonly rank: number }) | undefined;
  for (const node of nodes) {
    const { name, pressures } = nodeState(node);
    if (!used.has(name)) continue;
    const share = requestedShare(node, pods);
    const pressed = pressures.length > 0;
    const rank = (pressed ? 2000 : 0) + (meant.has(name) ? 1000 : 0) + share;
    if (best !== undefined && rank <= best.rank) continue;
    const full = `${Math.round(share * 100)} % requested`;
    best = {
      node,
      share,
      pressed,
      named: meant.has(name),
      rank,
      why: pressed ? `${pressures.join(', ')}, ${full}` : full,
    };
  }
  return best;
}

function requestedShare(node: Node, pods: readonly Pod[]): number {
  const size = amounts(node.status?.allocatable ?? {});
  const free = freeOn(node, pods);
  const cpu = (size.get('cpu') ?? 0) / 1000;
  const memory = size.get('memory') ?? 0;
  const used = (whole: number, left: number): number => (whole <= 0 ? 1 : (whole - left) / whole);
  return Math.max(used(cpu, free.cpu), used(memory, free.memory));
}

/** Those of the pods for which a node has room that is cooler than theirs even with them on it. */
export function movesFrom(
  hot: Hot,
  chosen: readonly Pod[],
  { nodes, pods }: { readonly nodes: readonly Node[]; readonly pods: readonly Pod[] },
): readonly Pod[] | Refusal {
  const name = hot.node.metadata.name;
  const others = nodes.filter((node) => node.metadata.name !== name && isCandidate(node));
  const placed = pods.filter((pod) => !chosen.includes(pod));
  const moved: Pod[] = [];
  let why = `${others.length} other nodes are well`;
  for (const pod of chosen) {
    const found = fitOnNodes(podToPlace(pod), others, placed);
    const there = found.fits.map((each) => ({ ...pod, spec: { ...pod.spec, nodeName: each } }));
    const cooler = there.find((copy) => isCooler(copy, hot, { nodes: others, pods: placed }));
    if (cooler !== undefined) {
      placed.push(cooler);
      moved.push(pod);
    } else if (there.length > 0) why = `${there.length} nodes have room, none of them cooler than ${name}`;
    else if (found.why !== '') why = found.why;
  }
  if (moved.length > 0) return moved;
  const suggest = 'add a node (scale-nodes), or move other pods away by hand';
  return { code: 'no-cooler-node', why: `no node is cooler than ${name} (${hot.why}) and has room: ${why}`, suggest };
}

function isCandidate(node: Node): boolean {
  const state = nodeState(node);
  return isWell(state) && !isOut(state);
}

function isCooler(
  pod: Pod,
  hot: Hot,
  { nodes, pods }: { readonly nodes: readonly Node[]; readonly pods: readonly Pod[] },
): boolean {
  if (hot.pressed) return true;
  const node = nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName);
  if (node === undefined) return false;
  const then = requestedShare(node, [...pods, pod]);
  return hot.named ? then <= hot.share : then < hot.share;
}
