import type { Node } from '../../domain/kubernetes.ts';
import type { GiveBack, Intent, PlannedWrite, Refusal } from '../../domain/remedy.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import {
  freshNodes,
  isRefusal,
  mayTakeOut,
  nodesOfEvidence,
  TAKE_OUT_REFUSALS,
  type NodesView,
} from '../pods/node-safety.ts';
import { markedMetadata, objectPath } from '../objects.ts';
import type { Consideration, Plan, PlanDeps, Remedy, RemedyContext } from '../remedy.ts';
import { temporaryMarks } from '../temporary.ts';

const BASIS = {
  name: 'cordon',
  // It keeps more pods from falling ill there; the node itself gets well by its load going away, or by people.
  cures: { 'node-pressure': 0.6, 'node-not-ready': 0.55 },
  kinds: ['Node'],
} as const;

/** Keeps new pods away from an ill node until it is well again. What runs there stays. */
export const cordon: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Keeps new pods away from an ill node; what runs there stays.',
  kinds: BASIS.kinds,
  needs: ['nodes'],
  refusals: ['wrong-kind', 'does-not-cure', 'already-tried', 'bare-pod', ...TAKE_OUT_REFUSALS, 'changed-since'],
  undoes:
    'Uncordons the node: by itself once the incident is over and the node is well; not where somebody has uncordoned it meanwhile.',
  afterwards: 'Find out what ails the node.',
  changes: ['placement'],
  onByDefault: false,
  disruption: () => costsNothing('no pod is taken away'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'], scope: 'cluster' }],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const view = nodesOfEvidence(context);
  if (isRefusal(view)) return { kind: 'refused', refusal: view };
  const refusal = cordonRefusal(view, context);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

function cordonRefusal(view: NodesView, { limits }: RemedyContext): Refusal | undefined {
  const { name, unschedulable, heldBy } = view.node;
  if (unschedulable) {
    const who = heldBy === undefined ? 'by somebody else' : `by ${heldBy}`;
    return { code: 'does-not-cure', why: `node ${name} is cordoned already, ${who}` };
  }
  return mayTakeOut(view, limits.nodes.maxShareOut);
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const view = await freshNodes(context, deps);
  if (isRefusal(view)) return { kind: 'refused', refusal: view };
  const refusal = cordonRefusal(view, context);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const { actionId, rung, cures, now } = deps;
  const intent: Intent = {
    actionId,
    rung,
    cures,
    plannedAt: now,
    remedy: BASIS.name,
    ...cordonOf(view.object, actionId),
    summary: `cordon node ${view.node.name}: no new pods`,
    giveBack: uncordonedAgain(context),
  };
  return { kind: 'planned', intent };
}

/** The write that cordons a node, and its undo: whatever stood there before, as long as nobody has uncordoned it since. */
export function cordonOf(
  node: Node,
  actionId: string,
): PlannedWrite & { readonly undo: NonNullable<PlannedWrite['undo']> } {
  const target = { kind: 'Node', namespace: '', name: node.metadata.name };
  const { uid, resourceVersion } = node.metadata;
  const path = objectPath(target);
  const marks = temporaryMarks(node, actionId, { '/spec/unschedulable': true });
  const metadata = markedMetadata(node, actionId);
  return {
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { ...metadata, annotations: { ...metadata.annotations, ...marks.annotations } },
        spec: { unschedulable: true },
      },
    },
    undo: { target, uid, path, expect: marks.expect, restore: marks.restore },
  };
}

/** A node is put back when it is well, and not before. */
export function uncordonedAgain({ limits }: RemedyContext): GiveBack {
  return { afterMs: limits.giveBackAfterSeconds * 1000, when: 'node-healthy' };
}
