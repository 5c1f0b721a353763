import { sameJson } from '../../api/json.ts';
import { parseQuantity } from '../../../domain/quantity.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isActive } from '../pods.ts';
import { containerResources, podRequests } from '../resources.ts';
import type { ContainerRun } from './run.ts';

/** Why a resize that the spec asks for is not in force yet: a condition of the pod. */
export interface Pending {
  readonly type: 'PodResizePending' | 'PodResizeInProgress';
  readonly reason: 'Deferred' | 'Error';
  readonly message: string;
}

/**
 * Why the resources that a pod's spec asks for cannot be given now; undefined when they can, or are given already. A resize is
 * deferred while its node has no room, and one below what the process uses waits for it to use less. Source: kubernetes
 * pkg/kubelet/allocation.
 */
export function pendingResize(kit: Kit, pod: PodObject, runs: readonly ContainerRun[]): Pending | undefined {
  if (runs.every((run, index) => pod.spec?.containers[index] === run.container)) {
    return undefined;
  }
  const changed = runs.filter((run, index) => {
    const asked = pod.spec?.containers[index];
    return asked !== undefined && asked !== run.container && !sameJson(asked.resources, run.container.resources);
  });
  if (changed.length === 0) {
    return undefined;
  }
  const grown = changed.find((run) => {
    const asked = pod.spec?.containers.find(({ name }) => name === run.container.name);
    return asked !== undefined && containerResources(asked).memoryLimit < run.memory;
  });
  if (grown !== undefined) {
    const message = `attempting to set the memory limit of container ${grown.container.name} below its current usage`;
    return { type: 'PodResizeInProgress', reason: 'Error', message };
  }
  return lackOfRoom(kit, pod);
}

function lackOfRoom(kit: Kit, pod: PodObject): Pending | undefined {
  const node = kit.get('nodes', undefined, pod.spec?.nodeName ?? '');
  const others = kit
    .list('pods')
    .filter((other) => other.spec?.nodeName === pod.spec?.nodeName && other.metadata.uid !== pod.metadata.uid)
    .filter(isActive);
  for (const resource of ['cpu', 'memory'] as const) {
    const capacity = parseQuantity(node?.status?.allocatable?.[resource]) ?? Number.POSITIVE_INFINITY;
    const used = others.reduce((total, other) => total + podRequests(other)[resource], 0);
    const requested = podRequests(pod)[resource];
    if (used + requested > capacity + 1e-9) {
      const units = (amount: number): number => Math.round(resource === 'cpu' ? amount * 1_000 : amount);
      const message = `Node didn't have enough resource: ${resource}, requested: ${units(requested)}, used: ${units(used)}, capacity: ${units(capacity)}`;
      return { type: 'PodResizePending', reason: 'Deferred', message };
    }
  }
  return undefined;
}
