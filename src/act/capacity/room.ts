import type { PodTemplate } from '../../domain/kubernetes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { placeOnNodes } from './node-fit.ts';
import { roomInQuotas } from './quota.ts';
import type { AccessRule } from '../remedy.ts';

/** Room for at least one more pod, and why not for all of them; or the refusal where there is none. */
export type Room =
  | { readonly kind: 'room'; readonly fits: number; readonly why: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The rights that `roomFor` needs. */
export const ROOM_ACCESS: readonly AccessRule[] = [
  // What takes room on a node may be of any namespace.
  { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'], scope: 'cluster' },
  { apiGroups: [''], resources: ['resourcequotas'], verbs: ['list'] },
];

/**
 * How many of `count` more pods of a template the namespace's quotas allow and the nodes can take, one after the other.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function roomFor(
  { namespace, template }: { readonly namespace: string; readonly template: PodTemplate },
  count: number,
  cluster: ClusterReader,
): Promise<Room> {
  const [quotas, nodes, pods] = await Promise.all([
    cluster.list('ResourceQuota', { namespace }),
    cluster.list('Node', {}),
    cluster.list('Pod', { fieldSelector: LIVING }),
  ]);
  const allowed = roomInQuotas(quotas, template.spec, count);
  if (allowed.fits === 0) {
    const suggest = `raise the quota of namespace ${namespace}, or lower what its pods request`;
    return { kind: 'refused', refusal: { code: 'quota-exceeded', why: allowed.why, suggest } };
  }
  const pod = { namespace, labels: template.metadata?.labels ?? {}, spec: template.spec };
  const { placed, why } = placeOnNodes(pod, allowed.fits, { nodes, pods });
  if (placed === 0) {
    const suggest = 'add a node (scale-nodes), or lower what the pods request';
    return { kind: 'refused', refusal: { code: 'no-node-fits', why: `no node can take another pod: ${why}`, suggest } };
  }
  return { kind: 'room', fits: placed, why: placed < allowed.fits ? why : allowed.why };
}

/** Pods that still hold what they requested. */
export const LIVING = 'status.phase!=Succeeded,status.phase!=Failed';
