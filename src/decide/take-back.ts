import { errorText } from '../domain/errors.ts';
import type { Closed, Restore } from '../domain/incident.ts';
import type { Node, RolloutWorkload } from '../domain/kubernetes.ts';
import type { Refusal, Undo } from '../domain/remedy.ts';
import { rolloutStatus } from '../domain/rollout-status.ts';
import { describeWorkload, type WorkloadRef } from '../domain/workload.ts';
import { showsInNodeCpu } from '../domain/nodes.ts';
import { percent } from '../domain/percent.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import type { MetricSource } from '../ports/metrics.ts';
import { annotatedMode } from './mode.ts';

export interface TakeBackDeps {
  readonly cluster: ClusterReader;
  readonly metrics: MetricSource;
  readonly clock: Pick<Clock, 'now'>;
}

/** A node that has just become ready may flap: nothing is placed on it again before this. */
const NODE_STEADY_MS = 5 * 60 * 1000;

/**
 * Why a temporary change has to stay for now; undefined when it may be taken back. What a person asked for is not held up.
 * Never throws: what cannot be found out keeps the change where it is.
 */
export function makeMayTakeBack(
  deps: TakeBackDeps,
): (incident: Closed, restore: Restore) => Promise<Refusal | undefined> {
  return async (incident, restore) => {
    const { location } = incident;
    if (restore.by !== 'autoheal') return undefined;
    if (location?.kind !== 'located') return undefined;
    try {
      const { caution, from } = await annotatedMode(deps.cluster, location.workload);
      if (caution === 'off') return { code: 'opted-out', why: from };
      const located = { workload: location.workload, diagnosis: incident.diagnosis };
      return (await notHealthyYet(restore, located, deps)) ?? (await busyRefusal(incident, restore, deps));
    } catch (error) {
      return { code: 'guard-failed', why: `whether it may be taken back is not known: ${errorText(error)}` };
    }
  };
}

/** What the change was made for. */
interface Healed {
  readonly workload: WorkloadRef;
  readonly diagnosis: Closed['diagnosis'];
}

async function notHealthyYet(
  { when, undo }: Pick<Restore, 'when' | 'undo'>,
  incident: Healed,
  deps: TakeBackDeps,
): Promise<Refusal | undefined> {
  const { workload } = incident;
  switch (when) {
    case 'always':
      return undefined;
    case 'workload-healthy':
      return workloadRefusal(workload, await rolloutOf(workload, deps.cluster));
    case 'load-allows': {
      const rollout = await rolloutOf(workload, deps.cluster);
      return workloadRefusal(workload, rollout) ?? loadRefusal(undo, { ...incident, rollout }, deps);
    }
    case 'node-healthy':
      return nodeRefusal(
        await deps.cluster.get('Node', { name: undo.target.name }),
        undo.target.name,
        deps.clock.now(),
      );
  }
}

interface Rollout {
  readonly kind: (typeof ROLLOUT_KINDS)[number];
  /** Absent where it is gone. */
  readonly object?: RolloutWorkload;
}

/** Undefined for a workload of a kind that is never rolled out. */
async function rolloutOf(workload: WorkloadRef, cluster: ClusterReader): Promise<Rollout | undefined> {
  const kind = ROLLOUT_KINDS.find((each) => each === workload.kind);
  if (kind === undefined) return undefined;
  const object = await cluster.get(kind, workload);
  return { kind, ...(object !== undefined && { object }) };
}

function workloadRefusal(workload: WorkloadRef, rollout: Rollout | undefined): Refusal | undefined {
  // Whatever else it is, nothing there says how well it is; its alerts are resolved.
  if (rollout === undefined) return undefined;
  const name = describeWorkload(workload);
  if (rollout.object === undefined) return { code: 'workload-not-healthy', why: `${name} is gone` };
  const { kind: state, why } = rolloutStatus(rollout.object, rollout.kind);
  return state === 'complete' ? undefined : { code: 'workload-not-healthy', why: `${name}: ${why}` };
}

/** CPU over limit that the pods that are left may come to: scaling up begins well above it. */
const CARRIED = 0.65;

/**
 * Why fewer replicas would not do now: an autoscaler keeps more than its old maximum, or the CPU in use is too much for
 * those that are left. Where the incident had no such signal either, nobody knows the latter, and a healthy workload is all
 * there is to go by; where it had, what measures it is gone for now.
 */
async function loadRefusal(
  undo: Undo,
  { workload, diagnosis, rollout }: Healed & { readonly rollout: Rollout | undefined },
  { metrics }: TakeBackDeps,
): Promise<Refusal | undefined> {
  if (!('restore' in undo)) return undefined;
  const { target, restore } = undo;
  const before = Object.entries(restore).find(([pointer]) => pointer.startsWith('/spec/'))?.[1];
  const now = replicasOf(rollout);
  if (typeof before !== 'number' || now === undefined || now <= before) return undefined;
  if (target.kind !== workload.kind) {
    return { code: 'still-needed', why: `the autoscaler keeps ${now} replicas, and could have ${before} at most then` };
  }
  const { cpu_per_limit: used } = await metrics.signals({ workload, pods: [] });
  if (used === undefined) {
    if (diagnosis?.evidence.signals.cpu_per_limit === undefined) return undefined;
    return { code: 'still-needed', why: `how much of their CPU limits the ${now} replicas use is not known now` };
  }
  const then = (used * now) / Math.max(1, before);
  if (then <= CARRIED) return undefined;
  const why = `${now} replicas use ${percent(used)} of their CPU limits, and ${before} would use ${percent(then)}`;
  return { code: 'still-needed', why };
}

/** A DaemonSet has none. */
function replicasOf(rollout: Rollout | undefined): number | undefined {
  const spec = rollout?.object?.spec;
  return spec !== undefined && 'replicas' in spec ? spec.replicas : undefined;
}

/** CPU of a node in use above which it takes no more pods: recovered is what verification calls so. */
const NODE_BUSY = 0.9;

/** Why a node that was taken out for its CPU stays out. None of its conditions says how that stands, so it is asked for. */
async function busyRefusal(
  incident: Pick<Closed, 'diagnosis' | 'attempts'>,
  { when, undo }: Pick<Restore, 'when' | 'undo'>,
  { metrics }: TakeBackDeps,
): Promise<Refusal | undefined> {
  if (when !== 'node-healthy' || !isAboutNodeCpu(incident)) return undefined;
  const { node_cpu_ratio: busy } = await metrics.signals({ workload: undo.target, pods: [] });
  if (busy !== undefined && busy <= NODE_BUSY) return undefined;
  const state =
    busy === undefined ? 'how much of its CPU is in use is not known' : `${percent(busy)} of its CPU is in use`;
  return { code: 'node-not-ready', why: `node ${undo.target.name}: ${state}` };
}

/** By what was found, or by what was watched after the action: the last diagnosis may have come when Prometheus was away. */
function isAboutNodeCpu({ diagnosis, attempts }: Pick<Closed, 'diagnosis' | 'attempts'>): boolean {
  const found = diagnosis !== undefined && showsInNodeCpu(diagnosis);
  return found || attempts.some(({ verification }) => verification?.trend?.least.node_cpu_ratio !== undefined);
}

const ROLLOUT_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

function nodeRefusal(node: Node | undefined, name: string, now: number): Refusal | undefined {
  if (node === undefined) return { code: 'node-not-ready', why: `node ${name} is gone` };
  const conditions = node.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return { code: 'node-not-ready', why: `node ${name} is not ready` };
  const pressure = conditions.find(({ type, status }) => type.endsWith('Pressure') && status === 'True');
  if (pressure !== undefined) return { code: 'node-not-ready', why: `node ${name} has ${pressure.type}` };
  const since = Date.parse(ready.lastTransitionTime ?? '');
  if (now - since < NODE_STEADY_MS)
    return { code: 'node-not-ready', why: `node ${name} is ready for a short time only` };
  return undefined;
}
