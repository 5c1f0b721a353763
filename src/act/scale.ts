import type { HorizontalPodAutoscaler } from '../domain/kubernetes.ts';
import type { Intent, Refusal } from '../domain/remedy.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { markedMetadata, objectPath, type Rollout } from './objects.ts';
import { gitOpsRefusal, marksOf } from './ownership.ts';
import type { PlanDeps } from './remedy.ts';

export type ScalableRollout = Extract<Rollout, { readonly kind: 'Deployment' | 'StatefulSet' }>;

/** The autoscaler of a workload, `none`, or a refusal where scaling is not AutoHeal's to do. */
export type Autoscaler =
  | { readonly kind: 'none' }
  | { readonly kind: 'hpa'; readonly object: HorizontalPodAutoscaler }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Who decides how many replicas a workload has.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function autoscalerOf(cluster: ClusterReader, workload: WorkloadRef): Promise<Autoscaler> {
  const all = await cluster.list('HorizontalPodAutoscaler', { namespace: workload.namespace });
  const own = all.filter((each) => {
    const target = each.spec.scaleTargetRef;
    return target.kind === workload.kind && target.name === workload.name;
  });
  if (own.length > 1) return ownedElsewhere(`${own.length} autoscalers claim the workload`);
  const [hpa] = own;
  if (hpa === undefined) return { kind: 'none' };
  const owner = (hpa.metadata.ownerReferences ?? []).find(
    (each) => each.controller === true || each.kind === 'ScaledObject',
  );
  if (owner !== undefined) {
    return ownedElsewhere(`autoscaler ${hpa.metadata.name} belongs to ${owner.kind} ${owner.name}: change that one`);
  }
  const refusal = gitOpsRefusal(marksOf(hpa));
  return refusal === undefined ? { kind: 'hpa', object: hpa } : { kind: 'refused', refusal };
}

function ownedElsewhere(why: string): Autoscaler {
  return { kind: 'refused', refusal: { code: 'autoscaler-owned', why } };
}

/** The intent that sets `spec.replicas`, with its undo. */
export function replicasIntent(
  remedy: Intent['remedy'],
  rollout: ScalableRollout,
  replicas: number,
  { target, deps }: { readonly target: WorkloadRef; readonly deps: PlanDeps },
): Intent {
  const { object } = rollout;
  const before = object.spec.replicas;
  return {
    ...fieldIntent({ remedy, target, deps, object, field: 'replicas', before: before ?? null, after: replicas }),
    summary: `replicas ${before ?? 1} -> ${replicas}`,
  };
}

/** The intent that moves a bound of an autoscaler, with its undo. */
export function boundIntent(
  hpa: HorizontalPodAutoscaler,
  field: 'minReplicas' | 'maxReplicas',
  after: number,
  deps: PlanDeps,
): Intent {
  const { name, namespace = '' } = hpa.metadata;
  const target = { kind: 'HorizontalPodAutoscaler', namespace, name };
  const before = hpa.spec[field] ?? null;
  return {
    ...fieldIntent({ remedy: 'scale-up', target, deps, object: hpa, field, before, after }),
    summary: `${field} of autoscaler ${name} ${before ?? 1} -> ${after}`,
  };
}

function fieldIntent(change: {
  readonly remedy: Intent['remedy'];
  readonly target: WorkloadRef;
  readonly deps: PlanDeps;
  readonly object: HorizontalPodAutoscaler | ScalableRollout['object'];
  readonly field: string;
  readonly before: number | null;
  readonly after: number;
}): Omit<Intent, 'summary'> {
  const { target, deps, object, field } = change;
  const { uid, resourceVersion } = object.metadata;
  const path = objectPath(target);
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: change.remedy,
    cures: deps.cures,
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      // On the object, not on its scale subresource: only so does the write carry the action id.
      contentType: 'application/merge-patch+json',
      body: { metadata: markedMetadata(object, deps.actionId), spec: { [field]: change.after } },
    },
    undo: {
      target,
      uid,
      path,
      expect: { [`/spec/${field}`]: change.after },
      restore: { [`/spec/${field}`]: change.before },
    },
    plannedAt: deps.now,
  };
}
