import type { NodeEvidence } from '../../domain/diagnosis.ts';
import type { Node, Pod } from '../../domain/kubernetes.ts';
import { isHeld, isWell, nodeState } from '../../domain/nodes.ts';
import { HELD_BY_ANNOTATION, ORIGINAL_ANNOTATION, type Intent, type Refusal } from '../../domain/remedy.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { fitOnNodes, podToPlace } from '../capacity/node-fit.ts';
import { markedMetadata, objectPath } from '../objects.ts';
import type { Consideration, Plan, PlanDeps, Remedy, RemedyContext } from '../remedy.ts';
import { LIVING } from '../capacity/room.ts';

const BASIS = {
  name: 'uncordon',
  // Where the pods that wait fit on it, the node is the place that they miss.
  cures: { unschedulable: 0.85 },
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet', 'Node'],
} as const;

/** Pods that wait are alike: a few of them tell where all could go. */
const MAX_WAITING = 5;

/** Lets pods start again on a node that AutoHeal itself cordoned and that is well by now. Never on one that a person did. */
export const uncordon: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Lets pods start again on a node that AutoHeal cordoned earlier and that is well by now.',
  kinds: BASIS.kinds,
  needs: ['nodes', 'pods'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'evidence-missing',
    'not-held-by-autoheal',
    'node-not-ready',
    'no-node-fits',
    'changed-since',
  ],
  undoes: 'Cordons the node again, when a person asks; not where somebody has cordoned it meanwhile.',
  afterwards: 'See whether the node stays well.',
  changes: ['placement'],
  onByDefault: false,
  disruption: () => costsNothing('no pod is taken away'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'], scope: 'cluster' },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'], scope: 'cluster' },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { workload } = context.location;
  const { allNodes, nodes } = context.diagnosis.evidence;
  if (allNodes === undefined) {
    const refusal: Refusal = { code: 'evidence-missing', why: 'how the nodes stand could not be read' };
    return { kind: 'refused', refusal };
  }
  const candidates = workload.kind === 'Node' ? nodes.filter(({ name }) => name === workload.name) : allNodes.held;
  const chosen = wellAndHeld(candidates);
  if (chosen.kind === 'refused') return chosen;
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

/** The nodes that may be put back, by what is known of each. */
function wellAndHeld(
  nodes: readonly NodeEvidence[],
):
  | { readonly kind: 'found'; readonly names: ReadonlySet<string> }
  | { readonly kind: 'refused'; readonly refusal: Refusal } {
  const held = nodes.filter(isHeld);
  const well = held.filter(isWell);
  if (well.length > 0) return { kind: 'found', names: new Set(well.map(({ name }) => name)) };
  const [ill] = held;
  if (ill !== undefined) {
    const state = ill.ready ? `has ${ill.pressures.join(', ')}` : 'is not ready';
    return { kind: 'refused', refusal: { code: 'node-not-ready', why: `node ${ill.name} ${state}` } };
  }
  const [other] = nodes;
  const why =
    other === undefined ? 'no node is cordoned by AutoHeal' : `node ${other.name} is not cordoned by AutoHeal`;
  return { kind: 'refused', refusal: { code: 'not-held-by-autoheal', why, suggest: 'uncordon nodes by hand' } };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const nodes = await deps.cluster.list('Node', {});
  const own = workload.kind === 'Node' ? nodes.filter(({ metadata }) => metadata.uid === uid) : undefined;
  if (own?.length === 0) return changed(`node ${workload.name} is gone or is another one by now`);
  const chosen = wellAndHeld((own ?? nodes.filter((node) => isHeld(nodeState(node)))).map(nodeState));
  if (chosen.kind === 'refused') return chosen;
  const well = nodes.filter(({ metadata }) => chosen.names.has(metadata.name));
  const [first] = well;
  if (workload.kind === 'Node' && first !== undefined)
    return { kind: 'planned', intent: uncordonOf(first, 'it is well', deps) };
  const pods = await deps.cluster.list('Pod', { fieldSelector: LIVING });
  return planForPods(well, pods, context, deps);
}

/** The first node that would take a pod which waits; where others take it already, no node is what it waits for. */
function planForPods(nodes: readonly Node[], pods: readonly Pod[], context: RemedyContext, deps: PlanDeps): Plan {
  const known = new Set(
    context.diagnosis.evidence.pods.filter((pod) => pod.unschedulable !== '').map(({ uid }) => uid),
  );
  const waiting = pods.filter(({ metadata, spec }) => known.has(metadata.uid) && (spec.nodeName ?? '') === '');
  if (waiting.length === 0) return changed('none of the pods that found no node waits any more');
  const open = nodes.map(opened);
  const reasons = new Set<string>();
  for (const pod of waiting.slice(0, MAX_WAITING)) {
    const { fits, why } = fitOnNodes(podToPlace(pod), open, pods);
    const node = nodes.find(({ metadata }) => metadata.name === fits[0]);
    if (node !== undefined) {
      return { kind: 'planned', intent: uncordonOf(node, `pod ${pod.metadata.name} fits there`, deps) };
    }
    reasons.add(why);
  }
  const why = `none of ${nodes.length} cordoned nodes that are well would take the pods that wait: ${[...reasons].join('; ')}`;
  return { kind: 'refused', refusal: { code: 'no-node-fits', why, suggest: 'add a node (scale-nodes)' } };
}

function changed(why: string): Plan {
  return { kind: 'refused', refusal: { code: 'changed-since', why } };
}

const CORDON_TAINT = 'node.kubernetes.io/unschedulable';

/** The node as it will be once it is uncordoned: Kubernetes takes its own taint away then. */
function opened(node: Node): Node {
  const taints = (node.spec?.taints ?? []).filter(({ key }) => key !== CORDON_TAINT);
  return { ...node, spec: { ...node.spec, unschedulable: false, taints } };
}

function uncordonOf(node: Node, because: string, deps: PlanDeps): Intent {
  const { actionId, rung, cures, now } = deps;
  const { name, uid, resourceVersion, annotations = {} } = node.metadata;
  const target = { kind: 'Node', namespace: '', name };
  const path = objectPath(target);
  const marks = [HELD_BY_ANNOTATION, ORIGINAL_ANNOTATION];
  const metadata = markedMetadata(node, actionId);
  const gone = Object.fromEntries(marks.map((mark) => [mark, null]));
  const before = marks.map((mark) => [pointerOf(mark), annotations[mark] ?? null]);
  return {
    actionId,
    rung,
    cures,
    plannedAt: now,
    remedy: BASIS.name,
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { ...metadata, annotations: { ...metadata.annotations, ...gone } },
        spec: { unschedulable: null },
      },
    },
    undo: {
      target,
      uid,
      path,
      // A server keeps no `false` here: a node that takes pods has no such field, and nobody may have set it since.
      expect: { '/spec/unschedulable': null, [pointerOf(HELD_BY_ANNOTATION)]: null },
      restore: { '/spec/unschedulable': true, ...Object.fromEntries(before) },
    },
    summary: `uncordon node ${name} (${because})`,
  };
}

function pointerOf(annotation: string): string {
  return `/metadata/annotations/${annotation.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
