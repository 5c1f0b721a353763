import type { Node, Pod, ResourceQuota } from '../../domain/kubernetes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { isWorthIt, limitText, rounded } from './new-limit.ts';
import { freeOn } from './node-fit.ts';
import { amounts } from './pod-requests.ts';
import type { AccessRule } from '../remedy.ts';
import type { Resource } from './resize-record.ts';
import { LIVING } from './room.ts';

/** The limit for which there is room, in whole units, and what bounds it; or why there is none. */
export type LimitRoom =
  | { readonly kind: 'room'; readonly amount: number; readonly bound: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The rights that `roomForLimit` needs. */
export const LIMIT_ROOM_ACCESS: readonly AccessRule[] = [
  // What takes room on a node may be of any namespace.
  { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'], scope: 'cluster' },
  { apiGroups: [''], resources: ['resourcequotas'], verbs: ['list'] },
];

export interface WantedLimit {
  readonly namespace: string;
  readonly resource: Resource;
  /** Whole units. */
  readonly from: number;
  readonly to: number;
  /** Whether the request moves with the limit. */
  readonly requestToo: boolean;
}

/**
 * As much of a higher limit as the nodes of the pods could really give to all of them at once, and the namespace's quotas
 * allow. What a limit allows is not reserved: a node that has not got it kills another pod for it.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function roomForLimit(
  wanted: WantedLimit,
  pods: readonly Pod[],
  cluster: ClusterReader,
): Promise<LimitRoom> {
  const { namespace, resource, from, to } = wanted;
  const [nodes, all, quotas] = await Promise.all([
    cluster.list('Node', {}),
    cluster.list('Pod', { fieldSelector: LIVING }),
    cluster.list('ResourceQuota', { namespace }),
  ]);
  const onNodes = boundOfNodes(wanted, pods, { nodes, all });
  if (!isWorthIt(from, Math.min(to, onNodes.amount))) {
    const suggest = 'add a node (scale-nodes), or move other pods away';
    return { kind: 'refused', refusal: { code: 'no-node-fits', why: onNodes.bound, suggest } };
  }
  const inQuota = boundOfQuotas(wanted, Math.max(pods.length, 1), quotas);
  const amount = rounded(resource, Math.min(to, onNodes.amount, inQuota.amount));
  if (!isWorthIt(from, amount)) {
    const suggest = `raise the quota of namespace ${namespace}`;
    return { kind: 'refused', refusal: { code: 'quota-exceeded', why: inQuota.bound, suggest } };
  }
  const tightest = inQuota.amount < onNodes.amount ? inQuota : onNodes;
  return { kind: 'room', amount, bound: amount < to ? tightest.bound : '' };
}

interface Bound {
  readonly amount: number;
  readonly bound: string;
}

const NO_BOUND: Bound = { amount: Infinity, bound: '' };

function boundOfNodes(
  { resource, from }: WantedLimit,
  pods: readonly Pod[],
  { nodes, all }: { readonly nodes: readonly Node[]; readonly all: readonly Pod[] },
): Bound {
  let least = NO_BOUND;
  for (const [name, own] of Map.groupBy(pods, ({ spec }) => spec.nodeName ?? '')) {
    const node = nodes.find(({ metadata }) => metadata.name === name);
    if (node === undefined) continue; // A pod that waits for a node is placed by the scheduler, with its new limit.
    const { cpu, memory } = freeOn(node, all);
    const free = Math.max(0, resource === 'memory' ? memory : Math.round(cpu * 1000));
    const amount = from + free / own.length;
    const left = limitText(resource, rounded(resource, free));
    const bound = `node ${name} has ${left} of ${resource} left, for ${own.length} pods of the workload`;
    if (amount < least.amount) least = { amount, bound };
  }
  return least;
}

function boundOfQuotas(
  { resource, from, requestToo }: WantedLimit,
  pods: number,
  quotas: readonly ResourceQuota[],
): Bound {
  const counted = [`limits.${resource}`, ...(requestToo ? [`requests.${resource}`, resource] : [])];
  const bounds = quotas.flatMap((quota) =>
    leftIn(quota, counted).map(({ name, left }): Bound => {
      const text = limitText(resource, rounded(resource, left));
      return { amount: from + left / pods, bound: `quota ${quota.metadata.name} has ${text} of ${name} left` };
    }),
  );
  return bounds.sort((a, b) => a.amount - b.amount)[0] ?? NO_BOUND;
}

/** A quota whose use is not known yet has nothing left: the API server refuses pods under it as well. */
function leftIn(
  { spec, status }: ResourceQuota,
  names: readonly string[],
): readonly { readonly name: string; readonly left: number }[] {
  const hard = amounts(status?.hard ?? spec?.hard ?? {});
  const used = amounts(status?.used ?? {});
  return names.flatMap((name) => {
    const most = hard.get(name);
    return most === undefined ? [] : [{ name, left: Math.max(0, most - (used.get(name) ?? most)) }];
  });
}
