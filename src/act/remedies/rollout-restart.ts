import type { Refusal } from '../../domain/remedy.ts';
import { budgetRefusal } from '../pods/disruption.ts';
import { costOfRollingOver } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit, rolloutHindrance } from '../fit.ts';
import { countsOf, markedMetadata, objectPath, readRollout, ROLLOUT_KINDS, type Rollout } from '../objects.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';

const BASIS = {
  name: 'rollout-restart',
  // All pods are as old as a leak. A crash loop is restarted by the kubelet already.
  cures: { 'memory-leak': 0.9, 'one-bad-pod': 0.65, 'crash-loop': 0.5, 'never-ready': 0.45 },
  kinds: ROLLOUT_KINDS,
} as const;

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** Replaces all pods of a workload one after the other, as `kubectl rollout restart` does. Cannot be undone. */
export const rolloutRestart: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Replaces all pods one after the other, as `kubectl rollout restart` does.',
  kinds: BASIS.kinds,
  needs: ['rollout', 'disruption budgets'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'paused',
    'rollout-in-progress',
    'no-disruption-allowed',
    'changed-since',
  ],
  undoes: 'Cannot be taken back: the new pods are others.',
  afterwards: 'A restart ends the symptom, not its reason: look for it before it comes back.',
  changes: ['pods'],
  onByDefault: true,
  disruption: ({ diagnosis }) => costOfRollingOver(diagnosis.evidence),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'patch'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { state, disruptionsAllowed } = context.diagnosis.evidence;
  const hindrance = state === undefined ? undefined : rolloutHindrance(state);
  if (hindrance !== undefined) return { kind: 'refused', refusal: hindrance };
  if (disruptionsAllowed === 0) {
    return refused('no-disruption-allowed', 'the disruption budget allows no disruption now');
  }
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const { object } = rollout;
  const labels = object.spec.template.metadata?.labels ?? {};
  const refusal =
    strategyRefusal(rollout) ??
    rolloutHindrance(countsOf(rollout)) ??
    // A rolling update does not ask the budgets. Somebody who allows no disruption now means restarts as well.
    (await budgetRefusal(deps.cluster, { namespace: workload.namespace, labels }));
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const restartedAt = new Date(deps.now).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return {
    kind: 'planned',
    intent: {
      actionId: deps.actionId,
      rung: deps.rung,
      remedy: BASIS.name,
      cures: deps.cures,
      target: workload,
      uid,
      resourceVersion: object.metadata.resourceVersion,
      write: {
        method: 'PATCH',
        path: objectPath(workload),
        contentType: 'application/strategic-merge-patch+json',
        body: {
          metadata: markedMetadata(object, deps.actionId),
          spec: { template: { metadata: { annotations: { [RESTARTED_AT]: restartedAt } } } },
        },
      },
      summary: `restart all ${countsOf(rollout).desired} pods, one after the other`,
      plannedAt: deps.now,
    },
  };
}

function strategyRefusal(rollout: Rollout): Refusal | undefined {
  if (rollout.kind === 'Deployment') return undefined;
  if (rollout.object.spec.updateStrategy?.type !== 'OnDelete') return undefined;
  return { code: 'wrong-kind', why: `the ${rollout.kind} updates OnDelete: a restart of the rollout would do nothing` };
}
