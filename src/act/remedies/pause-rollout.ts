import { HELD_BY_ANNOTATION, type Intent, type Refusal } from '../../domain/remedy.ts';
import type { Deployment } from '../../domain/kubernetes.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { countsOf, markedMetadata, objectPath, readRollout, valueAt, type RolloutCounts } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { HELD_BY_POINTER, holdOf, pauseMark } from '../rollout/pause-mark.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { revisionsOf } from '../rollout/revisions.ts';
import { diagnosedRefusal } from '../rollout/rollout-blame.ts';

const BASIS = {
  name: 'pause-rollout',
  // It holds the damage where it is: the old pods that are left keep serving, and the bad new ones stay. That is seldom a
  // recovery, and always less of one than a rollback.
  cures: {
    'errors-after-rollout': 0.35,
    'latency-after-rollout': 0.35,
    'crash-loop-after-rollout': 0.3,
    'image-pull-failure': 0.3,
    'configuration-error': 0.3,
    'never-ready': 0.3,
  },
  kinds: ['Deployment'],
} as const;

/** Stops a bad rollout where it is, while pods of an older revision still serve. */
export const pauseRollout: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Stops a bad rollout of a Deployment where it is, while pods of an older revision still serve.',
  kinds: BASIS.kinds,
  needs: ['rollout', 'revisions'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'paused',
    'no-rollout-in-progress',
    'rollout-in-progress',
    'no-healthy-revision',
    'gitops-owned',
    'operator-owned',
    'changed-since',
  ],
  undoes:
    'Lets the rollout go on; only when a person asks, because it would go on with the bad version. See resume-rollout.',
  afterwards:
    'The rollout is held, not repaired: put the template right, and AutoHeal or a person resumes it with the new one.',
  changes: ['revision'],
  onByDefault: true,
  disruption: () => costsNothing('pausing a rollout takes no pod away'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { state, revisions } = context.diagnosis.evidence;
  if (state === undefined) return refused('no-rollout-in-progress', 'how far the rollout is could not be read');
  const older = revisions.filter(({ current }) => !current).map(({ readyReplicas }) => readyReplicas);
  const refusal = ownRollbackRefusal(context) ?? gitOpsRefusal(state) ?? rolloutRefusal(state) ?? servingRefusal(older);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

/** What is rolled out after a rollback of this incident is the older revision: the last thing to stop. */
function ownRollbackRefusal({ tried }: RemedyContext): Refusal | undefined {
  if (!tried.includes('rollback')) return undefined;
  return {
    code: 'already-tried',
    why: 'the rollout was rolled back on an earlier rung, and what goes on is the rollback',
  };
}

/** Why there is no rollout that could be stopped. */
function rolloutRefusal(counts: RolloutCounts): Refusal | undefined {
  const { paused, desired, updated, total } = counts;
  if (paused) return { code: 'paused', why: 'the rollout is paused already' };
  if ((counts.observedGeneration ?? -1) < (counts.generation ?? 0)) {
    return { code: 'rollout-in-progress', why: 'the controller has not seen the newest spec yet' };
  }
  if (updated < desired || total > updated) return undefined;
  const why = `all ${desired} replicas are updated, and no other pod is left`;
  return { code: 'no-rollout-in-progress', why };
}

/** @param older ready pods of each older revision. */
function servingRefusal(older: readonly number[]): Refusal | undefined {
  if (older.some((ready) => ready > 0)) return undefined;
  return {
    code: 'no-healthy-revision',
    why: 'no pod of an older revision is ready: there is nothing left to hold on to',
  };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  if (rollout.kind !== 'Deployment') return refused('wrong-kind', `a ${rollout.kind} cannot be paused`);
  const revisions = await revisionsOf(deps.cluster, rollout, workload);
  const refusal =
    gitOpsRefusal(marksOf(rollout.object)) ??
    rolloutRefusal(countsOf(rollout)) ??
    heldRefusal(rollout.object) ??
    diagnosedRefusal(context, revisions) ??
    servingRefusal(revisions.slice(1).map(({ readyPods }) => readyPods));
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: intentFor(rollout.object, context, deps) };
}

/** One annotation says who holds the object: writing over another change's would keep that from being put back. */
function heldRefusal({ metadata }: Deployment): Refusal | undefined {
  const held = metadata.annotations?.[HELD_BY_ANNOTATION];
  if (held === undefined || holdOf(held) !== undefined) return undefined;
  return { code: 'changed-since', why: 'another change of AutoHeal is still to be put back on it' };
}

function intentFor(deployment: Deployment, { location }: RemedyContext, deps: PlanDeps): Intent {
  const { uid, resourceVersion } = deployment.metadata;
  const target = location.workload;
  const path = objectPath(target);
  const held = pauseMark(deps.actionId, deployment.spec.template);
  const { annotations, ...marked } = markedMetadata(deployment, deps.actionId);
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: BASIS.name,
    cures: deps.cures,
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { ...marked, annotations: { ...annotations, [HELD_BY_ANNOTATION]: held } },
        spec: { paused: true },
      },
    },
    summary: 'pause the rollout where it is',
    diff: '+ spec.paused: true',
    undo: {
      target,
      uid,
      path,
      expect: { '/spec/paused': true, [HELD_BY_POINTER]: held },
      restore: {
        '/spec/paused': deployment.spec.paused ?? null,
        [HELD_BY_POINTER]: valueAt(deployment, HELD_BY_POINTER) ?? null,
      },
    },
    plannedAt: deps.now,
  };
}
