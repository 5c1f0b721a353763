import type { Diagnosis, NodeEvidence, NodesEvidence, Signals } from './diagnosis.ts';
import type { Node, ObjectMeta } from './kubernetes.ts';
import { HELD_BY_ANNOTATION } from './remedy.ts';

/** How a node stands. `Ready` counts only when it is `True`: a kubelet that is silent makes it `Unknown`. */
export function nodeState({ metadata, spec, status }: Node): NodeEvidence {
  const on = (status?.conditions ?? []).filter((condition) => condition.status === 'True').map(({ type }) => type);
  const heldBy = cordonedBySomebodyElse(metadata) ? undefined : metadata.annotations?.[HELD_BY_ANNOTATION];
  return {
    name: metadata.name,
    ready: on.includes('Ready'),
    pressures: on.filter((type) => type !== 'Ready'),
    unschedulable: spec?.unschedulable ?? false,
    ...(CONTROL_PLANE_KEYS.some((key) => metadata.labels?.[key] !== undefined) && { controlPlane: true }),
    ...(heldBy !== undefined && { heldBy }),
  };
}

/** The counts over all nodes. */
export function allNodesState(nodes: readonly Node[]): NodesEvidence {
  const states = nodes.filter((node) => !isReserved(node)).map(nodeState);
  return {
    total: states.length,
    out: states.filter(isOut).length,
    held: states.filter(isHeld).slice(0, MAX_HELD),
  };
}

/** Whether pods cannot start on the node, or do not run well there: it is cordoned or not ready. */
export function isOut({ ready, unschedulable }: NodeEvidence): boolean {
  return unschedulable || !ready;
}

/** Whether AutoHeal cordoned the node and nobody has uncordoned it since. */
export function isHeld({ unschedulable, heldBy }: NodeEvidence): boolean {
  return unschedulable && heldBy !== undefined;
}

/** Whether the node is ready and reports no pressure; cordoned or not. */
export function isWell({ ready, pressures }: NodeEvidence): boolean {
  return ready && pressures.length === 0;
}

/** So much of a node's CPU that no pod uses is somebody else's. The system's own share is a tenth or less. */
export const NODE_TAKEN = 0.3;

/** Whether something beside its pods takes a node's CPU, so that the pods can only leave. Not where nobody knows what they use. */
export function isCpuTaken(
  { node_cpu_ratio: busy, node_pods_cpu_ratio: byPods }: Signals,
  taken = NODE_TAKEN,
): boolean {
  return busy !== undefined && byPods !== undefined && busy - byPods >= taken;
}

/**
 * Whether somebody else owns the cordon, whatever the annotation says: they uncordoned the node and cordoned it again. Where
 * the server tells nothing of owners, the annotation stands.
 */
function cordonedBySomebodyElse({ managedFields = [] }: ObjectMeta): boolean {
  const owners = managedFields.filter(ownsCordon);
  return owners.length > 0 && owners.every(({ manager }) => manager !== FIELD_MANAGER);
}

/** The name under which AutoHeal's writes stand in `managedFields`. */
const FIELD_MANAGER = 'autoheal';

/** The fields that a manager owns are a tree of `f:NAME`. */
function ownsCordon(entry: object): boolean {
  const spec = fieldOf(fieldOf(entry, 'fieldsV1'), 'f:spec');
  return fieldOf(spec, 'f:unschedulable') !== undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name]; // An object, checked above.
}

/** Labels and taints of the control plane; clusters that are old enough still have the second one. */
const CONTROL_PLANE_KEYS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'] as const;

const MAX_HELD = 20;

/** A node that keeps ordinary pods away for the control plane is none that could take the pods of another. */
function isReserved({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(
    ({ key, effect }) => CONTROL_PLANE_KEYS.some((each) => each === key) && effect !== 'PreferNoSchedule',
  );
}

/** Whether what was found shows in the CPU of a node, which none of the node's conditions tells of. */
export function showsInNodeCpu({ causes }: Pick<Diagnosis, 'causes'>): boolean {
  return causes.some(({ symptoms }) => symptoms.includes('node_cpu_ratio'));
}
