import type { GiveBack, Refusal } from '../../domain/remedy.ts';
import { DECIDER_ACCESS, deciderOf, KEDA, type Bounds } from '../capacity/autoscaler.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { objectPath, readRollout } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { ROOM_ACCESS, roomFor } from '../capacity/room.ts';
import { boundIntent, replicasIntent, type ScalableRollout } from '../capacity/scale.ts';

const BASIS = {
  name: 'scale-up',
  // Helps against too much load alone. With a failing dependency it adds load to it, and with a memory limit that is too low
  // it adds containers that are killed. Throttled by a limit of each, more of them share the load.
  cures: { 'cpu-saturation': 0.9, 'autoscaler-at-maximum': 0.85, 'cpu-throttling': 0.75 },
  kinds: ['Deployment', 'StatefulSet'],
  // Each go is bounded by a factor.
  repeatable: true,
} as const;

/** Without signals, half as many again; with them, enough to bring the CPU to this share of its limit. */
const DEFAULT_STEP = 1.5;
const CPU_GOAL = 0.6;
/** From these on as many replicas are added as the policy allows at once. */
const DROWNING_ERRORS = 0.1;
const DROWNING_THROTTLED = 0.5;

/**
 * Adds replicas within the policy's bounds, as many as the namespace's quotas and the nodes have room for. Where an autoscaler
 * decides on the number, its bounds are moved instead: a number written beside it would be taken back at once.
 */
export const scaleUp: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Adds replicas, or raises a bound of the autoscaler that owns them; never more than the nodes can take.',
  kinds: BASIS.kinds,
  needs: ['autoscaler', 'signals', 'nodes', 'quotas'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'upstream-cause',
    'autoscaler-owned',
    'paused',
    'gitops-owned',
    'operator-owned',
    'at-upper-bound',
    'at-lower-bound',
    'quota-exceeded',
    'no-node-fits',
    'changed-since',
  ],
  undoes:
    'Sets the number or bound from before again; AutoHeal does so by itself some time after the incident is over, a number of replicas only while the workload is healthy.',
  afterwards: 'Find out where the load comes from; what was added is taken away again some time after this.',
  changes: ['capacity'],
  showsWithinSeconds: 180,
  repeatable: BASIS.repeatable,
  onByDefault: true,
  disruption: () => costsNothing('replicas are added, none is replaced'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get', 'patch'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['get', 'patch'] },
    { apiGroups: ['keda.sh'], resources: ['scaledobjects'], verbs: ['get', 'patch'] },
    ...DECIDER_ACCESS,
    ...ROOM_ACCESS,
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
  const {
    cpu_per_limit: cpu = 0,
    error_ratio: errors = 0,
    throttled_ratio: throttled = 0,
  } = diagnosis.evidence.signals;
  // A mean over minutes lags behind a load that has just come: what fails or is throttled already tells more.
  const isDrowning = errors >= DROWNING_ERRORS || throttled >= DROWNING_THROTTLED;
  const factor = Math.max(DEFAULT_STEP, cpu / CPU_GOAL, isDrowning ? scale.maxFactor : 0);
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
  const decider = await deciderOf(deps.cluster, workload);
  switch (decider.kind) {
    case 'refused':
      return decider;
    case 'autoscaler':
      return planBounds(decider.bounds, rollout, context, deps);
    case 'workload':
      return planReplicas(rollout, context, deps);
  }
}

async function planReplicas(rollout: ScalableRollout, context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const gitops = gitOpsRefusal(marksOf(rollout.object));
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  const current = rollout.object.spec.replicas ?? 1;
  const wanted = wantedReplicas(current, context);
  if (wanted.kind === 'refused') return wanted;
  const possible = await withinRoom({ current, wanted: wanted.replicas }, rollout, context, deps);
  if (possible.kind === 'refused') return possible;
  const target = context.location.workload;
  // Replicas that nobody decides on are taken away by AutoHeal alone: not while the workload is ill.
  const giveBack: GiveBack = { afterMs: context.limits.giveBackAfterSeconds * 1000, when: 'load-allows' };
  const intent = replicasIntent(BASIS.name, rollout, possible.replicas, { target, deps, giveBack });
  return { kind: 'planned', intent: { ...intent, summary: `${intent.summary}${possible.note}` } };
}

async function planBounds(
  bounds: Bounds,
  rollout: ScalableRollout,
  context: RemedyContext,
  deps: PlanDeps,
): Promise<Plan> {
  const current = Math.max(rollout.object.spec.replicas ?? 1, bounds.current);
  const wanted = wantedReplicas(current, context);
  if (wanted.kind === 'refused') return wanted;
  const move = moveOf(bounds, current, wanted.replicas);
  if (move.kind === 'refused') return move;
  const possible = await withinRoom({ current, wanted: move.replicas }, rollout, context, deps);
  if (possible.kind === 'refused') return possible;
  const { replicas } = possible;
  // Where it is still adding pods up to its minimum, and there is room for a part of those only.
  if (replicas <= bounds[move.bound]) return refused('at-upper-bound', still(bounds));
  const path = await pathOfBounds(bounds, deps);
  if (path === undefined) return refused('changed-since', `${KEDA.kind} is not served any more`);
  // With the minimum as before the autoscaler takes away what is not needed, as carefully as it always does; a lower maximum
  // it obeys at once, whatever the load.
  const when = move.bound === 'min' ? 'always' : 'load-allows';
  const giveBack: GiveBack = { afterMs: context.limits.giveBackAfterSeconds * 1000, when };
  const intent = boundIntent(BASIS.name, { bounds, path }, { bound: move.bound, replicas }, { deps, giveBack });
  return { kind: 'planned', intent: { ...intent, summary: `${intent.summary}${possible.note}` } };
}

type Move =
  { readonly kind: 'move'; readonly bound: 'min' | 'max'; readonly replicas: number } | ReturnType<typeof refused>;

/**
 * At its maximum the autoscaler wants more than it may: the maximum is raised. Below it, it sees no need: the minimum is
 * raised, up to the maximum.
 */
function moveOf(bounds: Bounds, current: number, wanted: number): Move {
  const { min, max } = bounds;
  if (current >= max) {
    return wanted > max
      ? { kind: 'move', bound: 'max', replicas: wanted }
      : refused('at-upper-bound', `the autoscaler's maximum of ${max} is as much as the policy allows`);
  }
  const minimum = Math.min(wanted, max);
  return minimum > min ? { kind: 'move', bound: 'min', replicas: minimum } : refused('at-upper-bound', still(bounds));
}

function still({ min }: Bounds): string {
  return `the autoscaler's minimum is ${min} already; it is still adding pods`;
}

async function pathOfBounds({ target, apiVersion }: Bounds, { cluster }: PlanDeps): Promise<string | undefined> {
  return apiVersion === undefined ? objectPath(target) : cluster.pathOf({ ...target, apiVersion });
}

type Possible =
  | { readonly kind: 'possible'; readonly replicas: number; readonly note: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** As many of the wanted replicas as there is room for, at least one more than there are. */
async function withinRoom(
  { current, wanted }: { readonly current: number; readonly wanted: number },
  { object }: ScalableRollout,
  { location }: RemedyContext,
  { cluster }: PlanDeps,
): Promise<Possible> {
  const place = { namespace: location.workload.namespace, template: object.spec.template };
  const room = await roomFor(place, wanted - current, cluster);
  if (room.kind === 'refused') return room;
  const replicas = current + room.fits;
  const note = replicas < wanted ? ` (not ${wanted}: ${room.why})` : '';
  return { kind: 'possible', replicas, note };
}
