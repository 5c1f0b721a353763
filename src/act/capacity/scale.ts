import type { KubernetesObject } from '../../domain/kubernetes.ts';
import type { GiveBack, Intent } from '../../domain/remedy.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { Bounds } from './autoscaler.ts';
import { markedMetadata, objectPath, valueAt, type Rollout } from '../objects.ts';
import type { PlanDeps } from '../remedy.ts';
import { temporaryMarks } from '../temporary.ts';

export type ScalableRollout = Extract<Rollout, { readonly kind: 'Deployment' | 'StatefulSet' }>;

/** The intent that sets `spec.replicas`, with its undo; for a time where `giveBack` is given. */
export function replicasIntent(
  remedy: Intent['remedy'],
  { object }: ScalableRollout,
  replicas: number,
  how: { readonly target: WorkloadRef; readonly deps: PlanDeps; readonly giveBack?: GiveBack },
): Intent {
  const path = objectPath(how.target);
  return {
    ...fieldIntent({ ...how, remedy, path, object, field: 'replicas', after: replicas }),
    summary: `replicas ${object.spec.replicas ?? 1} -> ${replicas}`,
  };
}

/** The intent that moves a bound of an autoscaler, with its undo; for a time where `giveBack` is given. */
export function boundIntent(
  remedy: Intent['remedy'],
  { bounds, path }: { readonly bounds: Bounds; readonly path: string },
  to: { readonly bound: 'min' | 'max'; readonly replicas: number },
  how: { readonly deps: PlanDeps; readonly giveBack?: GiveBack },
): Intent {
  const { target, object, apiVersion, fields } = bounds;
  const field = fields[to.bound];
  const kind = apiVersion === undefined ? 'autoscaler' : target.kind;
  const version = apiVersion === undefined ? {} : { apiVersion };
  return {
    ...fieldIntent({ ...how, ...version, remedy, target, path, object, field, after: to.replicas }),
    summary: `${field} of ${kind} ${target.name} ${bounds[to.bound]} -> ${to.replicas}`,
  };
}

function fieldIntent(change: {
  readonly remedy: Intent['remedy'];
  readonly target: WorkloadRef;
  readonly apiVersion?: string;
  readonly path: string;
  readonly deps: PlanDeps;
  readonly giveBack?: GiveBack;
  readonly object: KubernetesObject;
  readonly field: string;
  readonly after: number;
}): Omit<Intent, 'summary'> {
  const { target, path, deps, object, field, after, giveBack, apiVersion } = change;
  const { uid, resourceVersion } = object.metadata;
  const pointer = `/spec/${field}`;
  const marks =
    giveBack === undefined
      ? { annotations: {}, expect: { [pointer]: after }, restore: { [pointer]: valueAt(object, pointer) ?? null } }
      : temporaryMarks(object, deps.actionId, { [pointer]: after });
  const metadata = markedMetadata(object, deps.actionId);
  const version = apiVersion === undefined ? {} : { apiVersion };
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: change.remedy,
    cures: deps.cures,
    target,
    ...version,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      // On the object, not on its scale subresource: only so does the write carry the action id.
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { ...metadata, annotations: { ...metadata.annotations, ...marks.annotations } },
        spec: { [field]: after },
      },
    },
    undo: { target, ...version, uid, path, expect: marks.expect, restore: marks.restore },
    ...(giveBack === undefined ? {} : { giveBack }),
    plannedAt: deps.now,
  };
}
