import type { KnownKind, KubernetesObject } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import { located, onlyToNotify, unlocated } from './answer.ts';
import { podsMounting, podsSelected } from './behind.ts';
import { commonOwner } from './common-owner.ts';
import type { Lookups } from './lookups.ts';
import { builtInKind, namedBy, walkToTop, type Decision } from './owners.ts';
import { invalidName, type SubjectLabels } from './subject-labels.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Finds the workload of one subject label. `namespace` is empty for cluster-scoped subjects. */
type Finder = (cluster: Lookups, at: Named, label: string) => Promise<Location>;

interface Subject {
  readonly label: string;
  readonly clusterScoped?: true;
  readonly find: Finder;
}

/** The labels that name a subject more plainly than `node` and `pod` do, most specific first. The first that is there decides. */
const SUBJECTS: readonly Subject[] = [
  { label: 'horizontalpodautoscaler', find: byAutoscaler },
  { label: 'deployment', find: byKind('Deployment') },
  { label: 'statefulset', find: byKind('StatefulSet') },
  { label: 'daemonset', find: byKind('DaemonSet') },
  { label: 'job_name', find: byKind('Job') },
  { label: 'cronjob', find: byKind('CronJob') },
  { label: 'replicaset', find: byKind('ReplicaSet') },
  { label: 'rollout', find: byRollout },
  { label: 'persistentvolumeclaim', find: byClaim },
  { label: 'poddisruptionbudget', find: byBudget },
  { label: 'persistentvolume', clusterScoped: true, find: byVolume },
  { label: 'resourcequota', find: byQuota },
];

/** The workload of the most specific subject label; undefined where the labels have none of them. */
export async function locateSubject(cluster: Lookups, labels: SubjectLabels): Promise<Location | undefined> {
  const subject = SUBJECTS.find(({ label }) => labels.value(label) !== undefined);
  const name = subject === undefined ? undefined : labels.value(subject.label);
  if (subject === undefined || name === undefined) return undefined;
  const source = labels.source(subject.label);
  const invalid = invalidName(labels, subject.clusterScoped ? [subject.label] : ['namespace', subject.label]);
  if (invalid !== undefined) return invalid;
  if (subject.clusterScoped) return subject.find(cluster, { namespace: '', name }, source);
  const namespace = labels.value('namespace');
  if (namespace === undefined)
    return unlocated('no-subject', `label ${source} names an object, but no label its namespace`);
  return subject.find(cluster, { namespace, name }, source);
}

function missing(kind: string, { namespace, name }: Named): Location {
  return unlocated('not-found', `${kind} ${namespace === '' ? '' : `${namespace}/`}${name} does not exist`);
}

function byKind(kind: KnownKind): Finder {
  return async (cluster, at, label) => {
    const object = await cluster.get(kind, at);
    if (object === undefined) return missing(kind, at);
    return walkToTop(cluster, { kind, object, builtIn: true }, namedBy(label, at.name));
  };
}

async function byRollout(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const object = await cluster.getAny({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', ...at });
  if (object === undefined) return missing('Rollout', at);
  return walkToTop(cluster, { kind: 'Rollout', object, builtIn: false }, namedBy(label, at.name));
}

async function byAutoscaler(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const autoscaler = await cluster.get('HorizontalPodAutoscaler', at);
  if (autoscaler === undefined) return missing('HorizontalPodAutoscaler', at);
  const { kind, name, apiVersion = 'apps/v1' } = autoscaler.spec.scaleTargetRef;
  const target = { namespace: at.namespace, name };
  const known = builtInKind(kind, apiVersion);
  const object: KubernetesObject | undefined =
    known === undefined ? await cluster.getAny({ apiVersion, kind, ...target }) : await cluster.get(known, target);
  if (object === undefined) return missing(`what HorizontalPodAutoscaler ${at.name} scales, ${kind}`, target);
  const decision: Decision = {
    label,
    pods: [],
    say: (owners) =>
      `label ${label}=${at.name} names it: it scales ${kind} ${name}${owners === '' ? '' : `, ${owners}`}`,
  };
  return walkToTop(cluster, { kind, object, builtIn: known !== undefined }, decision);
}

async function byClaim(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const claim = await cluster.get('PersistentVolumeClaim', at);
  return claim === undefined ? missing('PersistentVolumeClaim', at) : ownerOfClaim(cluster, at, label);
}

/** The owner of the pods that mount a claim, or the StatefulSet that made it where no pod does. */
async function ownerOfClaim(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const pods = await podsMounting(cluster, at);
  const names = pods.map((pod) => pod.metadata.name).sort();
  const claim = `claim ${at.namespace}/${at.name} (label ${label})`;
  if (pods.length > 0) {
    const decision: Decision = {
      label,
      pods: names,
      say: (owners) => `${claim} is mounted by ${names.join(', ')}${owners === '' ? '' : `, ${owners}`}`,
    };
    return commonOwner(cluster, pods, { text: `${claim} is mounted by pods`, decision });
  }
  const sets = (await cluster.list('StatefulSet', { namespace: at.namespace })).filter(({ metadata, spec }) =>
    (spec.volumeClaimTemplates ?? []).some((template) =>
      isClaimOf(at.name, `${template.metadata.name}-${metadata.name}-`),
    ),
  );
  const [set, ...others] = sets;
  if (set === undefined) return unlocated('not-found', `no pod mounts ${claim}, and no StatefulSet made it`);
  if (others.length > 0) {
    const candidates = sets.map(({ metadata }) => ({
      kind: 'StatefulSet',
      namespace: at.namespace,
      name: metadata.name,
    }));
    return unlocated('ambiguous', `no pod mounts ${claim}, and several StatefulSets could have made it`, candidates);
  }
  const text = `${claim} is of the volume claim template of StatefulSet ${set.metadata.name}`;
  const say = (owners: string): string => (owners === '' ? text : `${text}, ${owners}`);
  return walkToTop(cluster, { kind: 'StatefulSet', object: set, builtIn: true }, { label, pods: [], say });
}

function isClaimOf(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}

async function byBudget(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const budget = await cluster.get('PodDisruptionBudget', at);
  if (budget === undefined) return missing('PodDisruptionBudget', at);
  const pods = await podsSelected(cluster, at.namespace, budget.spec.selector ?? {});
  const text = `budget ${at.namespace}/${at.name} (label ${label}) covers pods`;
  const say = (owners: string): string => (owners === '' ? text : `${text} ${owners}`);
  return commonOwner(cluster, pods, { text, decision: { label, pods: [], say } });
}

async function byVolume(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const volume = await cluster.get('PersistentVolume', { name: at.name });
  if (volume === undefined) return missing('PersistentVolume', at);
  const { namespace, name } = volume.spec?.claimRef ?? {};
  if (namespace === undefined || name === undefined) {
    return unlocated('not-found', `PersistentVolume ${at.name} (label ${label}) is claimed by nothing`);
  }
  return onlyToNotify(await byClaim(cluster, { namespace, name }, label), 'volume');
}

async function byQuota(cluster: Lookups, at: Named, label: string): Promise<Location> {
  const namespace = await cluster.get('Namespace', { name: at.namespace });
  if (namespace === undefined) return missing('namespace', { namespace: '', name: at.namespace });
  const workload = { kind: 'Namespace', namespace: '', name: at.namespace };
  const why = `label ${label}=${at.name} names a quota of namespace ${at.namespace}`;
  return located({ workload, uid: namespace.metadata.uid, notifyOnly: 'namespace-quota' }, label, why);
}
