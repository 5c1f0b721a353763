import { errorText } from '../domain/errors.ts';
import type { Closed, Restore } from '../domain/incident.ts';
import type { Node } from '../domain/kubernetes.ts';
import type { Refusal } from '../domain/remedy.ts';
import { rolloutStatus } from '../domain/rollout-status.ts';
import { describeWorkload, type WorkloadRef } from '../domain/workload.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { annotatedMode } from './mode.ts';

export interface TakeBackDeps {
  readonly cluster: ClusterReader;
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
  return async ({ location }, restore) => {
    if (restore.by !== 'autoheal') return undefined;
    if (location?.kind !== 'located') return undefined;
    try {
      const { caution, from } = await annotatedMode(deps.cluster, location.workload);
      if (caution === 'off') return { code: 'opted-out', why: from };
      return await notHealthyYet(restore, location.workload, deps);
    } catch (error) {
      return { code: 'guard-failed', why: `whether it may be taken back is not known: ${errorText(error)}` };
    }
  };
}

async function notHealthyYet(
  { when, undo }: Restore,
  workload: WorkloadRef,
  deps: TakeBackDeps,
): Promise<Refusal | undefined> {
  switch (when) {
    case 'always':
      return undefined;
    case 'workload-healthy':
      return workloadRefusal(workload, deps.cluster);
    case 'node-healthy':
      return nodeRefusal(
        await deps.cluster.get('Node', { name: undo.target.name }),
        undo.target.name,
        deps.clock.now(),
      );
  }
}

async function workloadRefusal(workload: WorkloadRef, cluster: ClusterReader): Promise<Refusal | undefined> {
  const kind = ROLLOUT_KINDS.find((each) => each === workload.kind);
  // Whatever else it is, nothing there says how well it is; its alerts are resolved.
  if (kind === undefined) return undefined;
  const object = await cluster.get(kind, workload);
  const name = describeWorkload(workload);
  if (object === undefined) return { code: 'workload-not-healthy', why: `${name} is gone` };
  const { kind: state, why } = rolloutStatus(object, kind);
  return state === 'complete' ? undefined : { code: 'workload-not-healthy', why: `${name}: ${why}` };
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
