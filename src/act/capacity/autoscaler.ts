import type { HorizontalPodAutoscaler, KubernetesObject } from '../../domain/kubernetes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { valueAt } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import type { AccessRule } from '../remedy.ts';

/** The numbers between which an autoscaler chooses, wherever they are kept. */
export interface Bounds {
  /** `minReplicas` or `maxReplicas` of a HorizontalPodAutoscaler, `minReplicaCount` or `maxReplicaCount` of a ScaledObject. */
  readonly fields: { readonly min: string; readonly max: string };
  readonly target: WorkloadRef;
  /** Of the target, where its kind is none that AutoHeal knows by name. */
  readonly apiVersion?: string;
  readonly object: KubernetesObject;
  readonly min: number;
  readonly max: number;
  /** Replicas that it sees now; 0 where it does not say. */
  readonly current: number;
}

/** Who decides how many replicas a workload has: nobody but the workload itself, an autoscaler, or not AutoHeal's to touch. */
export type Decider =
  | { readonly kind: 'workload' }
  | { readonly kind: 'autoscaler'; readonly bounds: Bounds; readonly hpa?: HorizontalPodAutoscaler }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The rights that `deciderOf` needs. */
export const DECIDER_ACCESS: readonly AccessRule[] = [
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] },
  { apiGroups: ['keda.sh'], resources: ['scaledobjects'], verbs: ['list'] },
];

/** The version in which KEDA serves its ScaledObjects. */
export const KEDA = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' } as const;

/**
 * Who decides on the replicas of a workload. KEDA is asked first: while it pauses or scales to zero it keeps no
 * HorizontalPodAutoscaler, and the number of replicas is its own all the same.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function deciderOf(cluster: ClusterReader, workload: WorkloadRef): Promise<Decider> {
  const { namespace } = workload;
  const [scaled, hpas] = await Promise.all([
    cluster.listAny({ ...KEDA, namespace }),
    cluster.list('HorizontalPodAutoscaler', { namespace }),
  ]);
  const ofKeda = scaled.filter((each) => scales(valueAt(each, '/spec/scaleTargetRef'), workload));
  const own = hpas.filter((each) => scales(each.spec.scaleTargetRef, workload));
  const [keda] = ofKeda;
  const others = own.filter((each) => keda === undefined || !isOwnedBy(each, keda));
  if (ofKeda.length + others.length > 1) {
    const names = [
      ...ofKeda.map((each) => `ScaledObject ${each.metadata.name}`),
      ...others.map(({ metadata }) => metadata.name),
    ];
    return refusedFor(
      'autoscaler-owned',
      `${names.length} autoscalers claim the workload: ${names.join(', ')}`,
      'keep one of them',
    );
  }
  if (keda !== undefined) return ofScaledObject(keda, own[0]);
  const [hpa] = others;
  return hpa === undefined ? { kind: 'workload' } : ofAutoscaler(hpa);
}

/** What KEDA leaves out of a target's kind is a Deployment. */
function scales(target: unknown, { kind, name }: WorkloadRef): boolean {
  return (valueAt(target, '/kind') ?? 'Deployment') === kind && valueAt(target, '/name') === name;
}

function isOwnedBy({ metadata }: KubernetesObject, owner: KubernetesObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
}

function ofAutoscaler(hpa: HorizontalPodAutoscaler): Decider {
  const { name, namespace = '', ownerReferences = [] } = hpa.metadata;
  const owner = ownerReferences.find((each) => each.controller === true || each.kind === KEDA.kind);
  if (owner !== undefined) {
    const why = `autoscaler ${name} belongs to ${owner.kind} ${owner.name}, which would put back what is changed on it`;
    return refusedFor('autoscaler-owned', why, `change the bounds in ${owner.kind} ${owner.name}`);
  }
  const gitops = gitOpsRefusal(marksOf(hpa));
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  const { minReplicas = 1, maxReplicas } = hpa.spec;
  const bounds: Bounds = {
    fields: { min: 'minReplicas', max: 'maxReplicas' },
    target: { kind: 'HorizontalPodAutoscaler', namespace, name },
    object: hpa,
    min: minReplicas,
    max: maxReplicas,
    current: hpa.status?.currentReplicas ?? 0,
  };
  return { kind: 'autoscaler', bounds, hpa };
}

function ofScaledObject(object: KubernetesObject, hpa: HorizontalPodAutoscaler | undefined): Decider {
  const { name, namespace = '', annotations = {} } = object.metadata;
  const pause = Object.keys(annotations).find((key) => key.startsWith(PAUSED) && annotations[key] !== 'false');
  if (pause !== undefined) {
    return refusedFor(
      'paused',
      `ScaledObject ${name} is paused (${pause}); somebody holds it`,
      'remove the annotation',
    );
  }
  const gitops = gitOpsRefusal(marksOf(object));
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  const bounds: Bounds = {
    fields: { min: 'minReplicaCount', max: 'maxReplicaCount' },
    target: { kind: KEDA.kind, namespace, name },
    apiVersion: KEDA.apiVersion,
    object,
    // What KEDA takes where they are left out.
    min: numberAt(object, '/spec/minReplicaCount') ?? 0,
    max: numberAt(object, '/spec/maxReplicaCount') ?? 100,
    current: hpa?.status?.currentReplicas ?? 0,
  };
  return { kind: 'autoscaler', bounds };
}

const PAUSED = 'autoscaling.keda.sh/paused';

function numberAt(object: KubernetesObject, pointer: string): number | undefined {
  const value = valueAt(object, pointer);
  return typeof value === 'number' ? value : undefined;
}

function refusedFor(code: Refusal['code'], why: string, suggest: string): Decider {
  return { kind: 'refused', refusal: { code, why, suggest } };
}
