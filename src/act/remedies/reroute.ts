import type { Disruption } from '../../domain/remedy.ts';
import { costOfReplacing, costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { FALLBACK_ACCESS, fallbackName } from '../traffic/fallback.ts';
import { fit } from '../fit.ts';
import { readRollout, ROLLOUT_KINDS } from '../objects.ts';
import { OWN_PODS_ACCESS } from '../pods/own-pods.ts';
import { OWN_SERVICES_ACCESS } from '../traffic/own-services.ts';
import { planQuarantine, suspectOf } from '../pods/quarantine.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { planShift } from '../traffic/shift-traffic.ts';

const BASIS = {
  name: 'reroute',
  // Traffic that does not meet the ill part any more does not fail by it. A stand-in seldom does everything the other did.
  // Where a dependency is down, whoever annotated a stand-in did so for such a day.
  cures: {
    'one-bad-pod': 0.85,
    'errors-after-rollout': 0.7,
    'latency-after-rollout': 0.65,
    'crash-loop-after-rollout': 0.6,
    'dependency-failure': 0.75,
    'crash-loop': 0.52,
  },
  kinds: ROLLOUT_KINDS,
} as const;

/**
 * Leads the traffic past what is ill: one bad pod is taken out of its Services and kept for a post-mortem, or the traffic of
 * the whole workload goes to its annotated stand-in until it is well again.
 */
export const reroute: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary:
    'Takes one bad pod out of its Services and keeps it for a look, or sends the traffic to the annotated fallback Service.',
  kinds: BASIS.kinds,
  needs: ['pods', 'services', 'annotations', 'HTTPRoutes', 'disruption budgets'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'no-pod-named',
    'last-healthy-pod',
    'no-disruption-allowed',
    'no-service',
    'no-fallback',
    'fallback-not-healthy',
    'gitops-owned',
    'operator-owned',
    'changed-since',
  ],
  undoes:
    'Puts weights or selectors back, by itself once the workload is healthy again; a pod gets its labels back when a person asks, and is evicted when its time is over.',
  afterwards: 'What is ill still is: repair it; the traffic comes back to it, and a pod that was set aside goes away.',
  changes: ['traffic'],
  onByDefault: true,
  disruption,
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get'] },
    ...OWN_PODS_ACCESS,
    ...OWN_SERVICES_ACCESS,
    ...FALLBACK_ACCESS,
    { apiGroups: [''], resources: ['services'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'patch'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['get', 'list', 'patch'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { name, because } = fitting.cause;
  if (name === 'one-bad-pod') {
    const suspect = suspectOf(context);
    if (suspect.kind === 'refused') return suspect;
    if (context.diagnosis.evidence.disruptionsAllowed === 0 && suspect.pod.ready) {
      return refused('no-disruption-allowed', 'the disruption budget allows no disruption now');
    }
    return { kind: 'applies', cures: name, because: [...because, `pod ${suspect.pod.name} is the only bad one`] };
  }
  const { state } = context.diagnosis.evidence;
  const fallback = state === undefined ? undefined : fallbackName(state.annotations);
  if (fallback?.kind === 'refused') return fallback;
  return { kind: 'applies', cures: name, because };
}

function disruption(context: RemedyContext): Disruption {
  const considered = consider(context);
  if (considered.kind === 'applies' && considered.cures === 'one-bad-pod') {
    const suspect = suspectOf(context);
    return costOfReplacing(suspect.kind === 'pod' ? [suspect.pod] : [], context.diagnosis.evidence);
  }
  return costsNothing('no pod is touched: the fallback is ready before it gets the traffic');
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  return deps.cures === 'one-bad-pod' ? planQuarantine(rollout, context, deps) : planShift(rollout, context, deps);
}
