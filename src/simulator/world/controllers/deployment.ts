import type { DeploymentObject, ReplicaSetObject } from '../kinds.ts';
import { templateHash } from '../hash.ts';
import type { Kit } from '../kit.ts';
import { comparableTemplate, ownerReference } from '../pods.ts';
import { intOrPercent } from '../int-or-percent.ts';
import type { RolloutBounds } from './rollout-bounds.ts';
import {
  annotateSet,
  DESIRED,
  isScalingEvent,
  MAXIMUM,
  noteScaling,
  scaleInProportion,
  scaleTo,
  sizeAnnotations,
} from './deployment-scale.ts';
import { makeSettled } from '../settled.ts';
import { syncDeploymentStatus } from './deployment-status.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';

/** Annotations that a ReplicaSet does not take over from its Deployment. Source: deployment_util `annotationsToSkip`. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  REVISION,
  HISTORY,
  DESIRED,
  MAXIMUM,
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
]);

/** Rolls every Deployment towards its template, one step per call. Source: kubernetes pkg/controller/deployment. */
export function reconcileDeployments(kit: Kit): void {
  for (const deployment of kit.list('deployments')) {
    const inputs = [setsOf(kit, deployment)];
    if (settled.has(deployment, inputs)) {
      continue;
    }
    const before = kit.version();
    if (deployment.metadata.deletionTimestamp === undefined && deployment.spec?.template !== undefined) {
      reconcile(kit, deployment);
    }
    if (kit.version() === before && !waitsForTime(deployment)) {
      settled.add(deployment, inputs);
    }
  }
}

const settled = makeSettled();

/** A rollout has a deadline, and one that recreates waits for pods. */
function waitsForTime(deployment: DeploymentObject): boolean {
  const progressing = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  return isRecreate(deployment) || progressing?.reason !== 'NewReplicaSetAvailable';
}

function reconcile(kit: Kit, deployment: DeploymentObject): void {
  const bounds = boundsOf(deployment);
  const present = setsOf(kit, deployment);
  if (deployment.spec?.paused === true || isScalingEvent(deployment, present)) {
    // A paused Deployment makes no new revision and does not go on with one, but still follows a change of its size.
    const newSet = newSetOf(deployment, present);
    scaleInProportion(kit, { deployment, sets: present, newSet, bounds, rolling: !isRecreate(deployment) });
  } else {
    rollOneStep(kit, ensureNewSet(kit, deployment, bounds), bounds);
    dropOldHistory(kit, deployment);
  }
  const latest = kit.get('deployments', deployment.metadata.namespace, deployment.metadata.name);
  if (latest !== undefined) {
    const sets = setsOf(kit, latest);
    syncDeploymentStatus(kit, { deployment: latest, sets, newSet: newSetOf(latest, sets), bounds });
  }
}

/** The ReplicaSets of a Deployment, oldest first. */
export function setsOf(kit: Kit, deployment: DeploymentObject): readonly ReplicaSetObject[] {
  return kit.owned('replicasets', deployment.metadata.uid);
}

/** The ReplicaSet whose template is the Deployment's; undefined before it was made. */
export function newSetOf(
  deployment: DeploymentObject,
  sets: readonly ReplicaSetObject[],
): ReplicaSetObject | undefined {
  const wanted = comparableTemplate(deployment.spec?.template);
  return sets.find((set) => comparableTemplate(set.spec?.template) === wanted);
}

export function revisionOf(set: ReplicaSetObject): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}

function boundsOf(deployment: DeploymentObject): RolloutBounds {
  const desired = deployment.spec?.replicas ?? 1;
  const rolling = { ...ROLLING_DEFAULTS, ...deployment.spec?.strategy?.rollingUpdate };
  const surge = intOrPercent(rolling.maxSurge, desired, Math.ceil) ?? 1;
  const unavailable = intOrPercent(rolling.maxUnavailable, desired, Math.floor) ?? 0;
  // Both zero could never move; the real controller then lets one pod go.
  return { desired, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired) };
}

const ROLLING_DEFAULTS = { maxSurge: '25%', maxUnavailable: '25%' };

function isRecreate(deployment: DeploymentObject): boolean {
  return deployment.spec?.strategy?.type === 'Recreate';
}

/** Finds or makes the ReplicaSet of the present template and gives it the newest revision number. */
function ensureNewSet(kit: Kit, deployment: DeploymentObject, bounds: RolloutBounds): DeploymentObject {
  const sets = setsOf(kit, deployment);
  const found = newSetOf(deployment, sets);
  const newestOther = Math.max(0, ...sets.filter((set) => set !== found).map(revisionOf));
  const revision = found !== undefined && revisionOf(found) > newestOther ? revisionOf(found) : newestOther + 1;
  if (found === undefined) {
    createSet(kit, deployment, { bounds, revision });
  } else {
    annotateSet(kit, found, setAnnotations(deployment, found, { bounds, revision }));
  }
  const text = String(revision);
  if (deployment.metadata.annotations?.[REVISION] === text) {
    return deployment;
  }
  const annotations = { ...deployment.metadata.annotations, [REVISION]: text };
  return kit.update('deployments', { ...deployment, metadata: { ...deployment.metadata, annotations } }) ?? deployment;
}

interface RevisionPlan {
  readonly bounds: RolloutBounds;
  readonly revision: number;
}

function setAnnotations(
  deployment: DeploymentObject,
  set: ReplicaSetObject | undefined,
  plan: RevisionPlan,
): Readonly<Record<string, string>> {
  const taken = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key));
  const before = set === undefined ? plan.revision : revisionOf(set);
  const history = set?.metadata.annotations?.[HISTORY];
  const past =
    before === plan.revision ? history : [history, String(before)].filter((part) => part !== undefined).join(',');
  return {
    ...Object.fromEntries(taken),
    ...sizeAnnotations(plan.bounds),
    [REVISION]: String(plan.revision),
    ...(past === undefined ? {} : { [HISTORY]: past }),
  };
}

function createSet(kit: Kit, deployment: DeploymentObject, plan: RevisionPlan): void {
  const spec = deployment.spec;
  const template = spec?.template;
  if (template === undefined) {
    return;
  }
  const hash = freeHash(kit, deployment, templateHash(comparableTemplate(template)));
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  const selector = { ...spec?.selector, matchLabels: { ...spec?.selector?.matchLabels, 'pod-template-hash': hash } };
  const others = setsOf(kit, deployment).reduce((total, set) => total + (set.spec?.replicas ?? 0), 0);
  const { desired, surge } = plan.bounds;
  const replicas = isRecreate(deployment)
    ? others === 0
      ? desired
      : 0
    : Math.max(0, Math.min(desired, desired + surge - others));
  const set = kit.create('replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? 'default',
      labels,
      annotations: setAnnotations(deployment, undefined, plan),
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas,
      ...(spec?.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector,
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  });
  noteScaling(kit, deployment, { set, from: 0, to: replicas });
}

/** Two templates with one hash: the name is taken, so the hash is salted, as the collision count does it. */
function freeHash(kit: Kit, deployment: DeploymentObject, first: string): string {
  let hash = first;
  for (let collisions = 1; collisions <= 20; collisions += 1) {
    if (kit.get('replicasets', deployment.metadata.namespace, `${deployment.metadata.name}-${hash}`) === undefined) {
      return hash;
    }
    hash = templateHash(`${first}/${collisions}`);
  }
  return hash;
}

function rollOneStep(kit: Kit, deployment: DeploymentObject, bounds: RolloutBounds): void {
  const sets = setsOf(kit, deployment);
  const newSet = newSetOf(deployment, sets);
  if (newSet === undefined) {
    return;
  }
  const old = sets.filter((set) => set !== newSet);
  if (isRecreate(deployment)) {
    recreate(kit, deployment, { newSet, old, bounds });
    return;
  }
  const running = sets.reduce((total, set) => total + (set.spec?.replicas ?? 0), 0);
  const present = newSet.spec?.replicas ?? 0;
  if (present > bounds.desired) {
    scaleTo(kit, deployment, newSet, bounds.desired);
  } else if (present < bounds.desired && running < bounds.desired + bounds.surge) {
    scaleTo(
      kit,
      deployment,
      newSet,
      present + Math.min(bounds.desired + bounds.surge - running, bounds.desired - present),
    );
  } else {
    shrinkOld(kit, deployment, { newSet, old, bounds });
  }
}

interface Sets {
  readonly newSet: ReplicaSetObject;
  readonly old: readonly ReplicaSetObject[];
  readonly bounds: RolloutBounds;
}

function recreate(kit: Kit, deployment: DeploymentObject, sets: Sets): void {
  for (const set of sets.old) {
    scaleTo(kit, deployment, set, 0);
  }
  if (sets.old.every((set) => kit.owned('pods', set.metadata.uid).length === 0)) {
    scaleTo(kit, deployment, sets.newSet, sets.bounds.desired);
  }
}

/** First the unhealthy pods of old revisions, then healthy ones, never below what must stay available. */
function shrinkOld(kit: Kit, deployment: DeploymentObject, { newSet, old, bounds }: Sets): void {
  const all = [newSet, ...old];
  const running = all.reduce((total, set) => total + (set.spec?.replicas ?? 0), 0);
  const available = all.reduce((total, set) => total + (set.status?.availableReplicas ?? 0), 0);
  const mustStay = bounds.desired - bounds.unavailable;
  const newUnavailable = (newSet.spec?.replicas ?? 0) - (newSet.status?.availableReplicas ?? 0);
  let cleanup = running - mustStay - newUnavailable;
  let healthyBudget = available - mustStay;
  for (const set of old) {
    const replicas = set.spec?.replicas ?? 0;
    const healthy = Math.min(replicas, set.status?.availableReplicas ?? 0);
    const fromUnhealthy = Math.max(0, Math.min(replicas - healthy, cleanup));
    const fromHealthy = Math.max(0, Math.min(healthy, healthyBudget, cleanup - fromUnhealthy));
    cleanup -= fromUnhealthy + fromHealthy;
    healthyBudget -= fromHealthy;
    scaleTo(kit, deployment, set, replicas - fromUnhealthy - fromHealthy);
  }
}

function dropOldHistory(kit: Kit, deployment: DeploymentObject): void {
  const sets = setsOf(kit, deployment);
  const newSet = newSetOf(deployment, sets);
  const idle = sets
    .filter((set) => set !== newSet && set.spec?.replicas === 0 && (set.status?.replicas ?? 0) === 0)
    .sort((left, right) => revisionOf(left) - revisionOf(right));
  const kept = deployment.spec?.revisionHistoryLimit ?? 10;
  for (const set of idle.slice(0, Math.max(0, idle.length - kept))) {
    kit.remove('replicasets', set.metadata.namespace, set.metadata.name);
  }
}
