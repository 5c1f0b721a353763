import type { KnownKind } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { located, onlyToNotify, unlocated } from './answer.ts';
import { podsBehind, podsMounting, podsSelected } from './behind.ts';
import { commonOwner, walkToTop, type Decision } from './owners.ts';
import type { SubjectLabels } from './subject-labels.ts';

/** Finds the workload of one subject label. `namespace` is empty for cluster-scoped subjects. */
type Finder = (
  cluster: ClusterReader,
  at: { readonly namespace: string; readonly name: string },
  decision: Decision,
) => Promise<Location>;

export interface Subject {
  readonly label: string;
  readonly namespaced: boolean;
  readonly find: Finder;
}

/** The labels that name a subject more plainly than `pod` does, most specific first. The first that is there decides. */
export const SUBJECTS: readonly Subject[] = [
  { label: 'horizontalpodautoscaler', namespaced: true, find: byAutoscaler },
  { label: 'deployment', namespaced: true, find: byKind('Deployment') },
  { label: 'statefulset', namespaced: true, find: byKind('StatefulSet') },
  { label: 'daemonset', namespaced: true, find: byKind('DaemonSet') },
  { label: 'job_name', namespaced: true, find: byKind('Job') },
  { label: 'cronjob', namespaced: true, find: byKind('CronJob') },
  { label: 'replicaset', namespaced: true, find: byKind('ReplicaSet') },
  { label: 'rollout', namespaced: true, find: byRollout },
  { label: 'persistentvolumeclaim', namespaced: true, find: byClaim },
  { label: 'poddisruptionbudget', namespaced: true, find: byBudget },
  { label: 'persistentvolume', namespaced: false, find: byVolume },
  { label: 'resourcequota', namespaced: true, find: byQuota },
];

/** The subject that the labels name, besides `node` and `pod`. */
export function subjectOf(labels: SubjectLabels): Subject | undefined {
  return SUBJECTS.find(({ label }) => labels.value(label) !== undefined);
}

function byKind(kind: KnownKind): Finder {
  return async (cluster, at, decision) => {
    const object = await cluster.get(kind, at);
    if (object === undefined) return unlocated('not-found', `${kind} ${at.namespace}/${at.name} does not exist`);
    return walkToTop(cluster, { kind, object }, decision);
  };
}

async function byRollout(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const object = await cluster.getAny({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', ...at });
  if (object === undefined) return unlocated('not-found', `Rollout ${at.namespace}/${at.name} does not exist`);
  const found = {
    workload: { kind: 'Rollout', ...at },
    uid: object.metadata.uid,
    notifyOnly: 'unknown-owner',
  } as const;
  return located(found, decision.label, decision.text);
}

async function byAutoscaler(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const autoscaler = await cluster.get('HorizontalPodAutoscaler', at);
  if (autoscaler === undefined) {
    return unlocated('not-found', `HorizontalPodAutoscaler ${at.namespace}/${at.name} does not exist`);
  }
  const { kind, name, apiVersion = 'apps/v1' } = autoscaler.spec.scaleTargetRef;
  const object = await cluster.getAny({ apiVersion, kind, namespace: at.namespace, name });
  if (object === undefined)
    return unlocated('not-found', `${kind} ${at.namespace}/${name}, which it scales, does not exist`);
  return walkToTop(cluster, { kind, object }, { ...decision, text: `${decision.text}; it scales ${kind} ${name}` });
}

async function byClaim(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const text = `${decision.text}; its owner is that of the pods which mount it`;
  const pods = await podsMounting(cluster, at);
  return commonOwner(cluster, pods, { ...decision, text, pods: pods.map((pod) => pod.metadata.name) });
}

async function byBudget(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const budget = await cluster.get('PodDisruptionBudget', at);
  if (budget === undefined)
    return unlocated('not-found', `PodDisruptionBudget ${at.namespace}/${at.name} does not exist`);
  const pods = await podsSelected(cluster, at.namespace, budget.spec.selector ?? {});
  return commonOwner(cluster, pods, { ...decision, text: `${decision.text}; its selector selects pods` });
}

async function byVolume(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const volume = await cluster.get('PersistentVolume', { name: at.name });
  if (volume === undefined) return unlocated('not-found', `PersistentVolume ${at.name} does not exist`);
  const { namespace, name } = volume.spec?.claimRef ?? {};
  if (namespace === undefined || name === undefined)
    return unlocated('not-found', `PersistentVolume ${at.name} is not claimed`);
  const text = `${decision.text}; claimed by ${namespace}/${name}`;
  return onlyToNotify(await byClaim(cluster, { namespace, name }, { ...decision, text }), 'volume');
}

async function byQuota(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const namespace = await cluster.get('Namespace', { name: at.namespace });
  if (namespace === undefined) return unlocated('not-found', `namespace ${at.namespace} does not exist`);
  const workload = { kind: 'Namespace', namespace: '', name: at.namespace };
  return located(
    { workload, uid: namespace.metadata.uid, notifyOnly: 'namespace-quota' },
    decision.label,
    decision.text,
  );
}

/** TargetDown: what the scraped Service stands for. */
export async function byService(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const pods = await podsBehind(cluster, at);
  return commonOwner(cluster, pods, { ...decision, text: `${decision.text}; its endpoints are pods` });
}

/** KubeAggregatedAPI*: the Service behind an extension of the API. */
export async function byApiService(...[cluster, at, decision]: Parameters<Finder>): Promise<Location> {
  const service = (await cluster.get('APIService', { name: at.name }))?.spec?.service;
  if (service?.namespace === undefined || service.name === undefined) {
    return unlocated('not-found', `APIService ${at.name} does not exist or is served by the API server itself`);
  }
  const text = `${decision.text}; served by ${service.namespace}/${service.name}`;
  return byService(cluster, { namespace: service.namespace, name: service.name }, { ...decision, text });
}
