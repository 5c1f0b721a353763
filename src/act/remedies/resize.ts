import type { Cause, CauseName, Evidence } from '../../domain/diagnosis.ts';
import type { Container, Pod } from '../../domain/kubernetes.ts';
import type { Intent, PlannedWrite, Refusal } from '../../domain/remedy.ts';
import { costOfRollingOver } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit, rolloutHindrance } from '../fit.ts';
import { isGuaranteed, limitOf, limitText, newLimit, type Goal } from '../capacity/new-limit.ts';
import { countsOf, readRollout, ROLLOUT_KINDS, type Rollout, type RolloutCounts } from '../objects.ts';
import { OWN_PODS_ACCESS, ownPods } from '../pods/own-pods.ts';
import { gitOpsRefusal, helmNote, marksOf, type OwnershipMarks } from '../ownership.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { containerToResize, killedContainer, resourceOf } from '../capacity/resize-container.ts';
import { lastRaise, withRaise, type Resource } from '../capacity/resize-record.ts';
import { LIMIT_ROOM_ACCESS, roomForLimit } from '../capacity/resize-room.ts';
import { podResize, templateResize, type NewLimit } from '../capacity/resize-writes.ts';
import { VPA_ACCESS, vpaRefusal } from '../capacity/vertical-autoscaler.ts';

const BASIS = {
  name: 'resize',
  // What is killed or throttled at a limit that its ordinary work needs more than stops being so with a higher one. Against
  // more load than usual more replicas are the better answer.
  cures: {
    'memory-limit-too-low': 0.85,
    'cpu-throttling': 0.7,
    'cpu-saturation': 0.6,
    // When not even more replicas may be had.
    'autoscaler-at-maximum': 0.6,
  },
  kinds: ROLLOUT_KINDS,
} as const;

/** More pods than this are not resized one by one: the rollout of the template does it. */
const MAX_PODS = 50;

/**
 * Raises the limit of the container that is held back by it: on the running pods first, without a restart where the cluster
 * can do that, and then in the template.
 */
export const resize: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary:
    'Raises the memory or CPU limit of a container within bounds: of the running pods in place, then of the template.',
  kinds: BASIS.kinds,
  needs: ['pods', 'rollout', 'nodes', 'quotas'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'paused',
    'rollout-in-progress',
    'no-limit-set',
    'at-upper-bound',
    'gitops-owned',
    'operator-owned',
    'autoscaler-owned',
    'no-node-fits',
    'quota-exceeded',
    'infeasible',
    'changed-since',
  ],
  undoes: 'Sets the limits from before again, in the template and on pods that still run; only when a person asks.',
  afterwards:
    'Write the new limit down where the workload is defined, or find out why it needs more than it was given.',
  changes: ['capacity'],
  showsWithinSeconds: 180,
  onByDefault: true,
  disruption: ({ diagnosis }) => costOfRollingOver(diagnosis.evidence),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods/resize'], verbs: ['patch'] },
    ...OWN_PODS_ACCESS,
    ...LIMIT_ROOM_ACCESS,
    ...VPA_ACCESS,
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { evidence } = context.diagnosis;
  const { state } = evidence;
  const hindrance = state === undefined ? undefined : hindranceTo(fitting.cause.name, state);
  if (hindrance !== undefined) return { kind: 'refused', refusal: hindrance };
  const known = knownLimit(evidence, fitting.cause);
  const goal = known === undefined ? undefined : goalOf(known, context, evidence.at);
  if (goal?.kind === 'refused') return goal;
  if (known === undefined && fitting.cause.name === 'memory-limit-too-low' && evidence.pods.length > 0) {
    return noLimit('memory', killedContainer(evidence));
  }
  const owned = state === undefined ? undefined : ownedRefusal(state, goalText(known, goal));
  if (owned !== undefined) return { kind: 'refused', refusal: owned };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

interface Known {
  readonly container: string;
  readonly resource: Resource;
  /** Whole units. */
  readonly limit: number;
}

/** The limit that is to be raised, as far as evidence shows it: of CPU it shows none. */
function knownLimit(evidence: Evidence, { name }: Cause): Known | undefined {
  if (resourceOf(name) === 'cpu') return undefined;
  const killed = killedContainer(evidence);
  const limited = evidence.pods
    .flatMap(({ containers }) => containers)
    .filter((container) => killed === undefined || container.name === killed)
    .flatMap(({ name: container, memoryLimitBytes: limit }) => (limit === undefined ? [] : [{ container, limit }]));
  const [largest] = limited.sort((a, b) => b.limit - a.limit);
  return largest === undefined ? undefined : { ...largest, resource: 'memory' };
}

function goalOf({ container, resource, limit }: Known, context: RemedyContext, at: number): Goal {
  const annotations = context.diagnosis.evidence.state?.annotations ?? {};
  return newLimit({ resource, limit, at }, lastRaise(annotations, container, resource), context.limits.resize);
}

function goalText(known: Known | undefined, goal: Goal | undefined): string {
  if (known === undefined || goal?.kind !== 'goal') return 'a higher limit';
  return `the ${known.resource} limit ${limitText(known.resource, goal.amount)} for container ${known.container}`;
}

function ownedRefusal(marks: OwnershipMarks, what: string): Refusal | undefined {
  const owned = gitOpsRefusal(marks);
  if (owned === undefined) return undefined;
  const where = owned.suggest === undefined ? 'set it where the workload is defined' : owned.suggest;
  return { ...owned, suggest: `it needs ${what}: ${where}` };
}

/** Pods that are killed for want of memory keep their rollout from ever ending: waiting for its end would be in vain. */
function hindranceTo(cures: CauseName, counts: RolloutCounts): Refusal | undefined {
  const hindrance = rolloutHindrance(counts);
  const isStuckByIt = cures === 'memory-limit-too-low' && hindrance?.code === 'rollout-in-progress';
  return isStuckByIt ? undefined : hindrance;
}

function noLimit(resource: Resource, container: string | undefined): ReturnType<typeof refused> {
  const whose = container === undefined ? 'no container of the workload' : `container ${container}`;
  const not = container === undefined ? 'has' : 'has no';
  return refused('no-limit-set', `${whose} ${not} ${resource} limit: there is nothing to raise`);
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const resource = resourceOf(deps.cures);
  const killed = killedContainer(context.diagnosis.evidence);
  const container = containerToResize(rollout.object.spec.template, resource, killed);
  const limit = container === undefined ? undefined : limitOf(container, resource);
  if (container === undefined || limit === undefined) return noLimit(resource, killed);
  const { annotations = {} } = rollout.object.metadata;
  const last = lastRaise(annotations, container.name, resource);
  const goal = newLimit({ resource, limit, at: deps.now }, last, context.limits.resize);
  if (goal.kind === 'refused') return goal;
  const known = { container: container.name, resource, limit };
  const refusal =
    ownedRefusal(marksOf(rollout.object), goalText(known, goal)) ??
    hindranceTo(deps.cures, countsOf(rollout)) ??
    (await vpaRefusal(deps.cluster, workload));
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return withinRoom({ rollout, container, limit }, goal, context, deps);
}

interface Found {
  readonly rollout: Rollout;
  readonly container: Container;
  /** Whole units. */
  readonly limit: number;
}

async function withinRoom(
  { rollout, container, limit }: Found,
  goal: Extract<Goal, { kind: 'goal' }>,
  { location }: RemedyContext,
  deps: PlanDeps,
): Promise<Plan> {
  const { workload } = location;
  const { object } = rollout;
  const resource = resourceOf(deps.cures);
  const pods = await ownPods(deps.cluster, rollout, workload.namespace);
  const requestToo = isGuaranteed(object.spec.template.spec) || container.resources?.requests?.[resource] === undefined;
  const wanted = { namespace: workload.namespace, resource, from: limit, to: goal.amount, requestToo };
  const room = await roomForLimit(wanted, pods, deps.cluster);
  if (room.kind === 'refused') return room;
  const { amount } = room;
  const raised: NewLimit = { container: container.name, resource, amount, quantity: limitText(resource, amount) };
  const raise = { original: goal.original, left: raised.quantity, at: deps.now };
  const record = withRaise(object, raised, raise);
  const template = templateResize(workload, rollout, raised, { actionId: deps.actionId, record });
  if (template === undefined) return noLimit(resource, container.name);
  const before = container.resources?.limits?.[resource] ?? '';
  const helm = helmNote(marksOf(object));
  const notes = [
    ...(room.bound === '' ? [] : [`not ${limitText(resource, goal.amount)}: ${room.bound}`]),
    ...(helm === undefined ? [] : [helm]),
  ];
  return { kind: 'planned', intent: intentOf({ pods, raised, template, before, notes }, deps) };
}

/** The pods first: with the template their controller begins to replace them. No write depends on another. */
function intentOf(
  change: {
    readonly pods: readonly Pod[];
    readonly raised: NewLimit;
    readonly template: PlannedWrite;
    /** A quantity. */
    readonly before: string;
    readonly notes: readonly string[];
  },
  { actionId, rung, cures, now }: PlanDeps,
): Intent {
  const { pods, raised, template, before, notes } = change;
  const inPlace = pods.length > MAX_PODS ? [] : pods.flatMap((pod) => podResize(pod, raised, actionId) ?? []);
  const { container, resource, quantity } = raised;
  const [first, ...rest] = inPlace;
  const how = first === undefined ? 'by a rollout' : `${inPlace.length} pods in place, then the template`;
  const field = `spec.containers[${container}].resources.limits.${resource}`;
  return {
    ...(first ?? template),
    actionId,
    rung,
    remedy: BASIS.name,
    cures,
    ...(first === undefined ? {} : { also: [...rest, template], independent: true }),
    summary: `${resource} limit of container ${container} ${[`${before} -> ${quantity}`, how, ...notes].join('; ')}`,
    diff: `- ${field}: ${before}\n+ ${field}: ${quantity}`,
    plannedAt: now,
  };
}
