import type { KubernetesObject, OwnerReference, Pod } from '../../domain/kubernetes.ts';
import type { Location, NotifyOnlyReason } from '../../domain/location.ts';
import { describeWorkload, workloadKey, type WorkloadRef } from '../../domain/workload.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { located, unlocated } from './answer.ts';

/** Controllers that AutoHeal knows what to do with. */
const BUILT_IN: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
  'Node',
]);
/** No real chain is longer; one that is goes in a circle. */
const MAX_HOPS = 6;
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** What decided that the walk begins where it does. */
export interface Decision {
  readonly label: string;
  /** `label pod=cart-1 names it` */
  readonly text: string;
  readonly pods: readonly string[];
}

export function refOf(kind: string, object: KubernetesObject): WorkloadRef {
  return { kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/**
 * The workload at the top of an object's controller owner references. Each owner is looked up, and must be the very object
 * (uid) that the reference means. A custom kind at the top leaves the highest built-in controller named, but not acted on.
 */
export async function walkToTop(
  cluster: ClusterReader,
  start: { readonly kind: string; readonly object: KubernetesObject },
  decision: Decision,
): Promise<Location> {
  let { kind, object } = start;
  const hops: string[] = [];
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
    if (owner === undefined) return top(kind, object, { decision, hops });
    if (owner.kind === 'Node') return top(kind, object, { decision, hops, notifyOnly: 'static-pod' });
    const step = await ownerOf(cluster, object, owner);
    if (step.kind !== 'found') return withCandidate(step, refOf(kind, object));
    hops.push(`owned by ${owner.kind} ${owner.name}`);
    if (!BUILT_IN.has(owner.kind))
      return customTop({ kind, object }, { owner, uid: step.object.metadata.uid }, { decision, hops });
    kind = owner.kind;
    object = step.object;
  }
  return unlocated(
    'ambiguous',
    `the owner references above ${describeWorkload(refOf(start.kind, start.object))} do not end`,
  );
}

type OwnerStep =
  | { readonly kind: 'found'; readonly object: KubernetesObject }
  | { readonly kind: 'gone'; readonly why: string }
  | { readonly kind: 'another'; readonly why: string };

async function ownerOf(cluster: ClusterReader, owned: KubernetesObject, owner: OwnerReference): Promise<OwnerStep> {
  const { apiVersion, kind, name } = owner;
  const namespace = owned.metadata.namespace === undefined ? {} : { namespace: owned.metadata.namespace };
  const object = await cluster.getAny({ apiVersion, kind, name, ...namespace });
  if (object === undefined) return { kind: 'gone', why: `its owner ${kind} ${name} does not exist` };
  if (object.metadata.uid === owner.uid) return { kind: 'found', object };
  return { kind: 'another', why: `its owner ${kind} ${name} was replaced by another object of that name` };
}

function withCandidate(step: Exclude<OwnerStep, { kind: 'found' }>, candidate: WorkloadRef): Location {
  const reason = step.kind === 'gone' ? 'not-found' : 'uid-changed';
  return unlocated(reason, `${describeWorkload(candidate)}: ${step.why}`, [candidate]);
}

interface Way {
  readonly decision: Decision;
  readonly hops: readonly string[];
  readonly notifyOnly?: NotifyOnlyReason;
}

function top(kind: string, object: KubernetesObject, way: Way): Location {
  const notifyOnly = way.notifyOnly ?? (kind === 'Pod' ? looseness(object) : undefined);
  return located(
    { workload: refOf(kind, object), uid: object.metadata.uid, pods: way.decision.pods, notifyOnly },
    way.decision.label,
    whyOf(way),
  );
}

/** A pod without a controller: nothing would bring it back. */
function looseness(pod: KubernetesObject): NotifyOnlyReason {
  return pod.metadata.annotations?.[MIRROR_ANNOTATION] === undefined ? 'bare-pod' : 'static-pod';
}

function customTop(
  below: { readonly kind: string; readonly object: KubernetesObject },
  above: { readonly owner: OwnerReference; readonly uid: string },
  way: Way,
): Location {
  const { pods, label } = way.decision;
  const namesBelow = below.kind !== 'Pod' && below.kind !== 'ReplicaSet';
  const workload = namesBelow
    ? refOf(below.kind, below.object)
    : { kind: above.owner.kind, namespace: below.object.metadata.namespace ?? '', name: above.owner.name };
  const uid = namesBelow ? below.object.metadata.uid : above.uid;
  return located({ workload, uid, pods, notifyOnly: 'unknown-owner' }, label, whyOf(way));
}

function whyOf({ decision, hops }: Way): string {
  return [decision.text, ...hops].join(', ');
}

/** The one workload that owns all the pods; otherwise the candidates. */
export async function commonOwner(cluster: ClusterReader, pods: readonly Pod[], decision: Decision): Promise<Location> {
  const found = new Map<string, Location>();
  for (const pod of pods.slice(0, MAX_PODS)) {
    const location = await walkToTop(cluster, { kind: 'Pod', object: pod }, decision);
    if (location.kind === 'unlocated') return location;
    found.set(workloadKey(location.workload), location);
  }
  const [only, ...others] = found.values();
  if (only === undefined) return unlocated('not-found', `${decision.text}, but no pod belongs to it`);
  if (others.length === 0) return only;
  const candidates = [...found.values()].flatMap((each) => (each.kind === 'located' ? [each.workload] : []));
  return unlocated(
    'ambiguous',
    `${decision.text}, but its pods belong to ${candidates.map(describeWorkload).join(' and ')}`,
    candidates,
  );
}

/** Owners repeat: so many pods show them all. */
const MAX_PODS = 50;
