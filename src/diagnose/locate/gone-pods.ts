import type { KubernetesObject, StatefulSet } from '../../domain/kubernetes.ts';
import type { Location, Unlocated } from '../../domain/location.ts';
import { workloadKey } from '../../domain/workload.ts';
import { unlocated } from './answer.ts';
import { exporterOfOwner } from './exporters.ts';
import type { Lookups } from './lookups.ts';
import { walkToTop, type Decision } from './owners.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

const RANDOM_SUFFIX = /^(.+)-[a-z0-9]{5}$/;
const ORDINAL = /^(.+)-(\d+)$/;
const INDEX_AND_SUFFIX = /^(.+)-\d+-[a-z0-9]{5}$/;

/**
 * The workload of a pod that is gone: that of the live controller which makes pods of such names. The name only leads to the
 * controller; it counts when it exists, and a Deployment when the ReplicaSet is still in its history.
 */
export async function locateGonePod(cluster: Lookups, pod: Named, label: string): Promise<Location> {
  const found = new Map<string, Location>();
  const refused: Unlocated[] = [];
  for (const maker of await makersOf(cluster, pod)) {
    const exporter = exporterOfOwner(maker.object);
    const location =
      exporter === undefined
        ? await walkToTop(cluster, { ...maker, builtIn: true }, goneDecision(pod, label, maker))
        : unlocated('exporter-only', `pod ${pod.namespace}/${pod.name} (label ${label}) was one of ${exporter}`);
    if (location.kind === 'located') found.set(workloadKey(location.workload), location);
    else refused.push(location);
  }
  const [only, ...others] = found.values();
  if (others.length > 0) {
    const candidates = [...found.values()].flatMap((each) => (each.kind === 'located' ? [each.workload] : []));
    return unlocated(
      'ambiguous',
      `pod ${pod.namespace}/${pod.name} is gone, and several controllers make such pods`,
      candidates,
    );
  }
  const why = `pod ${pod.namespace}/${pod.name} (label ${label}) does not exist, nor a controller that makes such pods`;
  return refused[0] ?? only ?? unlocated('not-found', why);
}

interface Maker {
  readonly kind: string;
  readonly object: KubernetesObject;
}

/** The live controllers that make pods of such names. */
async function makersOf(cluster: Lookups, { namespace, name }: Named): Promise<readonly Maker[]> {
  const guesses = [
    { kind: 'ReplicaSet', names: RANDOM_SUFFIX },
    { kind: 'DaemonSet', names: RANDOM_SUFFIX },
    { kind: 'Job', names: RANDOM_SUFFIX },
    { kind: 'Job', names: INDEX_AND_SUFFIX },
  ] as const;
  const makers: Maker[] = [];
  for (const { kind, names } of guesses) {
    const owner = names.exec(name)?.[1];
    const object = owner === undefined ? undefined : await cluster.get(kind, { namespace, name: owner });
    if (object !== undefined) makers.push({ kind, object });
  }
  const set = await setOf(cluster, { namespace, name });
  return set === undefined ? makers : [...makers, { kind: 'StatefulSet', object: set }];
}

/** The StatefulSet that misses the pod. One beyond its replicas was scaled away: the set does not miss it. */
async function setOf(cluster: Lookups, { namespace, name }: Named): Promise<StatefulSet | undefined> {
  const [, owner, ordinal] = ORDINAL.exec(name) ?? [];
  if (owner === undefined) return undefined;
  const set = await cluster.get('StatefulSet', { namespace, name: owner });
  return Number(ordinal) < (set?.spec.replicas ?? 1) ? set : undefined;
}

function goneDecision(pod: Named, label: string, { kind, object }: Maker): Decision {
  const text = `pod ${pod.namespace}/${pod.name} is gone, but ${kind} ${object.metadata.name} makes such pods`;
  // The pod that fired is no more, so none is named.
  return {
    label,
    pods: [],
    say: (owners) => `${text}${owners === '' ? '' : `, ${owners}`}; label ${label} decided`,
  };
}
