import type {
  HorizontalPodAutoscaler,
  Job,
  KubernetesObject,
  Node,
  Pod,
  RolloutWorkload,
} from '../domain/kubernetes.ts';
import { errorText } from '../domain/errors.ts';
import { selectorText } from '../domain/label-selector.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';

/** Something that was read, or why it could not be. */
export type Seen<T> = { readonly kind: 'seen'; readonly value: T } | { readonly kind: 'unseen'; readonly why: string };

/** How a workload stands now, each part read at most once. */
export interface View {
  readonly workload: WorkloadRef;
  /** The Deployment, StatefulSet or DaemonSet; `unseen` when it is gone. Undefined for other kinds. */
  readonly rollout: Seen<RolloutWorkload> | undefined;
  /** The workload's pods, terminating ones included. */
  readonly pods: Seen<readonly Pod[]>;
}

const ROLLOUT_KINDS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** Reads a workload and its pods. Never throws. */
export async function lookAt(
  cluster: ClusterReader,
  { workload, uid }: { readonly workload: WorkloadRef; readonly uid?: string },
): Promise<View> {
  if (!ROLLOUT_KINDS.has(workload.kind)) {
    return { workload, rollout: undefined, pods: { kind: 'unseen', why: `a ${workload.kind} has no pods of its own` } };
  }
  const rollout = await see(async () => {
    const object = await readRollout(cluster, workload);
    if (object === undefined) throw new Error('it is gone');
    if (uid !== undefined && object.metadata.uid !== uid) throw new Error('it is another object by now');
    return object;
  });
  if (rollout.kind === 'unseen') return { workload, rollout, pods: rollout };
  const pods = await see(() => podsOf(cluster, workload, rollout.value));
  return { workload, rollout, pods };
}

/** What `read` returns, or the reason why it failed. */
export async function see<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { kind: 'seen', value: await read() };
  } catch (error) {
    return { kind: 'unseen', why: errorText(error) };
  }
}

function readRollout(cluster: ClusterReader, workload: WorkloadRef): Promise<RolloutWorkload | undefined> {
  switch (workload.kind) {
    case 'StatefulSet':
      return cluster.get('StatefulSet', workload);
    case 'DaemonSet':
      return cluster.get('DaemonSet', workload);
    default:
      return cluster.get('Deployment', workload);
  }
}

/** By owner, not by selector alone: selectors of two workloads may overlap. */
async function podsOf(cluster: ClusterReader, workload: WorkloadRef, object: RolloutWorkload): Promise<readonly Pod[]> {
  const query = { namespace: workload.namespace, labelSelector: selectorText(object.spec.selector) };
  const owners = new Set([object.metadata.uid]);
  if (workload.kind === 'Deployment') {
    const sets = await cluster.list('ReplicaSet', query);
    for (const set of sets) {
      if (isControlledBy(set, owners)) owners.add(set.metadata.uid);
    }
  }
  return (await cluster.list('Pod', query)).filter((pod) => isControlledBy(pod, owners));
}

function isControlledBy(object: KubernetesObject, owners: ReadonlySet<string>): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owners.has(owner.uid));
}

/** The nodes with these names; unseen when one of them cannot be read or is gone. */
export function seeNodes(cluster: ClusterReader, names: readonly string[]): Promise<Seen<readonly Node[]>> {
  return see(() =>
    Promise.all(
      names.map(async (name) => {
        const node = await cluster.get('Node', { name });
        if (node === undefined) throw new Error(`node ${name} is gone`);
        return node;
      }),
    ),
  );
}

/** The autoscaler of a workload, if it has one. */
export function seeAutoscaler(
  cluster: ClusterReader,
  workload: WorkloadRef,
): Promise<Seen<HorizontalPodAutoscaler | undefined>> {
  return see(async () => {
    const all = await cluster.list('HorizontalPodAutoscaler', { namespace: workload.namespace });
    return all.find(
      ({ spec }) => spec.scaleTargetRef.kind === workload.kind && spec.scaleTargetRef.name === workload.name,
    );
  });
}

/** The Job itself, or the newest Job of a CronJob. */
export function seeJob(
  cluster: ClusterReader,
  { workload, uid }: { readonly workload: WorkloadRef; readonly uid?: string },
): Promise<Seen<Job | undefined>> {
  return see(async () => {
    if (workload.kind !== 'CronJob') return cluster.get('Job', workload);
    const owners = new Set(uid === undefined ? [] : [uid]);
    const own = (await cluster.list('Job', { namespace: workload.namespace })).filter((job) =>
      isControlledBy(job, owners),
    );
    return [...own].sort((a, b) => created(b) - created(a))[0];
  });
}

function created(object: KubernetesObject): number {
  const at = Date.parse(object.metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? 0 : at;
}
