import { parseQuantity } from '../../../domain/quantity.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Hosts } from '../machines.ts';
import { isActive } from '../pods.ts';
import { podRequests } from '../resources.ts';
import type { Kubelet } from './kubelet.ts';

const SYNC_MS = 10_000;
/** Source: kubelet's default hard eviction threshold `memory.available<100Mi`. */
export const EVICTION_THRESHOLD_BYTES = 100 * 2 ** 20;
/** The pods of these are of a priority class that is spared until nothing else is left. */
const SPARED: ReadonlySet<string> = new Set(['kube-system', 'monitoring']);

/**
 * Ends one pod after the other on nodes that are short of memory. Those that use more than they asked for go first, then those
 * that use most beyond what they asked for. Source: kubernetes pkg/kubelet/eviction.
 */
export function makeEvictions(deps: { readonly kit: Kit; readonly hosts: Hosts; readonly kubelet: Kubelet }): {
  step(): void;
} {
  const { kit, hosts, kubelet } = deps;
  const state = kit.keep('evictions', () => ({ last: Number.NEGATIVE_INFINITY }));

  function step(): void {
    if (kit.now() - state.last < SYNC_MS) {
      return;
    }
    state.last = kit.now();
    for (const node of kit.list('nodes')) {
      const { name } = node.metadata;
      const taken = hosts.memoryTaken(name);
      if (taken === 0 || hosts.silentSince(name) !== undefined) {
        continue;
      }
      const pods = kit.list('pods').filter((pod) => pod.spec?.nodeName === name);
      const used = pods.reduce((total, pod) => total + memoryOf(kubelet, pod), 0);
      const available = (parseQuantity(node.status?.allocatable?.['memory']) ?? 0) - taken - used;
      if (available < EVICTION_THRESHOLD_BYTES) {
        hosts.pressed(name);
        const victim = ranked(kubelet, pods)[0];
        if (victim !== undefined) {
          evict(victim, available);
        }
      }
    }
  }

  function evict(pod: PodObject, available: number): void {
    const container = pod.spec?.containers[0]?.name ?? 'app';
    const request = podRequests(pod).memory;
    const ki = (bytes: number): string => `${Math.max(0, Math.round(bytes / 2 ** 10))}Ki`;
    const message =
      `The node was low on resource: memory. Threshold quantity: 100Mi, available: ${ki(available)}. ` +
      `Container ${container} was using ${ki(memoryOf(kubelet, pod))}, request is ${ki(request)}, ` +
      'has larger consumption of memory. ';
    kit.events.record(pod, {
      type: 'Warning',
      reason: 'Evicted',
      message,
      component: 'kubelet',
      host: pod.spec?.nodeName ?? '',
    });
    kubelet.evict(pod, message);
  }

  return { step };
}

/** What the processes of a pod hold now. Bytes. */
function memoryOf(kubelet: Pick<Kubelet, 'runs'>, pod: PodObject): number {
  return kubelet.runs(pod.metadata.uid).reduce((total, run) => total + run.memory, 0);
}

/** Whether a pod can be evicted for its node's sake: not a daemon, and of no class that is spared. */
function isEvictable({ metadata }: PodObject): boolean {
  const daemon = metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
  return !daemon && !SPARED.has(metadata.namespace ?? '');
}

/** What the pods of a node hold, by whether they could be moved away. Bytes. */
export interface Held {
  readonly movable: number;
  readonly fixed: number;
}

/** What the pods of a node hold now. */
export function heldOn(kit: Kit, kubelet: Pick<Kubelet, 'runs'>, node: string): Held {
  const pods = kit.list('pods').filter((pod) => pod.spec?.nodeName === node);
  const sum = (some: readonly PodObject[]): number => some.reduce((total, pod) => total + memoryOf(kubelet, pod), 0);
  return {
    movable: sum(pods.filter(isEvictable)),
    fixed: sum(pods.filter((pod) => !isEvictable(pod))),
  };
}

function ranked(kubelet: Kubelet, pods: readonly PodObject[]): readonly PodObject[] {
  const beyond = (pod: PodObject): number => memoryOf(kubelet, pod) - podRequests(pod).memory;
  return pods
    .filter((pod) => isActive(pod) && kubelet.runs(pod.metadata.uid).length > 0)
    .filter(isEvictable)
    .sort((left, right) => beyond(right) - beyond(left));
}
