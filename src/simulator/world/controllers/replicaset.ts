import type { Condition } from '../../../domain/kubernetes.ts';
import type { PodObject, ReplicaSetObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import {
  isActive,
  isAvailable,
  isReady,
  isTerminating,
  ownerReference,
  podFromTemplate,
  terminatePod,
} from '../pods.ts';
import { selectorMatches } from '../selectors.ts';
import { makeSettled } from '../settled.ts';
import { createPod, noteFailedCreate } from './pod-control.ts';

/** Keeps as many pods of each ReplicaSet as it asks for, and its status true. */
export function reconcileReplicaSets(kit: Kit): void {
  for (const set of kit.list('replicasets')) {
    if (set.metadata.deletionTimestamp === undefined && !isAsleep(kit, set)) {
      reconcileUnsettled(kit, set);
    }
  }
}

const settled = makeSettled();

function reconcileUnsettled(kit: Kit, set: ReplicaSetObject): void {
  const inputs = [kit.owned('pods', set.metadata.uid), kit.orphans('pods')];
  if (settled.has(set, inputs)) {
    return;
  }
  const before = kit.version();
  reconcile(kit, set);
  const waitsForTime = (set.spec?.minReadySeconds ?? 0) > 0;
  // What a quota refused is tried again.
  if (kit.version() === before && !waitsForTime && failureOf(set) === undefined) {
    settled.add(set, inputs);
  }
}

/** An old revision that has nothing to do: most ReplicaSets, most of the time. */
function isAsleep(kit: Kit, set: ReplicaSetObject): boolean {
  return (
    set.spec?.replicas === 0 &&
    set.status?.observedGeneration === set.metadata.generation &&
    set.status?.terminatingReplicas === 0 &&
    kit.owned('pods', set.metadata.uid).length === 0
  );
}

function reconcile(kit: Kit, set: ReplicaSetObject): void {
  releaseStrays(kit, set);
  adoptOrphans(kit, set);
  const active = kit.owned('pods', set.metadata.uid).filter(isActive);
  const surplus = active.length - (set.spec?.replicas ?? 1);
  let failure: string | undefined;
  if (surplus < 0) {
    failure = createPods(kit, set, -surplus);
  } else if (surplus > 0) {
    deletePods(kit, set, { active, surplus });
  }
  syncStatus(kit, set, failure);
}

/** A pod whose labels no longer match is let go and replaced: that is how one pod is taken out for a post-mortem. */
function releaseStrays(kit: Kit, set: ReplicaSetObject): void {
  for (const pod of kit.owned('pods', set.metadata.uid)) {
    if (!isTerminating(pod) && !selectorMatches(set.spec?.selector, pod.metadata.labels ?? {})) {
      const { ownerReferences, ...metadata } = pod.metadata;
      const others = (ownerReferences ?? []).filter((owner) => owner.uid !== set.metadata.uid);
      kit.update('pods', {
        ...pod,
        metadata: { ...metadata, ...(others.length === 0 ? {} : { ownerReferences: others }) },
      });
    }
  }
}

function adoptOrphans(kit: Kit, set: ReplicaSetObject): void {
  for (const pod of kit.orphans('pods')) {
    const here = pod.metadata.namespace === set.metadata.namespace;
    if (here && isActive(pod) && selectorMatches(set.spec?.selector, pod.metadata.labels ?? {})) {
      const owners = [...(pod.metadata.ownerReferences ?? []), ownerReference(set)];
      kit.update('pods', { ...pod, metadata: { ...pod.metadata, ownerReferences: owners } });
    }
  }
}

/** Why the first pod that was not taken was not. */
function createPods(kit: Kit, set: ReplicaSetObject, count: number): string | undefined {
  const template = set.spec?.template;
  if (template === undefined) {
    return undefined;
  }
  for (let made = 0; made < count; made += 1) {
    const pod = createPod(kit, set, podFromTemplate(set, template, {}));
    if (typeof pod === 'string') {
      // Said once for each reason: the real controller tries again ever more rarely.
      if (failureOf(set)?.message !== pod) {
        noteFailedCreate(kit, set, { message: pod, component: 'replicaset-controller' });
      }
      return pod;
    }
    kit.events.record(set, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${pod.metadata.name}`,
      component: 'replicaset-controller',
    });
  }
  return undefined;
}

/** The condition of a ReplicaSet whose pods cannot be created. */
export function failureOf(set: ReplicaSetObject | undefined): Condition | undefined {
  return set?.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
}

function deletePods(
  kit: Kit,
  set: ReplicaSetObject,
  excess: { readonly active: readonly PodObject[]; readonly surplus: number },
): void {
  const victims = [...excess.active].sort((left, right) => keepRank(left) - keepRank(right)).slice(0, excess.surplus);
  for (const pod of victims) {
    terminatePod(kit, pod);
    kit.events.record(set, {
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${pod.metadata.name}`,
      component: 'replicaset-controller',
    });
  }
}

/** Lower goes first: unscheduled, then not ready, then the youngest. Source: kubernetes `ActivePodsWithRanks`. */
function keepRank(pod: PodObject): number {
  const scheduled = pod.spec?.nodeName === undefined ? 0 : 1;
  const ready = isReady(pod) ? 1 : 0;
  const age = 1 - Date.parse(pod.metadata.creationTimestamp) / 1e14;
  return scheduled * 4 + ready * 2 + age;
}

function syncStatus(kit: Kit, seen: ReplicaSetObject, failure: string | undefined): void {
  const set = kit.get('replicasets', seen.metadata.namespace, seen.metadata.name);
  if (set === undefined) {
    return;
  }
  const pods = kit.owned('pods', set.metadata.uid);
  const active = pods.filter(isActive);
  const ready = active.filter(isReady).length;
  const available = active.filter((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, kit.now())).length;
  kit.updateStatus('replicasets', set, {
    replicas: active.length,
    ...(active.length === 0 ? {} : { fullyLabeledReplicas: active.length }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    terminatingReplicas: pods.filter(isTerminating).length,
    observedGeneration: set.metadata.generation,
    ...(failure === undefined ? {} : { conditions: [replicaFailure(kit, set, failure)] }),
  });
}

function replicaFailure(kit: Kit, set: ReplicaSetObject, message: string): Condition {
  const lastTransitionTime = failureOf(set)?.lastTransitionTime ?? kit.stamp();
  return { type: 'ReplicaFailure', status: 'True', lastTransitionTime, reason: 'FailedCreate', message };
}
