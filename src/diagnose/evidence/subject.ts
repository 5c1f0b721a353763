import type { Evidence, PodEvidence, RevisionEvidence, WorkloadEvidence } from '../../domain/diagnosis.ts';
import type {
  DaemonSet,
  Job,
  KubernetesObject,
  LabelSelector,
  ObjectsByKind,
  Pod,
  StatefulSet,
} from '../../domain/kubernetes.ts';
import type { Located } from '../../domain/location.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { ARGO_ROLLOUT, argoRevisions, argoRolloutEvidence, argoSelector } from './argo-rollout.ts';
import type { Reads } from './reads.ts';
import { daemonSetRevisions, deploymentRevisions, statefulSetRevisions } from './revision-evidence.ts';
import { selectorText } from '../../domain/label-selector.ts';
import { fieldValue } from './field-value.ts';
import { daemonSetEvidence, deploymentEvidence, replicaSetEvidence, statefulSetEvidence } from './workload-evidence.ts';
import { epochOf } from './time.ts';

/** What was read of the workload itself: its state, and the pods that it really owns. */
export interface Subject {
  readonly state?: WorkloadEvidence;
  readonly job?: NonNullable<Evidence['job']>;
  readonly pods: readonly Pod[];
  /** The labels that new pods get. */
  readonly templateLabels?: Readonly<Record<string, string>>;
  /** The revisions, newest first; told by the evidence of the pods. */
  readonly revisions: (pods: readonly PodEvidence[]) => readonly RevisionEvidence[];
}

interface SubjectDeps {
  readonly cluster: ClusterReader;
  readonly reads: Reads;
  readonly located: Located;
}

/** Pods of other kinds are read one by one, by the names in the alerts; more than so many are left out. */
const MAX_NAMED_PODS = 10;

/** A subject of which nothing could be read. */
export const NOTHING: Subject = { pods: [], revisions: () => [] };

/**
 * Reads the workload and its pods. What cannot be read is left out and noted by `reads`.
 *
 * @throws TypeError for a workload of a shape that nobody expects.
 */
export async function readSubject(deps: SubjectDeps): Promise<Subject> {
  switch (deps.located.workload.kind) {
    case 'Deployment':
      return readDeployment(deps);
    case 'StatefulSet':
      return readStatefulSet(deps);
    case 'DaemonSet':
      return readDaemonSet(deps);
    case 'ReplicaSet':
      return readReplicaSet(deps);
    case 'Rollout':
      return readArgoRollout(deps);
    case 'Job':
      return readJob(deps);
    case 'CronJob':
      return readCronJob(deps);
    case 'Pod':
      return readBarePod(deps);
    case 'Node':
      return readPodsOfNode(deps);
    case 'Namespace':
      return readFailedPods(deps);
    default:
      return readNamedPods(deps);
  }
}

async function readDeployment(deps: SubjectDeps): Promise<Subject> {
  const deployment = await readOwner(deps, 'Deployment');
  if (deployment === undefined) return NOTHING;
  const { selector, template } = deployment.spec;
  const namespace = deps.located.workload.namespace;
  const [replicaSets, pods] = await Promise.all([
    deps.reads.read('revisions', async () => {
      const all = await deps.cluster.list('ReplicaSet', { namespace, labelSelector: selectorText(selector) });
      return all.filter((replicaSet) => isOwnedBy(replicaSet, deployment));
    }),
    readPods(deps, selector),
  ]);
  if (replicaSets === undefined) deps.reads.note('pods', 'cannot tell which belong to the Deployment');
  // A pod belongs to the Deployment through one of its ReplicaSets; labels alone prove nothing.
  const owners = new Set((replicaSets ?? []).map(({ metadata }) => metadata.uid));
  return {
    state: deploymentEvidence(deployment),
    pods: pods.filter((pod) => owners.has(controllerUid(pod) ?? '')),
    templateLabels: template.metadata?.labels ?? {},
    revisions: () => deploymentRevisions(deployment, replicaSets ?? []),
  };
}

async function readStatefulSet(deps: SubjectDeps): Promise<Subject> {
  const set = await readOwner(deps, 'StatefulSet');
  if (set === undefined) return NOTHING;
  const [owned, pods] = await Promise.all([readControllerRevisions(deps, set), readPods(deps, set.spec.selector)]);
  return {
    state: statefulSetEvidence(set),
    pods: pods.filter((pod) => isOwnedBy(pod, set)),
    templateLabels: set.spec.template.metadata?.labels ?? {},
    revisions: (podEvidence) => statefulSetRevisions(set, owned, podEvidence),
  };
}

async function readDaemonSet(deps: SubjectDeps): Promise<Subject> {
  const set = await readOwner(deps, 'DaemonSet');
  if (set === undefined) return NOTHING;
  const [owned, pods] = await Promise.all([readControllerRevisions(deps, set), readPods(deps, set.spec.selector)]);
  return {
    state: daemonSetEvidence(set),
    pods: pods.filter((pod) => isOwnedBy(pod, set)),
    templateLabels: set.spec.template.metadata?.labels ?? {},
    revisions: (podEvidence) => daemonSetRevisions(set, owned, podEvidence),
  };
}

async function readReplicaSet(deps: SubjectDeps): Promise<Subject> {
  const replicaSet = await readOwner(deps, 'ReplicaSet');
  if (replicaSet === undefined) return NOTHING;
  const pods = await readPods(deps, replicaSet.spec.selector);
  return {
    state: replicaSetEvidence(replicaSet),
    pods: pods.filter((pod) => isOwnedBy(pod, replicaSet)),
    templateLabels: replicaSet.spec.template.metadata?.labels ?? {},
    revisions: () => [],
  };
}

async function readArgoRollout(deps: SubjectDeps): Promise<Subject> {
  const { cluster, reads, located } = deps;
  const { namespace, name } = located.workload;
  // Somebody else's kind of this name is only reported on.
  if (located.notifyOnly !== undefined) return readNamedPods(deps);
  const rollout = await reads.read('workload', () => cluster.getAny({ ...ARGO_ROLLOUT, namespace, name }));
  if (rollout === undefined || rollout.metadata.uid !== located.uid) {
    reads.note('workload', `Rollout ${name} not found, or another object has taken its name`);
    return readNamedPods(deps);
  }
  const selector = argoSelector(rollout);
  const [replicaSets, pods] = await Promise.all([
    reads.read('revisions', async () => {
      const all = await cluster.list('ReplicaSet', { namespace, labelSelector: selectorText(selector) });
      return all.filter((replicaSet) => isOwnedBy(replicaSet, rollout));
    }),
    readPods(deps, selector),
  ]);
  if (replicaSets === undefined) reads.note('pods', 'cannot tell which belong to the Rollout');
  const owners = new Set((replicaSets ?? []).map(({ metadata }) => metadata.uid));
  return {
    state: argoRolloutEvidence(rollout),
    pods: pods.filter((pod) => owners.has(controllerUid(pod) ?? '')),
    revisions: () => argoRevisions(rollout, replicaSets ?? []),
  };
}

async function readJob(deps: SubjectDeps): Promise<Subject> {
  const job = await readOwner(deps, 'Job');
  return job === undefined ? NOTHING : ofJob(deps, job);
}

/** A CronJob shows itself in its newest failed Job, or in its newest one where none failed. */
async function readCronJob(deps: SubjectDeps): Promise<Subject> {
  const cronJob = await readOwner(deps, 'CronJob');
  if (cronJob === undefined) return NOTHING;
  const jobs = await deps.reads.read('workload', () =>
    deps.cluster.list('Job', { namespace: deps.located.workload.namespace }),
  );
  const own = (jobs ?? [])
    .filter((job) => isOwnedBy(job, cronJob))
    .sort((a, b) => (epochOf(b.metadata.creationTimestamp) ?? 0) - (epochOf(a.metadata.creationTimestamp) ?? 0));
  const shown = own.find((job) => (job.status?.failed ?? 0) > 0) ?? own[0];
  return shown === undefined ? NOTHING : ofJob(deps, shown);
}

async function ofJob(deps: SubjectDeps, job: Job): Promise<Subject> {
  const pods = job.spec.selector === undefined ? [] : await readPods(deps, job.spec.selector);
  return {
    job: {
      failed: job.status?.failed ?? 0,
      succeeded: job.status?.succeeded ?? 0,
      conditions: job.status?.conditions ?? [],
    },
    pods: pods.filter((pod) => isOwnedBy(pod, job)),
    revisions: () => [],
  };
}

async function readBarePod(deps: SubjectDeps): Promise<Subject> {
  const pod = await readOwner(deps, 'Pod');
  return pod === undefined ? NOTHING : { pods: [pod], revisions: () => [] };
}

async function readPodsOfNode({ cluster, reads, located }: SubjectDeps): Promise<Subject> {
  const { name } = located.workload;
  const pods = await reads.read('pods', () =>
    cluster.list('Pod', { fieldSelector: `spec.nodeName=${fieldValue(name)}` }),
  );
  return { pods: (pods ?? []).filter((pod) => pod.spec.nodeName === name), revisions: () => [] };
}

/** What is left over in a namespace; its living pods are the business of their own workloads. */
async function readFailedPods({ cluster, reads, located }: SubjectDeps): Promise<Subject> {
  const query = { namespace: located.workload.name, fieldSelector: 'status.phase=Failed' };
  const pods = await reads.read('pods', () => cluster.list('Pod', query));
  return { pods: (pods ?? []).filter(({ status }) => status?.phase === 'Failed'), revisions: () => [] };
}

async function readNamedPods({ cluster, reads, located }: SubjectDeps): Promise<Subject> {
  const { namespace } = located.workload;
  if (namespace === '') return NOTHING;
  const pods = await Promise.all(
    located.pods
      .slice(0, MAX_NAMED_PODS)
      .map((name) => reads.read('pods', () => cluster.get('Pod', { namespace, name }))),
  );
  return { pods: pods.filter((pod) => pod !== undefined), revisions: () => [] };
}

type OwnerKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet' | 'Job' | 'CronJob' | 'Pod';

/** The object that was located; missing when it is gone, or when another one has taken its name since. */
async function readOwner<K extends OwnerKind>(
  { cluster, reads, located }: SubjectDeps,
  kind: K,
): Promise<ObjectsByKind[K] | undefined> {
  const { namespace, name } = located.workload;
  return reads.read('workload', async () => {
    const object = await cluster.get(kind, { namespace, name });
    if (object === undefined) throw new Error('not found');
    if (located.uid !== undefined && object.metadata.uid !== located.uid) {
      throw new Error('another object has taken its name');
    }
    return object;
  });
}

async function readPods({ cluster, reads, located }: SubjectDeps, selector: LabelSelector): Promise<readonly Pod[]> {
  const { namespace } = located.workload;
  const pods = await reads.read('pods', async () =>
    cluster.list('Pod', { namespace, labelSelector: selectorText(selector) }),
  );
  return pods ?? [];
}

async function readControllerRevisions(
  { cluster, reads, located }: SubjectDeps,
  owner: StatefulSet | DaemonSet,
): Promise<readonly ObjectsByKind['ControllerRevision'][]> {
  const { namespace } = located.workload;
  const revisions = await reads.read('revisions', async () => {
    // The controllers copy the template's labels onto the revisions, which therefore match the selector.
    const labelSelector = selectorText(owner.spec.selector);
    const all = await cluster.list('ControllerRevision', { namespace, labelSelector });
    return all.filter((revision) => isOwnedBy(revision, owner));
  });
  return revisions ?? [];
}

function controllerUid(object: KubernetesObject): string | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

function isOwnedBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return controllerUid(object) === owner.metadata.uid;
}
