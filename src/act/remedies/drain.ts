import type { PodEvidence } from '../../domain/diagnosis.ts';
import { errorText } from '../../domain/errors.ts';
import type { Pod, PodDisruptionBudget } from '../../domain/kubernetes.ts';
import { isHeld } from '../../domain/nodes.ts';
import type { Intent, PlannedWrite, Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { cordonOf, uncordonedAgain } from './cordon.ts';
import { costOfReplacing } from '../cost.ts';
import { evictedPod, leaveFor } from '../pods/disruption.ts';
import { leavingOrder, placeElsewhere, stayText, type Leaving } from '../pods/drain-pods.ts';
import { effectOf } from '../effect.ts';
import { evictionOf, movable, stayOf, type Stay } from '../pods/evictions.ts';
import { fit } from '../fit.ts';
import {
  freshNodes,
  isRefusal,
  mayTakeOut,
  nodesOfEvidence,
  TAKE_OUT_REFUSALS,
  type FreshNodes,
  type NodesView,
} from '../pods/node-safety.ts';
import type { Consideration, Effect, Plan, PlanDeps, Remedy, RemedyContext } from '../remedy.ts';
import { LIVING } from '../capacity/room.ts';

const BASIS = {
  name: 'drain',
  // The workloads recover elsewhere. A node under pressure often does too, once its load is gone; a dead one seldom does.
  cures: { 'node-pressure': 0.75, 'node-not-ready': 0.65 },
  kinds: ['Node'],
} as const;

/** A node holds no more pods than this unless somebody raised the kubelet's own bound. */
const MAX_EVICTIONS = 110;

/**
 * Cordons an ill node and evicts its pods, so that they start elsewhere. A budget that says no is waited for, never passed by:
 * what it has not let go when the time is over stays where it is. Whoever uncordons the node meanwhile ends the drain.
 */
export const drain: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Cordons an ill node and evicts its pods, so that they start on other nodes.',
  kinds: BASIS.kinds,
  needs: ['nodes', 'pods', 'disruption budgets'],
  refusals: [
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    ...TAKE_OUT_REFUSALS,
    'bare-pod',
    'no-node-fits',
    'no-disruption-allowed',
    'too-disruptive',
    'changed-since',
  ],
  undoes:
    'Uncordons the node: by itself once the incident is over and the node is well; not where somebody has uncordoned it meanwhile. Pods that left stay where they are.',
  afterwards:
    'Find out what ails the node; pods of StatefulSets on a dead node are released when its Node object goes.',
  changes: ['pods', 'placement'],
  onByDefault: false,
  disruption: (context) => costOfReplacing(leavingEvidence(context), context.diagnosis.evidence),
  consider,
  plan,
  tookEffect: drainEffect,
  rbac: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'], scope: 'cluster' },
    // The pods of a node are of any namespace.
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'], scope: 'cluster' },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'], scope: 'cluster' },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'], scope: 'cluster' },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const view = nodesOfEvidence(context);
  if (isRefusal(view)) return { kind: 'refused', refusal: view };
  const pods = context.diagnosis.evidence.pods;
  const bare = pods.filter((pod) => stayOfEvidence(pod, context) === 'bare').map(({ name }) => name);
  const refusal = drainRefusal(view, context) ?? podsRefusal(view, { bare, leaving: leavingEvidence(context).length });
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

function stayOfEvidence(pod: PodEvidence, { protectedNamespaces }: RemedyContext): Stay | undefined {
  const { namespace = '', ownerKind, phase, terminating } = pod;
  return stayOf({ namespace, ownerKind, phase, terminating }, protectedNamespaces);
}

function leavingEvidence(context: RemedyContext): readonly PodEvidence[] {
  return context.diagnosis.evidence.pods.filter((pod) => stayOfEvidence(pod, context) === undefined);
}

/** Why the node is not emptied, whatever runs on it. */
function drainRefusal(view: NodesView, { limits }: RemedyContext): Refusal | undefined {
  const { name, unschedulable } = view.node;
  if (unschedulable && !isHeld(view.node)) {
    return { code: 'does-not-cure', why: `node ${name} is cordoned by somebody else, who may be at work on it` };
  }
  return mayTakeOut(view, limits.nodes.maxShareOut);
}

/** Why the node is not emptied of these pods. */
function podsRefusal(
  { node }: NodesView,
  { bare, leaving }: { readonly bare: readonly string[]; readonly leaving: number },
): Refusal | undefined {
  if (bare.length > 0) {
    const why = `${bare.length} pods on node ${node.name} have no controller to bring them back: ${bare.slice(0, 5).join(', ')}`;
    return { code: 'bare-pod', why, suggest: 'move them by hand, or cordon the node only' };
  }
  if (leaving === 0) return { code: 'does-not-cure', why: `no pod on node ${node.name} can be moved` };
  if (leaving > MAX_EVICTIONS) {
    const why = `${leaving} pods on node ${node.name} would be evicted, and no more than ${MAX_EVICTIONS} are at once`;
    return { code: 'too-disruptive', why };
  }
  return undefined;
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const view = await freshNodes(context, deps);
  if (isRefusal(view)) return { kind: 'refused', refusal: view };
  const first = drainRefusal(view, context);
  if (first !== undefined) return { kind: 'refused', refusal: first };
  const [pods, budgets] = await Promise.all([
    deps.cluster.list('Pod', { fieldSelector: LIVING }),
    deps.cluster.list('PodDisruptionBudget', {}),
  ]);
  const there = pods.filter((pod) => pod.spec.nodeName === view.node.name);
  const stays = there.map((pod) => stayOf(movable(pod), context.protectedNamespaces));
  const bare = there.filter((_, at) => stays[at] === 'bare').map(({ metadata }) => metadata.name);
  const leaving = leavingOrder(
    there.filter((_, at) => stays[at] === undefined),
    pods,
  );
  const refusal =
    podsRefusal(view, { bare, leaving: leaving.length }) ??
    neverLeaves(leaving, budgets) ??
    placeElsewhere(leaving, view, pods);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: intentOf({ view, leaving, stays }, context, deps) };
}

/** A budget that says no for now is waited for. One that the server cannot even ask is not. */
function neverLeaves(leaving: readonly Leaving[], budgets: readonly PodDisruptionBudget[]): Refusal | undefined {
  for (const { pod } of leaving) {
    const leave = leaveFor(budgets, evictedPod(pod));
    if (leave.kind === 'never') {
      const { code, why } = leave.refusal;
      return { code, why: `pod ${pod.metadata.name}: ${why}`, suggest: 'let one budget only select each pod' };
    }
  }
  return undefined;
}

interface Drained {
  readonly view: FreshNodes;
  readonly leaving: readonly Leaving[];
  readonly stays: readonly (Stay | undefined)[];
}

function intentOf({ view, leaving, stays }: Drained, context: RemedyContext, deps: PlanDeps): Intent {
  const { actionId, rung, cures, now } = deps;
  const evictions = leaving.map(({ pod }) => evictionOf(pod, { actionId, waits: true }));
  // A node that an earlier action cordoned stays that action's to give back.
  const held = isHeld(view.node);
  const [first, ...also]: readonly PlannedWrite[] = held ? evictions : [cordonOf(view.object, actionId), ...evictions];
  if (first === undefined) throw new TypeError('a drain evicts at least one pod');
  const emptied = leaving.filter(({ hasEmptyDir }) => hasEmptyDir).length;
  const summary = [
    `drain node ${view.node.name}: evict ${leaving.length} pods`,
    ...(emptied === 0 ? [] : [`${emptied} of them lose what they keep in an emptyDir`]),
    ...stayText(stays),
  ].join('; ');
  return {
    actionId,
    rung,
    cures,
    plannedAt: now,
    remedy: BASIS.name,
    ...first,
    also,
    summary,
    diff: leaving.map(({ pod }) => `- ${pod.metadata.namespace ?? ''}/${pod.metadata.name}`).join('\n'),
    deadline: now + context.limits.nodes.drainDeadlineSeconds * 1000,
    ...(held ? {} : { giveBack: uncordonedAgain(context) }),
  };
}

/**
 * As `effectOf` has it; an eviction is not sent any more once the node takes pods again, for that is how somebody says that
 * the drain has to end. Source: kubereboot and planetlabs/draino, where a drain went on after a person had uncordoned.
 */
async function drainEffect(intent: Intent, cluster: ClusterReader): Promise<Effect> {
  const effect = await effectOf(intent, cluster);
  if (effect.kind !== 'no' || intent.target.kind !== 'Pod') return effect;
  try {
    const name = nodeNameOf(await cluster.get('Pod', intent.target));
    const node = name === '' ? undefined : await cluster.get('Node', { name });
    if (node === undefined || node.spec?.unschedulable === true) return effect;
    return { kind: 'no', why: `node ${name} was uncordoned: the drain ends`, current: undefined };
  } catch (error) {
    return { kind: 'unknown', why: `the node of ${intent.target.name} could not be read: ${errorText(error)}` };
  }
}

function nodeNameOf(pod: Pod | undefined): string {
  return pod?.spec.nodeName ?? '';
}
