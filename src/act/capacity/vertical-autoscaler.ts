import type { Refusal } from '../../domain/remedy.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { valueAt } from '../objects.ts';
import type { AccessRule } from '../remedy.ts';

const VPA = { apiVersion: 'autoscaling.k8s.io/v1', kind: 'VerticalPodAutoscaler' } as const;

/** The rights that `vpaRefusal` needs. */
export const VPA_ACCESS: readonly AccessRule[] = [
  { apiGroups: ['autoscaling.k8s.io'], resources: ['verticalpodautoscalers'], verbs: ['list'] },
];

/**
 * The refusal where a VerticalPodAutoscaler decides on the requests and limits of a workload: it would set its own again.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function vpaRefusal(cluster: ClusterReader, workload: WorkloadRef): Promise<Refusal | undefined> {
  const { namespace, kind, name } = workload;
  const owner = (await cluster.listAny({ ...VPA, namespace })).find(
    (each) =>
      valueAt(each, '/spec/targetRef/kind') === kind &&
      valueAt(each, '/spec/targetRef/name') === name &&
      valueAt(each, '/spec/updatePolicy/updateMode') !== 'Off',
  );
  if (owner === undefined) return undefined;
  return {
    code: 'autoscaler-owned',
    why: `VerticalPodAutoscaler ${owner.metadata.name} decides on its limits`,
    suggest: 'raise maxAllowed there',
  };
}
