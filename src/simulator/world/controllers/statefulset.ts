import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isReady, isTerminating, podFromTemplate, terminatePod, type PodPlan } from '../pods.ts';
import { makeSettled } from '../settled.ts';
import { createPod, noteFailedCreate } from './pod-control.ts';
import { ensureRevision, podRevisionLabel, revisionsOf, trimRevisions, type Revision } from './revisions.ts';

type StatefulSet = Kinds['statefulsets'];

/** Pods with ordinals: made from the lowest, one after the other, updated from the highest. Source: kubernetes pkg/controller/statefulset. */
export function reconcileStatefulSets(kit: Kit): void {
  for (const set of kit.list('statefulsets')) {
    const { uid } = set.metadata;
    const inputs = [kit.owned('pods', uid), kit.owned('controllerrevisions', uid)];
    if (untouched.has(set, inputs)) {
      continue;
    }
    const before = kit.version();
    if (set.metadata.deletionTimestamp === undefined && set.spec?.template !== undefined) {
      reconcile(kit, set);
    }
    if (kit.version() === before) {
      untouched.add(set, inputs);
    }
  }
}

const untouched = makeSettled();

interface Plan {
  readonly set: StatefulSet;
  readonly update: Revision;
  readonly current: Revision;
  readonly byOrdinal: ReadonlyMap<number, PodObject>;
}

function reconcile(kit: Kit, set: StatefulSet): void {
  const template = set.spec?.template;
  if (template === undefined) {
    return;
  }
  const update = ensureRevision(kit, set, template, 'statefulset');
  const currentName = set.status?.currentRevision;
  const current = revisionsOf(kit, set).find((revision) => revision.metadata.name === currentName) ?? update;
  const plan: Plan = { set, update, current, byOrdinal: podsByOrdinal(kit, set) };
  if (fillOrdinals(kit, plan)) {
    updateHighest(kit, plan);
  }
  syncStatus(kit, plan);
  trimRevisions(kit, set, new Set([update.metadata.name, current.metadata.name]));
}

function podsByOrdinal(kit: Kit, set: StatefulSet): ReadonlyMap<number, PodObject> {
  const pods = new Map<number, PodObject>();
  for (const pod of kit.owned('pods', set.metadata.uid)) {
    const ordinal = Number(pod.metadata.name.slice(set.metadata.name.length + 1));
    if (Number.isInteger(ordinal) && ordinal >= 0) {
      pods.set(ordinal, pod);
    }
  }
  return pods;
}

/**
 * Makes what is missing, ends what is too much. False while something is not settled: under `OrderedReady` nothing else then
 * moves, not even an update that would cure the pod that is waited for. Source: "Forced rollback" in the StatefulSet docs.
 */
function fillOrdinals(kit: Kit, plan: Plan): boolean {
  const ordered = plan.set.spec?.podManagementPolicy !== 'Parallel';
  let settled = true;
  for (let ordinal = 0; ordinal < replicasOf(plan); ordinal += 1) {
    if (!ensurePod(kit, plan, ordinal)) {
      settled = false;
      if (ordered) {
        return false;
      }
    }
  }
  const surplus = [...plan.byOrdinal]
    .filter(([ordinal]) => ordinal >= replicasOf(plan))
    .sort(([left], [right]) => right - left);
  for (const [, pod] of ordered ? surplus.slice(0, 1) : surplus) {
    terminatePod(kit, pod);
  }
  return settled && surplus.length === 0;
}

function replicasOf(plan: Plan): number {
  return plan.set.spec?.replicas ?? 1;
}

/** Whether the pod of an ordinal is there and ready; makes it when it is missing. */
function ensurePod(kit: Kit, plan: Plan, ordinal: number): boolean {
  const pod = plan.byOrdinal.get(ordinal);
  if (pod === undefined) {
    createOrdinal(kit, plan, ordinal);
    return false;
  }
  if (hasEnded(pod)) {
    terminatePod(kit, pod);
  }
  return !isTerminating(pod) && isReady(pod);
}

function hasEnded(pod: PodObject): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

function partitionOf(plan: Plan): number {
  return plan.set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}

function updateHighest(kit: Kit, plan: Plan): void {
  if (plan.set.spec?.updateStrategy?.type === 'OnDelete') {
    return;
  }
  for (let ordinal = replicasOf(plan) - 1; ordinal >= partitionOf(plan); ordinal -= 1) {
    const pod = plan.byOrdinal.get(ordinal);
    if (pod === undefined || isTerminating(pod)) {
      return;
    }
    const outdated = pod.metadata.labels?.['controller-revision-hash'] !== plan.update.metadata.name;
    if (outdated) {
      terminatePod(kit, pod);
    }
    if (outdated || !isReady(pod)) {
      return;
    }
  }
}

function createOrdinal(kit: Kit, plan: Plan, ordinal: number): void {
  const { set } = plan;
  const old = ordinal < partitionOf(plan);
  const revision = old ? plan.current : plan.update;
  const template = (old ? templateOf(revision) : undefined) ?? set.spec?.template;
  if (template === undefined) {
    return;
  }
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = {
    'apps.kubernetes.io/pod-index': String(ordinal),
    'controller-revision-hash': podRevisionLabel(revision, 'statefulset'),
    'statefulset.kubernetes.io/pod-name': name,
  };
  const volumes = ensureClaims(kit, set, name);
  const podPlan = { name, labels, ...(volumes.length === 0 ? {} : { volumes }) };
  const pod = createPod(kit, set, podFromTemplate(set, template, podPlan));
  if (typeof pod === 'string') {
    noteFailedCreate(kit, set, { message: pod, component: 'statefulset-controller' });
    return;
  }
  kit.events.record(set, {
    type: 'Normal',
    reason: 'SuccessfulCreate',
    message: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
    component: 'statefulset-controller',
  });
}

function ensureClaims(kit: Kit, set: StatefulSet, podName: string): NonNullable<PodPlan['volumes']> {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const claimName = `${template.metadata.name}-${podName}`;
    ensureClaim(kit, set, { name: claimName, spec: template.spec });
    return { name: template.metadata.name, persistentVolumeClaim: { claimName } };
  });
}

function templateOf(revision: Revision): NonNullable<StatefulSet['spec']>['template'] {
  // ensureRevision wrote it: the data is {spec: {template}}.
  const data = revision.data as { readonly spec?: NonNullable<StatefulSet['spec']> } | undefined;
  return data?.spec?.template;
}

/** A claim outlives its pod; its volume is bound at once, as a dynamic provisioner would. */
function ensureClaim(
  kit: Kit,
  set: StatefulSet,
  claim: { readonly name: string; readonly spec: Readonly<Record<string, unknown>> | undefined },
): void {
  const { namespace } = set.metadata;
  if (namespace === undefined || kit.get('persistentvolumeclaims', namespace, claim.name) !== undefined) {
    return;
  }
  const volumeName = `pvc-${namespace}-${claim.name}`;
  kit.create('persistentvolumeclaims', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claim.name, namespace, labels: { ...set.spec?.selector?.matchLabels } },
    spec: { ...claim.spec, volumeName },
    status: { phase: 'Bound' },
  });
  if (kit.get('persistentvolumes', undefined, volumeName) === undefined) {
    kit.create('persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName },
      spec: { claimRef: { kind: 'PersistentVolumeClaim', namespace, name: claim.name } },
      status: { phase: 'Bound' },
    });
  }
}

function syncStatus(kit: Kit, { set, update, current }: Plan): void {
  const pods = kit.owned('pods', set.metadata.uid).filter((pod) => !isTerminating(pod));
  const ready = pods.filter(isReady).length;
  const ofRevision = (name: string): number =>
    pods.filter((pod) => pod.metadata.labels?.['controller-revision-hash'] === name).length;
  const updated = ofRevision(update.metadata.name);
  const desired = set.spec?.replicas ?? 1;
  const finished = updated === desired && ready === desired && pods.length === desired;
  const shown = finished ? update : current;
  const currentReplicas = ofRevision(shown.metadata.name);
  kit.updateStatus('statefulsets', set, {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(currentReplicas === 0 ? {} : { currentReplicas }),
    ...(updated === 0 ? {} : { updatedReplicas: updated }),
    currentRevision: shown.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: 0,
    availableReplicas: ready,
  });
}
