import type { KubernetesObject, Pod } from '../../domain/kubernetes.ts';
import { selectorText } from '../../domain/label-selector.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import type { Rollout } from '../objects.ts';
import type { AccessRule } from '../remedy.ts';

/** The rights that `ownPods` needs. */
export const OWN_PODS_ACCESS: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
];

/**
 * The living pods of a workload, by owner and not by selector alone: selectors of two workloads may overlap. Pods that have
 * ended or are on their way out are left out.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function ownPods(
  cluster: ClusterReader,
  { kind, object }: Rollout,
  namespace: string,
): Promise<readonly Pod[]> {
  const query = { namespace, labelSelector: selectorText(object.spec.selector) };
  const [pods, sets] = await Promise.all([
    cluster.list('Pod', query),
    kind === 'Deployment' ? cluster.list('ReplicaSet', query) : [],
  ]);
  const own = sets.filter((set) => isControlledBy(set, new Set([object.metadata.uid])));
  const owners = new Set([object.metadata.uid, ...own.map(({ metadata }) => metadata.uid)]);
  return pods.filter((pod) => isControlledBy(pod, owners) && isAlive(pod));
}

function isControlledBy({ metadata }: KubernetesObject, owners: ReadonlySet<string>): boolean {
  return (metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owners.has(owner.uid));
}

function isAlive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}
