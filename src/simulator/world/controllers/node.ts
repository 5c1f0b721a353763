import type { NodeObject, PodObject, Taint } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { conditionOf, isTerminating, terminatePod } from '../pods.ts';
import { makeSettled } from '../settled.ts';

/** What the machine under a node is doing; the object in the store only shows what the control plane knows. */
export interface Machines {
  /** Since when the kubelet of a node is silent (epoch milliseconds); undefined while it reports. */
  silentSince(node: string): number | undefined;
  /** Whether it is, or was a moment ago, short of memory. */
  isPressed(node: string): boolean;
  /** Share of its CPU that its pods cannot have, in [0, 1]. */
  cpuTaken(node: string): number;
}

const HEARTBEAT_MS = 300_000;
/** A node that was silent for less still counts as ready. Source: `node-monitor-grace-period`. */
const GRACE_MS = 40_000;
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const PRESSURE = 'node.kubernetes.io/memory-pressure';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Node conditions and taints, and the pods of nodes that stopped reporting. Source: kubernetes pkg/controller/nodelifecycle. */
export function reconcileNodes(kit: Kit, machines: Machines): void {
  for (const node of kit.list('nodes')) {
    const silentSince = machines.silentSince(node.metadata.name);
    const up = silentSince === undefined || kit.now() - silentSince < GRACE_MS;
    const health = { up, pressed: up && machines.isPressed(node.metadata.name) };
    if (up && settled.has(node, [health.pressed]) && kit.now() < nextHeartbeat(node)) {
      continue;
    }
    const before = kit.version();
    const tainted = syncTaints(kit, node, health);
    syncConditions(kit, tainted, health);
    if (!up) {
      losePods(kit, tainted);
    } else if (kit.version() === before) {
      settled.add(node, [health.pressed]);
    }
  }
  collectLost(kit);
}

const settled = makeSettled();
const heartbeats = new WeakMap<NodeObject, number>();

/** When the first condition of a node has to be written again. Epoch milliseconds. */
function nextHeartbeat(node: NodeObject): number {
  const known = heartbeats.get(node);
  if (known !== undefined) {
    return known;
  }
  const times = (node.status?.conditions ?? []).map((each) => Date.parse(each.lastHeartbeatTime ?? '') + HEARTBEAT_MS);
  const next = Math.min(...times);
  heartbeats.set(node, next);
  return next;
}

interface Health {
  readonly up: boolean;
  /** Short of memory. */
  readonly pressed: boolean;
}

/** Pods of nodes that are not there any more. Source: kubernetes pkg/controller/podgc. */
function collectLost(kit: Kit): void {
  const pods = kit.list('pods');
  const inputs = [kit.list('nodes')];
  if (settled.has(pods, inputs)) {
    return;
  }
  const before = kit.version();
  removeLost(kit);
  if (kit.version() === before) {
    settled.add(pods, inputs);
  }
}

function removeLost(kit: Kit): void {
  for (const pod of kit.list('pods')) {
    const node = pod.spec?.nodeName;
    if (node !== undefined && kit.get('nodes', undefined, node) === undefined) {
      kit.remove('pods', pod.metadata.namespace, pod.metadata.name);
    }
  }
}

const OWN_TAINTS: ReadonlySet<string> = new Set([UNREACHABLE, UNSCHEDULABLE, PRESSURE]);

function syncTaints(kit: Kit, node: NodeObject, { up, pressed }: Health): NodeObject {
  const taints = node.spec?.taints ?? [];
  const cordoned = node.spec?.unschedulable === true;
  const wanted = [
    ...taints.filter((taint) => !OWN_TAINTS.has(taint.key)),
    ...(pressed ? [keep(kit, taints, { key: PRESSURE, effect: 'NoSchedule' })] : []),
    ...(cordoned ? [keep(kit, taints, { key: UNSCHEDULABLE, effect: 'NoSchedule' })] : []),
    ...(up
      ? []
      : [
          keep(kit, taints, { key: UNREACHABLE, effect: 'NoSchedule' }),
          keep(kit, taints, { key: UNREACHABLE, effect: 'NoExecute' }),
        ]),
  ];
  const { taints: _before, ...spec } = node.spec ?? {};
  return (
    kit.update('nodes', { ...node, spec: { ...spec, ...(wanted.length === 0 ? {} : { taints: wanted }) } }) ?? node
  );
}

function keep(kit: Kit, taints: readonly Taint[], wanted: Taint): Taint {
  return (
    taints.find((taint) => taint.key === wanted.key && taint.effect === wanted.effect) ?? {
      ...wanted,
      timeAdded: kit.stamp(),
    }
  );
}

type NodeCondition = NonNullable<NonNullable<NodeObject['status']>['conditions']>[number];

const PRESSED = { reason: 'KubeletHasInsufficientMemory', message: 'kubelet has insufficient memory available' };

const HEALTHY: readonly (readonly [string, string, string])[] = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'KubeletReady', 'kubelet is posting ready status'],
];

function syncConditions(kit: Kit, node: NodeObject, { up, pressed }: Health): void {
  const before = node.status?.conditions ?? [];
  const conditions = HEALTHY.map(([type, reason, message]): NodeCondition => {
    const short = pressed && type === 'MemoryPressure';
    const now = up
      ? { status: type === 'Ready' || short ? 'True' : 'False', ...(short ? PRESSED : { reason, message }) }
      : { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
    return {
      type,
      ...now,
      ...conditionTimes(
        kit,
        before.find((condition) => condition.type === type),
        { ...now, up },
      ),
    };
  });
  if (before.find((condition) => condition.type === 'Ready')?.status !== conditions.at(-1)?.status) {
    kit.events.record(node, {
      type: 'Normal',
      reason: up ? 'NodeReady' : 'NodeNotReady',
      message: `Node ${node.metadata.name} status is now: ${up ? 'NodeReady' : 'NodeNotReady'}`,
      component: up ? 'kubelet' : 'node-controller',
    });
  }
  kit.updateStatus('nodes', node, { ...node.status, conditions });
}

/** Heartbeats are written every five minutes while nothing changes, and stop with the kubelet. */
function conditionTimes(
  kit: Kit,
  old: NodeCondition | undefined,
  now: { readonly status: string; readonly up: boolean },
): Pick<NodeCondition, 'lastHeartbeatTime' | 'lastTransitionTime'> {
  const lastHeartbeat = old?.lastHeartbeatTime;
  const due = lastHeartbeat === undefined || (now.up && Date.parse(lastHeartbeat) + HEARTBEAT_MS <= kit.now());
  const since = old?.status === now.status ? old.lastTransitionTime : undefined;
  return { lastHeartbeatTime: due ? kit.stamp() : lastHeartbeat, lastTransitionTime: since ?? kit.stamp() };
}

/** Pods on a silent node count as not ready; when their toleration is over they are deleted, and wait for the node to say so. */
function losePods(kit: Kit, node: NodeObject): void {
  const since = node.spec?.taints?.find(
    (taint) => taint.key === UNREACHABLE && taint.effect === 'NoExecute',
  )?.timeAdded;
  for (const pod of kit.list('pods')) {
    if (pod.spec?.nodeName !== node.metadata.name) {
      continue;
    }
    const unready = markUnready(kit, pod);
    const tolerated = tolerationMs(unready);
    if (!isTerminating(unready) && since !== undefined && Date.parse(since) + tolerated <= kit.now()) {
      terminatePod(kit, unready);
    }
  }
}

function tolerationMs(pod: PodObject): number {
  const toleration = (pod.spec?.tolerations ?? []).find((candidate) => candidate.key === UNREACHABLE);
  const daemon = pod.metadata.ownerReferences?.some((owner) => owner.kind === 'DaemonSet') === true;
  return daemon ? Number.POSITIVE_INFINITY : (toleration?.tolerationSeconds ?? 300) * 1_000;
}

function markUnready(kit: Kit, pod: PodObject): PodObject {
  if (conditionOf(pod, 'Ready')?.status !== 'True') {
    return pod;
  }
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: kit.stamp() } : condition,
  );
  kit.events.record(pod, {
    type: 'Warning',
    reason: 'NodeNotReady',
    message: 'Node is not ready',
    component: 'node-controller',
  });
  return kit.updateStatus('pods', pod, { ...pod.status, conditions }) ?? pod;
}
