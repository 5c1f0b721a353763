import type { PodSpec } from '../../domain/kubernetes.ts';
import { parseQuantity } from '../../domain/quantity.ts';

/** Amounts by resource, in whole units: CPU in thousandths of a core, everything else in its base unit (bytes, pieces). */
export type Amounts = ReadonlyMap<string, number>;

/**
 * What a pod asks for: the sum of its containers or its hungriest init container, whichever is more, plus its overhead. A
 * sidecar (an init container that restarts always) counts with the containers. A resource that is requested for the pod as a
 * whole counts as that. Where a container has a limit and no request, the limit is the request.
 *
 * Source: PodRequests of k8s.io/component-helpers/resource.
 */
export function requestsOf(spec: PodSpec): Amounts {
  return amountsOf(spec, (container) =>
    amounts({ ...fieldsOf(container, 'resources', 'limits'), ...fieldsOf(container, 'resources', 'requests') }),
  );
}

/** What the limits of a pod's containers come to, counted as its requests are. */
export function limitsOf(spec: PodSpec): Amounts {
  return amountsOf(spec, (container) => amounts(fieldsOf(container, 'resources', 'limits')));
}

/** Quantities by resource as amounts; what is no quantity is left out. */
export function amounts(quantities: Readonly<Record<string, unknown>>): Amounts {
  const found = new Map<string, number>();
  for (const [resource, quantity] of Object.entries(quantities)) {
    const value = parseQuantity(quantity);
    if (value !== undefined) found.set(resource, wholeUnits(resource, value));
  }
  return found;
}

/** An amount as people write it: `500m`, `2`, `1.5Gi`. */
export function amountText(resource: string, amount: number): string {
  if (/(^|\.)cpu$/.test(resource)) return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  if (!BYTES.test(resource)) return String(amount);
  for (const [suffix, size] of SIZES) {
    if (Math.abs(amount) >= size) return `${Math.round((amount / size) * 100) / 100}${suffix}`;
  }
  return String(amount);
}

const BYTES = /(^|\.)(memory|ephemeral-storage|storage)$|hugepages-/;
const SIZES = [
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
] as const;

/** Adds `more` to `to`, times `times`. */
export function add(to: Map<string, number>, more: Amounts, times = 1): void {
  for (const [resource, amount] of more) to.set(resource, (to.get(resource) ?? 0) + amount * times);
}

/** Rounded up, as the scheduler does; the product of a fraction and a thousand is seldom the number that was meant. */
function wholeUnits(resource: string, value: number): number {
  const scaled = /(^|\.)cpu$/.test(resource) ? value * 1000 : value;
  return Math.ceil(Math.round(scaled * 1e6) / 1e6);
}

function amountsOf(spec: PodSpec, ofContainer: (part: unknown) => Amounts): Amounts {
  const running = new Map<string, number>();
  for (const container of spec.containers) add(running, ofContainer(container));
  const sidecars = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const container of listOf(spec['initContainers'])) {
    const own = ofContainer(container);
    if (fieldOf(container, 'restartPolicy') === 'Always') {
      add(running, own);
      add(sidecars, own);
      raise(starting, sidecars);
    } else {
      const together = new Map(own);
      add(together, sidecars);
      raise(starting, together);
    }
  }
  raise(running, starting);
  for (const [resource, amount] of ofContainer({ resources: spec['resources'] })) running.set(resource, amount);
  add(running, amounts(fieldsOf(spec, 'overhead')));
  return running;
}

function raise(to: Map<string, number>, atLeast: Amounts): void {
  for (const [resource, amount] of atLeast) to.set(resource, Math.max(to.get(resource) ?? 0, amount));
}

/** A field of what may be anything; undefined where it is no object or has none of that name. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name]; // An object, checked above.
}

/** The fields of what should be an object some levels down; empty where it is none. */
export function fieldsOf(value: unknown, ...names: readonly string[]): Readonly<Record<string, unknown>> {
  let found = value;
  for (const name of names) found = fieldOf(found, name);
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return {};
  return found as Record<string, unknown>; // An object that is no array, checked above.
}

/** The elements of what should be an array; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
