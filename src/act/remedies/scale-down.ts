import { DECIDER_ACCESS, deciderOf } from '../capacity/autoscaler.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { readRollout } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { replicasIntent } from '../capacity/scale.ts';

/**
 * Takes replicas away, never below the policy's minimum. It cures no illness, and load that looks low in an incident is
 * often load that cannot get through, so `consider` refuses it whenever there is an incident to hold it against.
 */
export const scaleDown: Remedy = {
  name: 'scale-down',
  cures: {},
  summary: 'Takes replicas away; never during an incident.',
  kinds: ['Deployment', 'StatefulSet'],
  needs: ['autoscaler'],
  refusals: [
    'incident-in-namespace',
    'wrong-kind',
    'autoscaler-owned',
    'paused',
    'gitops-owned',
    'operator-owned',
    'at-lower-bound',
    'changed-since',
  ],
  undoes: 'Sets the earlier number again, when a person asks.',
  afterwards: 'Check that what is left can carry the load of the day.',
  changes: ['capacity'],
  onByDefault: true,
  disruption: () => costsNothing('it is never done while something is ill'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get', 'patch'] },
    ...DECIDER_ACCESS,
  ],
};

function consider(context: RemedyContext): Consideration {
  const { namespace } = context.location.workload;
  return refused('incident-in-namespace', `an incident is open in ${namespace}: load may be low because requests fail`);
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  if (rollout.kind === 'DaemonSet') return refused('wrong-kind', 'a DaemonSet has as many pods as nodes');
  const decider = await deciderOf(deps.cluster, workload);
  if (decider.kind === 'refused') return decider;
  if (decider.kind === 'autoscaler') {
    return refused('autoscaler-owned', `autoscaler ${decider.bounds.target.name} takes replicas away by itself`);
  }
  const gitops = gitOpsRefusal(marksOf(rollout.object));
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  const current = rollout.object.spec.replicas ?? 1;
  const { minReplicas, maxFactor } = context.scale;
  // Never to zero: that would switch the workload off.
  const replicas = Math.max(1, minReplicas, Math.ceil(current / maxFactor));
  if (replicas >= current) return refused('at-lower-bound', `${current} replicas are as few as the policy allows`);
  return { kind: 'planned', intent: replicasIntent('scale-down', rollout, replicas, { target: workload, deps }) };
}
