import type { Container } from '../../domain/kubernetes.ts';
import type { PodObject } from './kinds.ts';
import { parseQuantity } from '../../domain/quantity.ts';

/** What containers ask for and may use; in cores and bytes. A limit that is not set is Infinity, a request 0. */
export interface Resources {
  readonly cpuRequest: number;
  readonly cpuLimit: number;
  readonly memoryRequest: number;
  readonly memoryLimit: number;
}

const known = new WeakMap<object, Resources>();

/** The resources of one container. A container that only has limits requests as much, as the API server defaults it. */
export function containerResources(container: Container): Resources {
  const before = known.get(container);
  if (before !== undefined) {
    return before;
  }
  const cpu = sizesOf(container, 'cpu');
  const memory = sizesOf(container, 'memory');
  const resources = {
    cpuRequest: cpu.request,
    cpuLimit: cpu.limit,
    memoryRequest: memory.request,
    memoryLimit: memory.limit,
  };
  known.set(container, resources);
  return resources;
}

function sizesOf(container: Container, resource: string): { readonly request: number; readonly limit: number } {
  const limit = parseQuantity(container.resources?.limits?.[resource]);
  const request = parseQuantity(container.resources?.requests?.[resource]);
  return { request: request ?? limit ?? 0, limit: limit ?? Number.POSITIVE_INFINITY };
}

/** What the scheduler counts for a pod. */
export function podRequests(pod: PodObject): { readonly cpu: number; readonly memory: number } {
  let cpu = 0;
  let memory = 0;
  for (const container of pod.spec?.containers ?? []) {
    const resources = containerResources(container);
    cpu += resources.cpuRequest;
    memory += resources.memoryRequest;
  }
  return { cpu, memory };
}
