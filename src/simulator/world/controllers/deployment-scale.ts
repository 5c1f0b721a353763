import type { DeploymentObject, ReplicaSetObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { RolloutBounds } from './rollout-bounds.ts';

export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAXIMUM = 'deployment.kubernetes.io/max-replicas';

/** What a ReplicaSet remembers of its Deployment's size: what it was last scaled for. */
export function sizeAnnotations(bounds: RolloutBounds): Readonly<Record<string, string>> {
  return { [DESIRED]: String(bounds.desired), [MAXIMUM]: String(bounds.desired + bounds.surge) };
}

export function annotateSet(kit: Kit, set: ReplicaSetObject, annotations: Readonly<Record<string, string>>): void {
  kit.update('replicasets', {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
  });
}

export function scaleTo(kit: Kit, deployment: DeploymentObject, set: ReplicaSetObject, replicas: number): void {
  const from = set.spec?.replicas ?? 0;
  const latest = kit.get('replicasets', set.metadata.namespace, set.metadata.name);
  if (latest === undefined || from === replicas) {
    return;
  }
  kit.update('replicasets', { ...latest, spec: { ...latest.spec, replicas } });
  noteScaling(kit, deployment, { set, from, to: replicas });
}

export function noteScaling(
  kit: Kit,
  deployment: DeploymentObject,
  change: { readonly set: ReplicaSetObject; readonly from: number; readonly to: number },
): void {
  if (change.from !== change.to) {
    kit.events.record(deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${change.to > change.from ? 'up' : 'down'} replica set ${change.set.metadata.name} from ${change.from} to ${change.to}`,
      component: 'deployment-controller',
    });
  }
}

/** Whether the Deployment's size is another one than its ReplicaSets were last scaled for. Source: deployment `isScalingEvent`. */
export function isScalingEvent(deployment: DeploymentObject, sets: readonly ReplicaSetObject[]): boolean {
  const desired = String(deployment.spec?.replicas ?? 1);
  return sets.some((set) => {
    const known = set.metadata.annotations?.[DESIRED];
    return sizeOf(set) > 0 && known !== undefined && known !== desired;
  });
}

export interface Scaling {
  readonly deployment: DeploymentObject;
  /** Oldest first. */
  readonly sets: readonly ReplicaSetObject[];
  readonly newSet: ReplicaSetObject | undefined;
  readonly bounds: RolloutBounds;
  readonly rolling: boolean;
}

/**
 * Brings the ReplicaSets to the Deployment's size without going on with its rollout: the only one that has pods gets all of
 * them; several share the change in proportion to their size. Source: kubernetes pkg/controller/deployment `sync.go`, `scale`.
 */
export function scaleInProportion(kit: Kit, scaling: Scaling): void {
  const { deployment, sets, newSet, bounds, rolling } = scaling;
  const active = sets.filter((set) => sizeOf(set) > 0);
  const [first, second] = active;
  const only = second === undefined ? (first ?? newSet ?? sets.at(-1)) : undefined;
  if (only !== undefined) {
    resizeSet(kit, deployment, only, { replicas: bounds.desired, bounds });
    return;
  }
  if (newSet !== undefined && isSaturated(newSet, bounds)) {
    for (const set of active.filter((each) => each !== newSet)) {
      resizeSet(kit, deployment, set, { replicas: 0, bounds });
    }
  }
  if (rolling && !(newSet !== undefined && isSaturated(newSet, bounds))) {
    share(kit, scaling, active);
  }
}

function sizeOf(set: ReplicaSetObject): number {
  return set.spec?.replicas ?? 0;
}

function isSaturated(set: ReplicaSetObject, { desired }: RolloutBounds): boolean {
  return (
    sizeOf(set) === desired &&
    set.metadata.annotations?.[DESIRED] === String(desired) &&
    (set.status?.availableReplicas ?? 0) === desired
  );
}

function share(kit: Kit, { deployment, bounds }: Scaling, active: readonly ReplicaSetObject[]): void {
  const allowed = bounds.desired > 0 ? bounds.desired + bounds.surge : 0;
  const change = allowed - active.reduce((total, set) => total + sizeOf(set), 0);
  // Larger ones first; of two alike the newer one when growing, the older one when shrinking.
  const ordered = (change > 0 ? active.toReversed() : [...active]).sort((left, right) => sizeOf(right) - sizeOf(left));
  const sizes = new Map<ReplicaSetObject, number>();
  let given = 0;
  for (const set of ordered) {
    const part = change === 0 ? 0 : proportionOf(set, { deployment, allowed, left: change - given });
    given += part;
    sizes.set(set, sizeOf(set) + part);
  }
  for (const [index, set] of ordered.entries()) {
    const leftover = index === 0 ? change - given : 0;
    resizeSet(kit, deployment, set, { replicas: Math.max(0, (sizes.get(set) ?? 0) + leftover), bounds });
  }
}

function proportionOf(
  set: ReplicaSetObject,
  {
    deployment,
    allowed,
    left,
  }: { readonly deployment: DeploymentObject; readonly allowed: number; readonly left: number },
): number {
  const size = sizeOf(set);
  if (allowed === 0) {
    return -size;
  }
  const before = Number(set.metadata.annotations?.[MAXIMUM] ?? deployment.status?.replicas ?? 0);
  const part = before === 0 ? 0 : Math.round((size * allowed) / before) - size;
  return left > 0 ? Math.min(part, left) : Math.max(part, left);
}

function resizeSet(
  kit: Kit,
  deployment: DeploymentObject,
  set: ReplicaSetObject,
  to: { readonly replicas: number; readonly bounds: RolloutBounds },
): void {
  scaleTo(kit, deployment, set, to.replicas);
  const scaled = kit.get('replicasets', set.metadata.namespace, set.metadata.name);
  if (scaled !== undefined) {
    annotateSet(kit, scaled, sizeAnnotations(to.bounds));
  }
}
