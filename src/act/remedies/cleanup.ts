import type { PodEvidence } from '../../domain/diagnosis.ts';
import type { Pod } from '../../domain/kubernetes.ts';
import type { Intent, Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { controllerOf, evictionOf, isProtected, isStatic } from '../pods/evictions.ts';
import { fit } from '../fit.ts';
import { lastWords } from '../pods/last-words.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';

const BASIS = {
  name: 'cleanup',
  // What is left of an evicted pod is what the alert counts.
  cures: { 'evicted-pods': 0.9 },
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Namespace'],
} as const;

/** Removes what is left of pods that failed or were evicted, once their last words are kept. Nothing that runs is touched. */
export const cleanup: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Removes what is left of failed and evicted pods after a time, and keeps their last words in the journal.',
  kinds: BASIS.kinds,
  needs: ['pods', 'jobs'],
  refusals: ['bare-pod', 'wrong-kind', 'does-not-cure', 'already-tried', 'protected', 'nothing-to-clean'],
  undoes: 'Cannot be taken back: the pods had ended, and their last words are in the journal.',
  afterwards: 'Find out why the pods failed: requests that are too low are what nodes evict first.',
  changes: [],
  onByDefault: true,
  disruption: () => costsNothing('pods that have failed serve nobody'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'], optional: 'without it their last logs are not kept' },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const place = placeRefusal(context);
  if (place !== undefined) return { kind: 'refused', refusal: place };
  const { pods, at } = context.diagnosis.evidence;
  const { minAgeSeconds } = context.limits.cleanup;
  const failed = pods.filter((pod) => pod.phase === 'Failed' && !pod.terminating);
  if (!failed.some((pod) => at - endedAt(pod) >= minAgeSeconds * 1000)) {
    return refused('nothing-to-clean', `of ${failed.length} failed pods none is older than ${minAgeSeconds} s`);
  }
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

function placeRefusal(context: RemedyContext): Refusal | undefined {
  const namespace = namespaceOf(context);
  if (!isProtected(namespace, context.protectedNamespaces)) return undefined;
  return { code: 'protected', why: `namespace ${namespace} is protected` };
}

function namespaceOf({ location: { workload } }: RemedyContext): string {
  return workload.kind === 'Namespace' ? workload.name : workload.namespace;
}

/** When the pod had its last sign of life, as far as the evidence tells: its creation at least. Epoch milliseconds. */
function endedAt({ createdAt, containers }: PodEvidence): number {
  return Math.max(createdAt, ...containers.map(({ lastTermination }) => lastTermination?.finishedAt ?? 0));
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const place = placeRefusal(context);
  if (place !== undefined) return { kind: 'refused', refusal: place };
  const { limits, location, diagnosis } = context;
  const query = { namespace: namespaceOf(context), fieldSelector: 'status.phase=Failed' };
  const listed = await deps.cluster.list('Pod', query);
  const known = new Set(diagnosis.evidence.pods.map(({ uid }) => uid));
  const failed = listed
    .filter(({ status, metadata }) => status?.phase === 'Failed' && metadata.deletionTimestamp === undefined)
    .filter(({ metadata }) => location.workload.kind === 'Namespace' || known.has(metadata.uid));
  const old = failed.filter((pod) => deps.now - lastSignOf(pod) >= limits.cleanup.minAgeSeconds * 1000);
  const own = old.filter(isSomebodys).sort(oldestFirst);
  const { pods, spared } = await withoutRunningJobs(own, limits.cleanup.maxPods, deps.cluster);
  if (pods.length === 0) {
    const why = [
      `${failed.length} pods have failed`,
      `${failed.length - old.length} of them less than ${limits.cleanup.minAgeSeconds} s ago`,
      `${old.length - own.length} without a controller that AutoHeal knows`,
      `${spared} of Jobs that still run`,
    ].join(', ');
    return refused('nothing-to-clean', why);
  }
  const words = await lastWords(pods, diagnosis.evidence, deps.cluster);
  return { kind: 'planned', intent: intentOf(pods, { words, left: own.length - spared - pods.length }, deps) };
}

/** The newest time that the pod's status bears: a pod that was evicted has no containers to tell when they ended. */
function lastSignOf({ metadata, status = {} }: Pod): number {
  const times = [
    metadata.creationTimestamp,
    status.startTime,
    ...(status.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
    ...(status.containerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt),
  ];
  return Math.max(0, ...times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time)));
}

function oldestFirst(a: Pod, b: Pod): number {
  const order = lastSignOf(a) - lastSignOf(b);
  if (order !== 0) return order;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/**
 * Whether the pod belongs to a controller that has made another one in its place or is done with it. What a pod of a custom
 * controller still means to that one is not known, and a bare pod may be somebody's own.
 */
function isSomebodys(pod: Pod): boolean {
  return !isStatic(pod) && CLEANED_OWNERS.has(controllerOf(pod)?.kind ?? '');
}

const CLEANED_OWNERS: ReadonlySet<string> = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']);

/** The first pods whose Job, where they have one, has ended: one that still runs counts its failed pods. */
async function withoutRunningJobs(
  pods: readonly Pod[],
  count: number,
  cluster: ClusterReader,
): Promise<{ readonly pods: readonly Pod[]; readonly spared: number }> {
  const running = new Map<string, boolean>();
  const chosen: Pod[] = [];
  let spared = 0;
  for (const pod of pods) {
    if (chosen.length >= count) break;
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job') {
      const runs = running.get(owner.uid) ?? (await jobRuns(owner, pod.metadata.namespace ?? '', cluster));
      running.set(owner.uid, runs);
      if (runs) spared += 1;
      if (runs) continue;
    }
    chosen.push(pod);
  }
  return { pods: chosen, spared };
}

async function jobRuns(
  owner: { readonly name: string; readonly uid: string },
  namespace: string,
  cluster: ClusterReader,
): Promise<boolean> {
  const job = await cluster.get('Job', { namespace, name: owner.name });
  if (job === undefined || job.metadata.uid !== owner.uid) return false;
  return !(job.status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

function intentOf(
  pods: readonly Pod[],
  { words, left }: { readonly words: string; readonly left: number },
  deps: PlanDeps,
): Intent {
  const { actionId, rung, cures, now } = deps;
  const [first, ...also] = pods.map((pod) => evictionOf(pod, { actionId, waits: false }));
  if (first === undefined) throw new TypeError('a cleanup removes at least one pod');
  const rest = left > 0 ? `; ${left} more are left for the next time` : '';
  return {
    actionId,
    rung,
    cures,
    plannedAt: now,
    remedy: BASIS.name,
    ...first,
    ...(also.length > 0 && { also }),
    independent: true,
    summary: `remove ${pods.length} failed pods${rest}`,
    ...(words !== '' && { diff: words }),
  };
}
