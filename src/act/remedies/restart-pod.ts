import type { PodEvidence } from '../../domain/diagnosis.ts';
import type { OwnerReference, Pod } from '../../domain/kubernetes.ts';
import type { Located } from '../../domain/location.ts';
import type { Disruption, Intent, Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { costOfReplacing } from '../cost.ts';
import { budgetRefusal, evictedPod } from '../pods/disruption.ts';
import { effectOf } from '../effect.ts';
import { controllerOf, evictionOf, isStatic } from '../pods/evictions.ts';
import { fit } from '../fit.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';

const BASIS = {
  name: 'restart-pod',
  // Under all pods a crash loop is the kubelet's business already: a new pod changes the node, the volumes and little else.
  // Of a leak, one pod helps for as long as it takes the next one to fill up.
  cures: { 'one-bad-pod': 0.95, 'memory-leak': 0.7, 'crash-loop': 0.6, 'never-ready': 0.5 },
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
} as const;

/**
 * Evicts the worst pod of a workload, so that its controller makes a new one, perhaps on another node. Always the Eviction
 * API and never a delete: a disruption budget that says no is an answer, not an obstacle.
 */
export const restartPod: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Evicts the worst pod of the workload, so that its controller makes a new one.',
  kinds: BASIS.kinds,
  needs: ['pods', 'disruption budgets'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'no-disruption-allowed',
    'no-pod-named',
    'changed-since',
  ],
  undoes: 'Cannot be taken back: the new pod is another one.',
  afterwards: 'A restart ends the symptom, not its reason: look for it before it comes back.',
  changes: ['pods'],
  onByDefault: true,
  disruption,
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  if (context.location.notifyOnly === 'static-pod') {
    return refused('bare-pod', 'a static pod belongs to the files of its node');
  }
  const worst = worstPod(context);
  if (worst.kind === 'refused') return worst;
  const { disruptionsAllowed, unreadyMayGo = false } = context.diagnosis.evidence;
  if (disruptionsAllowed === 0 && (worst.pod.ready || !unreadyMayGo)) {
    return refused('no-disruption-allowed', 'the disruption budget allows no disruption now');
  }
  return { kind: 'applies', cures: fitting.cause.name, because: [...fitting.cause.because, worst.why] };
}

function disruption(context: RemedyContext): Disruption {
  const worst = worstPod(context);
  return costOfReplacing(worst.kind === 'chosen' ? [worst.pod] : [], context.diagnosis.evidence);
}

type Choice = { readonly kind: 'chosen'; readonly pod: PodEvidence; readonly why: string } | ReturnType<typeof refused>;

/** The pod to evict: the worst of those that the alerts name, or the worst that is visibly ill. */
function worstPod({ location, diagnosis }: RemedyContext): Choice {
  const living = diagnosis.evidence.pods.filter((pod) => !pod.terminating);
  const named = living.filter((pod) => location.pods.includes(pod.name));
  // An alert may know better than the pod's status (a leak, slow answers); without one a pod must look ill to be taken.
  const choices = named.length > 0 ? named : living.filter((pod) => illness(pod) > 0);
  let worst: PodEvidence | undefined;
  for (const pod of choices) {
    if (worst === undefined || isWorse(pod, worst)) worst = pod;
  }
  if (worst === undefined) {
    const why =
      living.length < diagnosis.evidence.pods.length
        ? 'the ill pods are terminating already'
        : 'no pod is ill by its status';
    return refused('no-pod-named', `no alert names a living pod, and ${why}`);
  }
  const why =
    named.length > 0 ? `the alerts name pod ${worst.name}` : `pod ${worst.name} is the worst of ${living.length}`;
  return { kind: 'chosen', pod: worst, why };
}

function isWorse(pod: PodEvidence, than: PodEvidence): boolean {
  if (illness(pod) !== illness(than)) return illness(pod) > illness(than);
  if (restarts(pod) !== restarts(than)) return restarts(pod) > restarts(than);
  // The oldest has had the most time to go wrong; by name where that is equal, so that the choice is the same every time.
  if (pod.createdAt !== than.createdAt) return pod.createdAt < than.createdAt;
  return pod.name < than.name;
}

function illness(pod: PodEvidence): number {
  if (pod.containers.some((container) => container.stateReason === 'CrashLoopBackOff')) return 3;
  if (pod.containers.some((container) => container.stateReason !== '' && container.stateReason !== 'Completed'))
    return 2;
  return pod.ready ? 0 : 1;
}

function restarts(pod: PodEvidence): number {
  return pod.containers.reduce((sum, container) => sum + container.restarts, 0);
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const choice = worstPod(context);
  if (choice.kind === 'refused') return choice;
  const { location } = context;
  const ref = { namespace: location.workload.namespace, name: choice.pod.name };
  const pod = await deps.cluster.get('Pod', ref);
  const identity = identityRefusal(pod, choice.pod);
  if (identity !== undefined || pod === undefined) return { kind: 'refused', refusal: identity ?? gone(choice.pod) };
  const refusal =
    (await ownerRefusal(pod, location, deps.cluster)) ?? (await budgetRefusal(deps.cluster, evictedPod(pod)));
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: intentOf(pod, choice.why, deps) };
}

function identityRefusal(pod: Pod | undefined, evidence: PodEvidence): Refusal | undefined {
  if (pod === undefined) return gone(evidence);
  if (pod.metadata.uid !== evidence.uid) {
    return { code: 'changed-since', why: `pod ${evidence.name} is another one than the one that was diagnosed` };
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    return { code: 'changed-since', why: `pod ${evidence.name} is terminating already` };
  }
  return undefined;
}

function gone(pod: PodEvidence): Refusal {
  return { code: 'changed-since', why: `pod ${pod.name} is gone` };
}

async function ownerRefusal(pod: Pod, location: Located, cluster: ClusterReader): Promise<Refusal | undefined> {
  const { name, namespace = '' } = pod.metadata;
  const owner = controllerOf(pod);
  if (isStatic(pod)) {
    return { code: 'bare-pod', why: `pod ${name} is static: it belongs to the files of its node` };
  }
  if (owner === undefined) return { code: 'bare-pod', why: `pod ${name} has no controller to bring it back` };
  if (await ownedBy(owner, location, namespace, cluster)) return undefined;
  return { code: 'changed-since', why: `pod ${name} belongs to ${owner.kind} ${owner.name}, not to the workload` };
}

async function ownedBy(
  owner: OwnerReference,
  { uid, workload }: Located,
  namespace: string,
  cluster: ClusterReader,
): Promise<boolean> {
  if (uid === undefined) return false;
  if (owner.uid === uid) return true;
  if (owner.kind !== 'ReplicaSet' || workload.kind !== 'Deployment') return false;
  const set = await cluster.get('ReplicaSet', { namespace, name: owner.name });
  if (set === undefined || set.metadata.uid !== owner.uid) return false;
  return (set.metadata.ownerReferences ?? []).some((each) => each.controller === true && each.uid === uid);
}

function intentOf(pod: Pod, why: string, deps: PlanDeps): Intent {
  const { actionId, rung, cures, now } = deps;
  return {
    actionId,
    rung,
    cures,
    plannedAt: now,
    remedy: BASIS.name,
    ...evictionOf(pod, { actionId, waits: false }),
    summary: `evict pod ${pod.metadata.name} (${why})`,
  };
}
