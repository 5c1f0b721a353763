import type { HorizontalPodAutoscaler } from '../domain/kubernetes.ts';
import { costsNothing } from './cost.ts';
import { effectOf } from './effect.ts';
import { fit } from './fit.ts';
import { readRollout } from './objects.ts';
import { gitOpsRefusal, marksOf } from './ownership.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from './remedy.ts';
import { autoscalerOf, boundIntent, replicasIntent } from './scale.ts';

const BASIS = {
  name: 'scale-up',
  // Helps against too much load alone. With a failing dependency it adds load to it, and with a memory limit that is too low
  // it adds containers that are killed. Throttled by a limit of each, more of them share the load.
  cures: { 'cpu-saturation': 0.9, 'autoscaler-at-maximum': 0.85, 'cpu-throttling': 0.75 },
  kinds: ['Deployment', 'StatefulSet'],
} as const;

/** Without signals, half as many again; with them, enough to bring the CPU to this share of its limit. */
const DEFAULT_STEP = 1.5;
const CPU_GOAL = 0.6;

/**
 * Adds replicas within the policy's bounds. Where an autoscaler decides on the number, its bounds are moved instead: a
 * number written beside it would be taken back at once.
 */
export const scaleUp: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Adds replicas, or raises a bound of the autoscaler that owns them.',
  kinds: BASIS.kinds,
  needs: ['autoscaler', 'signals'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'upstream-cause',
    'autoscaler-owned',
    'gitops-owned',
    'at-upper-bound',
    'at-lower-bound',
    'changed-since',
  ],
  undoes: 'Sets the earlier number again.',
  afterwards: 'Find out where the load comes from.',
  onByDefault: true,
  disruption: () => costsNothing('replicas are added'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get', 'patch'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['get', 'list', 'patch'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const { evidence, causes } = context.diagnosis;
  if (causes[0].name === 'dependency-failure') {
    return refused('upstream-cause', 'a dependency fails: more replicas would only put more load on it');
  }
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const waiting = evidence.pods.find((pod) => pod.unschedulable !== '');
  if (waiting !== undefined) {
    return refused('at-upper-bound', `pod ${waiting.name} finds no node: more pods would wait as well`);
  }
  const current = Math.max(evidence.state?.desired ?? 0, evidence.autoscaler?.current ?? 0);
  if (evidence.state !== undefined) {
    const wanted = wantedReplicas(current, context);
    if (wanted.kind === 'refused') return wanted;
    const gitops = evidence.autoscaler === undefined ? gitOpsRefusal(evidence.state) : undefined;
    if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  }
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

type Wanted = { readonly kind: 'wanted'; readonly replicas: number } | ReturnType<typeof refused>;

/** How many replicas there should be instead of `current`, within the policy's bounds. */
function wantedReplicas(current: number, { diagnosis, scale }: RemedyContext): Wanted {
  if (current === 0) return refused('at-lower-bound', 'it is scaled to zero, which somebody did on purpose');
  const cpu = diagnosis.evidence.signals.cpu_per_limit ?? 0;
  const factor = Math.max(DEFAULT_STEP, cpu / CPU_GOAL);
  // Rounded up, so that one replica can become two under any factor above 1.
  const bound = Math.min(scale.maxReplicas, Math.ceil(current * scale.maxFactor));
  const replicas = Math.min(bound, Math.ceil(current * factor));
  if (replicas <= current) {
    return refused(
      'at-upper-bound',
      `${current} replicas are as many as the policy allows (${scale.maxReplicas} at most)`,
    );
  }
  return { kind: 'wanted', replicas };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  if (rollout.kind === 'DaemonSet') return refused('wrong-kind', 'a DaemonSet has as many pods as nodes');
  const autoscaler = await autoscalerOf(deps.cluster, workload);
  if (autoscaler.kind === 'refused') return autoscaler;
  const replicas = rollout.object.spec.replicas ?? 1;
  if (autoscaler.kind === 'hpa') return planBounds(autoscaler.object, replicas, context, deps);
  const gitops = gitOpsRefusal(marksOf(rollout.object));
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  const wanted = wantedReplicas(replicas, context);
  if (wanted.kind === 'refused') return wanted;
  return { kind: 'planned', intent: replicasIntent(BASIS.name, rollout, wanted.replicas, { target: workload, deps }) };
}

/**
 * At its maximum the autoscaler wants more than it may: the maximum is raised. Below it, it sees no need: the minimum is
 * raised, up to the maximum.
 */
function planBounds(hpa: HorizontalPodAutoscaler, replicas: number, context: RemedyContext, deps: PlanDeps): Plan {
  const current = Math.max(replicas, hpa.status?.currentReplicas ?? 0);
  const wanted = wantedReplicas(current, context);
  if (wanted.kind === 'refused') return wanted;
  const { maxReplicas, minReplicas = 1 } = hpa.spec;
  if (current >= maxReplicas) {
    return wanted.replicas > maxReplicas
      ? { kind: 'planned', intent: boundIntent(hpa, 'maxReplicas', wanted.replicas, deps) }
      : refused('at-upper-bound', `the autoscaler's maximum of ${maxReplicas} is as much as the policy allows`);
  }
  const minimum = Math.min(wanted.replicas, maxReplicas);
  return minimum > minReplicas
    ? { kind: 'planned', intent: boundIntent(hpa, 'minReplicas', minimum, deps) }
    : refused('at-upper-bound', `the autoscaler's minimum is ${minReplicas} already; it is still adding pods`);
}
