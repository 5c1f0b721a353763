import type { NodeEvidence, NodesEvidence } from '../../domain/diagnosis.ts';
import type { Node } from '../../domain/kubernetes.ts';
import { allNodesState, isCpuTaken, isOut, isWell, nodeState, showsInNodeCpu } from '../../domain/nodes.ts';
import type { Refusal, RefusalCode } from '../../domain/remedy.ts';
import { percent } from '../../domain/percent.ts';
import type { PlanDeps, RemedyContext } from '../remedy.ts';

/** One node, and all of them. */
export interface NodesView {
  readonly node: NodeEvidence;
  readonly all: NodesEvidence;
  /** What uses up its CPU, where the incident is about that: no condition of the node shows it. */
  readonly busyWith?: 'its own pods' | 'something else';
}

/** The nodes afresh: the one that the incident is about as the API server has it, and what is known of all. */
export interface FreshNodes extends NodesView {
  readonly object: Node;
  readonly objects: readonly Node[];
}

/** A small cluster could never take a node out by its share alone: with so many others that are well, one may go. */
const ENOUGH_OTHERS = 3;

/**
 * Why a node must not be taken out of service, judged on all nodes: it is of the control plane, nothing would be left to run
 * pods on, or too many are out. A node that is out already for not being ready adds nothing to their number, but where as
 * many as that are out something else than a node is ill, and emptying them one after the other is how it becomes worse.
 */
export function takeOutRefusal(
  { node, all }: Pick<NodesView, 'node' | 'all'>,
  maxShareOut: number,
): Refusal | undefined {
  if (node.controlPlane === true) {
    return { code: 'control-plane-node', why: `node ${node.name} is of the control plane`, suggest: BY_HAND };
  }
  const added = isOut(node) ? 0 : 1;
  const out = all.out + added;
  const others = all.total - out;
  if (others < 1) {
    return { code: 'single-node', why: `no other node of ${all.total} is ready and takes pods`, suggest: ADD_A_NODE };
  }
  // A hair more than the product: a fraction times a number is seldom the number that was meant.
  const allowed = Math.floor(all.total * maxShareOut + 1e-9);
  if (out <= Math.max(allowed, others >= ENOUGH_OTHERS ? 1 : 0)) return undefined;
  const why = `${out} of ${all.total} nodes would be cordoned or not ready, and the policy allows ${allowed} (${percent(maxShareOut)})`;
  return { code: 'too-many-nodes-out', why, suggest: LOOK_FURTHER };
}

const BY_HAND = 'look at it by hand';
const ADD_A_NODE = 'add a node before this one is taken out';
const LOOK_FURTHER = 'look for what the nodes that are out have in common';

/** Refusals that `takeOutRefusal` and `mayTakeOut` answer with. */
export const TAKE_OUT_REFUSALS = [
  'evidence-missing',
  'node-recovered',
  'control-plane-node',
  'single-node',
  'too-many-nodes-out',
] as const satisfies readonly RefusalCode[];

/** Why a node must not be taken out, its own state included: one that has recovered needs nothing any more. */
export function mayTakeOut(view: NodesView, maxShareOut: number): Refusal | undefined {
  const { node } = view;
  if (isWell(node) && view.busyWith === undefined) {
    return { code: 'node-recovered', why: `node ${node.name} is ready and without pressure by now` };
  }
  if (isWell(node) && view.busyWith === 'its own pods') {
    const why = `as far as anybody knows the pods of node ${node.name} need its CPU themselves, and would elsewhere`;
    return { code: 'does-not-cure', why, suggest: 'decide which of them have to go, or add a node' };
  }
  return takeOutRefusal(view, maxShareOut);
}

/** The nodes as the evidence has them. */
export function nodesOfEvidence(context: RemedyContext): NodesView | Refusal {
  const { location, diagnosis } = context;
  const { nodes, allNodes } = diagnosis.evidence;
  const node = nodes.find(({ name }) => name === location.workload.name);
  if (node === undefined || allNodes === undefined) {
    return { code: 'evidence-missing', why: 'how the nodes stand could not be read' };
  }
  return { node, all: allNodes, ...busyWith(context) };
}

/**
 * The nodes as they stand now.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function freshNodes(context: RemedyContext, { cluster }: PlanDeps): Promise<FreshNodes | Refusal> {
  const { location } = context;
  const { name } = location.workload;
  const objects = await cluster.list('Node', {});
  const object = objects.find(({ metadata }) => metadata.name === name);
  if (object === undefined || object.metadata.uid !== location.uid) {
    return { code: 'changed-since', why: `node ${name} is gone or is another one by now` };
  }
  return { object, objects, node: nodeState(object), all: allNodesState(objects), ...busyWith(context) };
}

function busyWith({ diagnosis }: RemedyContext): Pick<NodesView, 'busyWith'> {
  if (!showsInNodeCpu(diagnosis)) return {};
  return { busyWith: isCpuTaken(diagnosis.evidence.signals) ? 'something else' : 'its own pods' };
}

export function isRefusal(answer: object): answer is Refusal {
  return 'code' in answer;
}
