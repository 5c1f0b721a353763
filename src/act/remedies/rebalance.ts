import type { PodEvidence } from '../../domain/diagnosis.ts';
import type { Pod, PodDisruptionBudget } from '../../domain/kubernetes.ts';
import type { Disruption, Intent, Refusal } from '../../domain/remedy.ts';
import { costOfReplacing } from '../cost.ts';
import { evictedPod, leaveFor } from '../pods/disruption.ts';
import { effectOf } from '../effect.ts';
import { evictionOf } from '../pods/evictions.ts';
import { fit } from '../fit.ts';
import { hottest, movesFrom, type Hot } from '../pods/hot-node.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { LIVING } from '../capacity/room.ts';

const BASIS = {
  name: 'rebalance',
  // A pod that is throttled by its own limit is so on every node; only what the neighbours take away comes back.
  cures: { 'node-pressure': 0.65, 'cpu-saturation': 0.35, 'cpu-throttling': 0.2 },
  kinds: ['Deployment', 'StatefulSet', 'ReplicaSet'],
} as const;

/** One pod for so many replicas, and never more than a few: what has helped the first ones can be done again. */
const REPLICAS_PER_EVICTION = 3;
const MAX_EVICTIONS = 3;

/**
 * Evicts a few pods of a workload from its hottest node, where a cooler one has room for them. Which node they start on is
 * the scheduler's choice; a node under pressure is none that it would choose.
 */
export const rebalance: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Evicts a few pods from the hottest node of the workload where a cooler node has room for them.',
  kinds: BASIS.kinds,
  needs: ['nodes', 'pods', 'disruption budgets'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'last-healthy-pod',
    'no-disruption-allowed',
    'no-cooler-node',
    'changed-since',
  ],
  undoes: 'Cannot be taken back: the scheduler has placed new pods.',
  afterwards: 'Give the pods requests that say what they need, so that the scheduler spreads them by itself.',
  changes: ['pods', 'placement'],
  onByDefault: false,
  disruption,
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'], scope: 'cluster' },
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { pods, disruptionsAllowed } = context.diagnosis.evidence;
  const ready = pods.filter((pod) => pod.ready && !pod.terminating);
  const last = lastPodRefusal(ready.length);
  if (last !== undefined) return { kind: 'refused', refusal: last };
  if (disruptionsAllowed === 0) {
    return refused('no-disruption-allowed', 'the disruption budget allows no disruption now');
  }
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

function lastPodRefusal(ready: number): Refusal | undefined {
  if (ready >= 2) return undefined;
  return { code: 'last-healthy-pod', why: `${ready} pods are ready, and one has to stay while others move` };
}

/** Which pods go is known only once the nodes are read: as many as may go at most, ready ones. */
function disruption({ diagnosis: { evidence } }: RemedyContext): Disruption {
  const ready = evidence.pods.filter((pod: PodEvidence) => pod.ready && !pod.terminating);
  return costOfReplacing(ready.slice(0, atMost(ready.length)), evidence);
}

/** How many pods of so many go at once. */
function atMost(pods: number): number {
  return Math.min(MAX_EVICTIONS, Math.max(1, Math.floor(pods / REPLICAS_PER_EVICTION)), Math.max(pods - 1, 0));
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { namespace } = context.location.workload;
  const [nodes, pods, budgets] = await Promise.all([
    deps.cluster.list('Node', {}),
    deps.cluster.list('Pod', { fieldSelector: LIVING }),
    deps.cluster.list('PodDisruptionBudget', { namespace }),
  ]);
  const known = new Set(context.diagnosis.evidence.pods.map(({ uid }) => uid));
  const own = pods.filter(({ metadata }) => known.has(metadata.uid) && metadata.deletionTimestamp === undefined);
  if (own.length === 0) return refused('changed-since', 'none of the pods that were diagnosed is there any more');
  const ready = own.filter((pod) => evictedPod(pod).ready).length;
  const last = lastPodRefusal(ready);
  if (last !== undefined) return { kind: 'refused', refusal: last };
  const hot = hottest(nodes, { own, pods, named: context.location.pods });
  if (hot === undefined) return refused('changed-since', 'the pods run on no node that is there');
  const there = own.filter((pod) => pod.spec.nodeName === hot.node.metadata.name).sort(leastFirst);
  const chosen = leaving(there, { count: atMost(own.length), ready }, budgets);
  if (chosen.kind === 'refused') return chosen;
  const moves = movesFrom(hot, chosen.pods, { nodes, pods });
  if ('code' in moves) return { kind: 'refused', refusal: moves };
  return { kind: 'planned', intent: intentOf(moves, hot, deps) };
}

/** Pods that are not ready serve nobody; of the others the youngest has the least to lose. */
function leastFirst(a: Pod, b: Pod): number {
  const ready = Number(evictedPod(a).ready) - Number(evictedPod(b).ready);
  if (ready !== 0) return ready;
  const [made, other] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '');
  if (made !== other) return (made ?? '') > (other ?? '') ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

type Chosen = { readonly kind: 'chosen'; readonly pods: readonly Pod[] } | ReturnType<typeof refused>;

/** As many of the pods as the budgets let go at once and as leave one ready. */
function leaving(
  there: readonly Pod[],
  { count, ready }: { readonly count: number; readonly ready: number },
  budgets: readonly PodDisruptionBudget[],
): Chosen {
  const chosen: Pod[] = [];
  let left = ready;
  let counted = 0;
  let refusal: Refusal = { code: 'last-healthy-pod', why: `${ready} pods are ready, and one has to stay` };
  for (const pod of there.slice(0, count)) {
    const seen = evictedPod(pod);
    const leave = leaveFor(budgets, seen);
    if (leave.kind === 'not-now' || leave.kind === 'never') refusal = leave.refusal;
    else if (leave.kind === 'counted' && leave.left <= counted) break;
    else if (seen.ready && left <= 1) break;
    else {
      chosen.push(pod);
      counted += leave.kind === 'counted' ? 1 : 0;
      left -= seen.ready ? 1 : 0;
    }
  }
  return chosen.length > 0 ? { kind: 'chosen', pods: chosen } : { kind: 'refused', refusal };
}

function intentOf(pods: readonly Pod[], hot: Hot, deps: PlanDeps): Intent {
  const { actionId, rung, cures, now } = deps;
  const [first, ...also] = pods.map((pod) => evictionOf(pod, { actionId, waits: false }));
  if (first === undefined) throw new TypeError('a rebalance moves at least one pod');
  const names = pods.map(({ metadata }) => metadata.name).join(', ');
  return {
    actionId,
    rung,
    cures,
    plannedAt: now,
    remedy: BASIS.name,
    ...first,
    ...(also.length > 0 && { also }),
    summary: `evict ${names} from node ${hot.node.metadata.name} (${hot.why}); the scheduler chooses where they start again`,
  };
}
