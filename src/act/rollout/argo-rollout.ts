import type { KubernetesObject, ReplicaSet } from '../../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type Intent, type PlannedWrite, type Refusal } from '../../domain/remedy.ts';
import { describeWorkload, type WorkloadRef } from '../../domain/workload.ts';
import { errorText } from '../../domain/errors.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { effectOf, readTarget } from '../effect.ts';
import { valueAt } from '../objects.ts';
import { refused, type Effect, type Plan, type PlanDeps, type RemedyContext } from '../remedy.ts';
import { isOwnedBy, ofReplicaSet } from './revisions.ts';
import { blameRefusal, diagnosedRefusal, noRollbackRefusal, provenRefusal } from './rollout-blame.ts';

const API_VERSION = 'argoproj.io/v1alpha1';
const REVISION_ANNOTATION = 'rollout.argoproj.io/revision';
const HASH_LABEL = 'rollouts-pod-template-hash';

/** Whether a workload is a Rollout of Argo Rollouts; nobody else's kind of that name is ever located as a workload. */
export function isArgoRollout({ kind }: Pick<WorkloadRef, 'kind'>): boolean {
  return kind === 'Rollout';
}

/**
 * Plans the abort of a Rollout's update: its controller goes back to the stable revision by itself, step by step as its
 * strategy says. Two writes, because a status takes no annotations: `status.abort`, preconditioned on the very update that was
 * looked at, and then the mark on the object. In this order, so that an abort that is refused is a refusal.
 *
 * Source: `kubectl argo rollouts abort` (a merge patch of the status subresource), and `retry` for the undo.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function planAbort(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const ref = { ...workload, apiVersion: API_VERSION };
  const [rollout, path] = await Promise.all([deps.cluster.getAny(ref), deps.cluster.pathOf(ref)]);
  if (rollout === undefined || path === undefined || rollout.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const sets = (await deps.cluster.list('ReplicaSet', { namespace: workload.namespace })).filter((set) =>
    isOwnedBy(set, rollout.metadata.uid),
  );
  const revisions = sets
    .flatMap((set) => ofReplicaSet(set, REVISION_ANNOTATION))
    .sort((a, b) => b.revision - a.revision);
  const update = updateOf(rollout);
  const refusal =
    stateRefusal(rollout) ??
    noRollbackRefusal(rollout.metadata.annotations) ??
    updateRefusal(update, sets, workload) ??
    blameRefusal(revisions, context) ??
    provenRefusal(revisions, deps.cures) ??
    diagnosedRefusal(context, revisions);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: intentFor(rollout, update, { path, target: workload, deps }) };
}

function stateRefusal(rollout: KubernetesObject): Refusal | undefined {
  const observed = Number(valueAt(rollout, '/status/observedGeneration') ?? 0);
  // Old versions of the controller keep a hash there, which says nothing.
  if (observed < (rollout.metadata.generation ?? 0)) {
    return { code: 'rollout-in-progress', why: 'the controller has not seen the newest spec yet' };
  }
  if (valueAt(rollout, '/spec/paused') === true) {
    return { code: 'paused', why: 'the rollout is paused; somebody holds it back' };
  }
  return undefined;
}

/** Where a Rollout is on its way to, and what it would go back to: hashes of pod templates. */
interface Update {
  readonly to: string;
  readonly stable: string;
  readonly aborted: boolean;
}

function updateOf(rollout: KubernetesObject): Update {
  const text = (pointer: string): string => {
    const value = valueAt(rollout, pointer);
    return typeof value === 'string' ? value : '';
  };
  return {
    to: text('/status/currentPodHash'),
    stable: text('/status/stableRS'),
    aborted: valueAt(rollout, '/status/abort') === true,
  };
}

function updateRefusal(update: Update, sets: readonly ReplicaSet[], { name }: WorkloadRef): Refusal | undefined {
  const { to, stable, aborted } = update;
  if (aborted) return { code: 'no-rollout-in-progress', why: 'its update is aborted already' };
  if (to === '' || stable === '') {
    return { code: 'no-healthy-revision', why: 'its status names no stable revision to go back to' };
  }
  if (to === stable) {
    return {
      code: 'no-rollout-in-progress',
      why: 'its update is complete: the current revision is the stable one, and an abort would do nothing',
      suggest: `put the earlier template back, in Git where it comes from there, or with kubectl argo rollouts undo ${name}`,
    };
  }
  if (sets.some((set) => set.metadata.labels?.[HASH_LABEL] === stable)) return undefined;
  return {
    code: 'no-healthy-revision',
    why: `the ReplicaSet of its stable revision ${stable} does not exist any more`,
  };
}

function intentFor(
  rollout: KubernetesObject,
  { to, stable }: Update,
  { path, target, deps }: { readonly path: string; readonly target: WorkloadRef; readonly deps: PlanDeps },
): Intent {
  const { uid, resourceVersion } = rollout.metadata;
  const status = `${path}/status`;
  const mark: PlannedWrite = {
    target,
    apiVersion: API_VERSION,
    uid,
    // The abort before it moves the version, and so does the controller with every pod. It changes nothing but the mark.
    resourceVersion: '',
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { metadata: { uid, annotations: { [ACTION_ID_ANNOTATION]: deps.actionId } } },
    },
  };
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: 'rollback',
    cures: deps.cures,
    target,
    apiVersion: API_VERSION,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path: status,
      contentType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'test', path: '/status/currentPodHash', value: to },
        { op: 'test', path: '/status/stableRS', value: stable },
        { op: 'add', path: '/status/abort', value: true },
      ],
    },
    also: [mark],
    summary: `abort the update to ${to}: back to the stable revision ${stable}; spec.template still asks for ${to}`,
    diff: '+ status.abort: true',
    undo: {
      target,
      apiVersion: API_VERSION,
      uid,
      path: status,
      expect: { '/status/abort': true, '/status/currentPodHash': to },
      restore: { '/status/abort': valueAt(rollout, '/status/abort') ?? null },
    },
    plannedAt: deps.now,
  };
}

/**
 * Whether one write of a rollback happened: an abort shows in the status that it leaves, every other write in its mark. Never
 * throws.
 */
export async function abortTookEffect(intent: Intent, cluster: ClusterReader): Promise<Effect> {
  if (!intent.write.path.endsWith('/status')) return effectOf(intent, cluster);
  const name = describeWorkload(intent.target);
  try {
    const rollout = await readTarget(cluster, intent);
    if (rollout === undefined) return { kind: 'no', why: `${name} does not exist`, current: undefined };
    const { uid, resourceVersion } = rollout.metadata;
    const current = { uid, resourceVersion };
    if (uid !== intent.uid) return { kind: 'no', why: `${name} is another object by now`, current };
    return updateOf(rollout).aborted
      ? { kind: 'yes', why: `the update of ${name} is aborted` }
      : { kind: 'no', why: `the update of ${name} is not aborted`, current };
  } catch (error) {
    return { kind: 'unknown', why: `${name} could not be read: ${errorText(error)}` };
  }
}
