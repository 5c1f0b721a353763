import { AutoHealError } from '../../domain/errors.ts';
import type { KnownKind, KubernetesObject, OwnerReference } from '../../domain/kubernetes.ts';
import type { Location, NotifyOnlyReason } from '../../domain/location.ts';
import { describeWorkload, type WorkloadRef } from '../../domain/workload.ts';
import { located, unlocated } from './answer.ts';
import type { Lookups } from './lookups.ts';

/** Owners of pods that AutoHeal knows, by kind, with their API group: other groups have a `StatefulSet` of their own. */
const BUILT_IN: ReadonlyMap<string, { readonly kind: KnownKind; readonly group: string }> = new Map(
  (
    [
      { kind: 'Deployment', group: 'apps' },
      { kind: 'ReplicaSet', group: 'apps' },
      { kind: 'StatefulSet', group: 'apps' },
      { kind: 'DaemonSet', group: 'apps' },
      { kind: 'Job', group: 'batch' },
      { kind: 'CronJob', group: 'batch' },
      { kind: 'Pod', group: '' },
      { kind: 'Node', group: '' },
    ] as const
  ).map((known) => [known.kind, known]),
);
/** Still served under this group by old manifests. */
const FORMER_APPS_GROUP = 'extensions';

/** The one custom kind that AutoHeal has a remedy for. */
const ARGO_ROLLOUT = { kind: 'Rollout', group: 'argoproj.io' } as const;

/** Named in place of a custom kind above them. A pod or a ReplicaSet is only a part of what the custom kind stands for. */
const WORKLOADS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  ARGO_ROLLOUT.kind,
]);
/** No real chain is longer; one that is goes in a circle. */
const MAX_HOPS = 8;
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** What decided that the walk begins where it does. */
export interface Decision {
  /** The label or annotation. */
  readonly label: string;
  readonly pods: readonly string[];
  /** The sentence for people; `owners` is what was found above, e.g. `owned by ReplicaSet x, owned by Deployment y`. */
  readonly say: (owners: string) => string;
}

/** A decision by a label that names the object itself. */
export function namedBy(label: string, name: string, more = ''): Decision {
  const text = `label ${label}=${name} names it${more}`;
  return { label, pods: [], say: (owners) => (owners === '' ? text : `${text}, ${owners}`) };
}

/** An object of a chain. */
export interface Rung {
  readonly kind: string;
  readonly object: KubernetesObject;
  /** False for custom kinds. */
  readonly builtIn: boolean;
}

/** A known kind, or undefined for a kind of another group, even where it is called the same. */
export function builtInKind(kind: string, apiVersion: string): KnownKind | undefined {
  const group = groupOf(apiVersion);
  const known = BUILT_IN.get(kind);
  const fits = known?.group === group || (known?.group === 'apps' && group === FORMER_APPS_GROUP);
  return fits ? known?.kind : undefined;
}

/** Whether AutoHeal knows what to do about an object: one of a built-in kind, or an Argo Rollout. */
function isKnown({ kind, object, builtIn }: Rung): boolean {
  return builtIn || (kind === ARGO_ROLLOUT.kind && groupOf(object.apiVersion ?? '') === ARGO_ROLLOUT.group);
}

/** Empty for the core group. */
function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/**
 * The workload at the top of an object's controller owner references. Each owner is looked up, and must be the very object
 * (uid) that the reference means. Above a custom kind nobody acts: then the highest workload of the chain that AutoHeal knows
 * is named, or the custom object where there is none (a StrimziPodSet), and `unknown-owner` is set.
 */
export async function walkToTop(cluster: Lookups, start: Rung, decision: Decision): Promise<Location> {
  const rungs: [Rung, ...Rung[]] = [start];
  const owners: string[] = [];
  for (let below = start; rungs.length <= MAX_HOPS;) {
    const owner = below.object.metadata.ownerReferences?.find((reference) => reference.controller === true);
    if (owner === undefined) return topOf(rungs, { decision, owners });
    if (owner.kind === 'Node') return topOf(rungs, { decision, owners, notifyOnly: 'static-pod' });
    owners.push(`owned by ${owner.kind} ${owner.name}`);
    const above = await ownerOf(cluster, below, owner);
    switch (above.kind) {
      case 'found':
        rungs.push(above.rung);
        below = above.rung;
        break;
      case 'unreadable':
        return topOf(rungs, { decision, owners, notifyOnly: 'unknown-owner' });
      case 'not-found':
      case 'uid-changed':
        return unlocated(above.kind, `${describeWorkload(refOf(below))}: ${above.why}`, [refOf(below)]);
    }
  }
  return unlocated('ambiguous', `the owner references above ${describeWorkload(refOf(start))} do not end`);
}

type Above =
  | { readonly kind: 'found'; readonly rung: Rung }
  | { readonly kind: 'not-found' | 'uid-changed'; readonly why: string }
  /** A custom kind that AutoHeal has no right to read: no reason to keep silent about what is below it. */
  | { readonly kind: 'unreadable' };

async function ownerOf(cluster: Lookups, below: Rung, owner: OwnerReference): Promise<Above> {
  const { apiVersion, kind, name } = owner;
  const { namespace } = below.object.metadata;
  const at = namespace === undefined ? { name } : { namespace, name };
  const known = builtInKind(kind, apiVersion);
  let object: KubernetesObject | undefined;
  try {
    object = known === undefined ? await cluster.getAny({ apiVersion, kind, ...at }) : await cluster.get(known, at);
  } catch (error) {
    if (known === undefined && error instanceof AutoHealError && error.code === 'PORT_AUTH') {
      return { kind: 'unreadable' };
    }
    throw error;
  }
  if (object === undefined) return { kind: 'not-found', why: `its owner ${kind} ${name} does not exist` };
  if (object.metadata.uid !== owner.uid) {
    return { kind: 'uid-changed', why: `its owner ${kind} ${name} was replaced by another object of that name` };
  }
  return { kind: 'found', rung: { kind, object, builtIn: known !== undefined } };
}

function topOf(
  rungs: readonly [Rung, ...Rung[]],
  way: { readonly decision: Decision; readonly owners: readonly string[]; readonly notifyOnly?: NotifyOnlyReason },
): Location {
  const { decision, owners } = way;
  const last = rungs.at(-1) ?? rungs[0];
  const notifyOnly = way.notifyOnly ?? reasonOf(last);
  const workload = rungs.findLast((rung) => isKnown(rung) && WORKLOADS.has(rung.kind));
  const named = notifyOnly === 'unknown-owner' ? (workload ?? last) : last;
  return located(
    { workload: refOf(named), uid: named.object.metadata.uid, pods: decision.pods, notifyOnly },
    decision.label,
    decision.say(owners.join(', ')),
  );
}

/** Why nobody acts on what stands at the top of a chain; undefined for a workload that AutoHeal knows. */
function reasonOf(rung: Rung): NotifyOnlyReason | undefined {
  const { kind, object } = rung;
  if (!isKnown(rung)) return 'unknown-owner';
  if (kind !== 'Pod') return undefined;
  return object.metadata.annotations?.[MIRROR_ANNOTATION] === undefined ? 'bare-pod' : 'static-pod';
}

function refOf({ kind, object }: Rung): WorkloadRef {
  return { kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}
