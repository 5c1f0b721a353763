import type { KubernetesObject } from '../../domain/kubernetes.ts';
import { valueAt } from '../objects.ts';

/** Gateway API. */
export const HTTP_ROUTE = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' } as const;

/** The largest weight that a backend may have. Source: Gateway API, `BackendRef.weight`. */
const MAX_WEIGHT = 1_000_000;

/** Where traffic goes today, and where it shall go: Services of the route's own namespace, by name. */
export interface Shift {
  readonly from: readonly string[];
  readonly to: string;
}

export interface RouteShift {
  /** JSON pointer -> new weight. Empty where all of the traffic goes to `to` already. */
  readonly weights: Readonly<Record<string, number>>;
  /** Rules of the route that have both as backends. */
  readonly rules: number;
}

/**
 * The weights with which a route sends nothing to `from` and as much more to `to`, in every rule that has both of them as
 * backends. Undefined where no rule has.
 */
export function shiftedWeights(route: KubernetesObject, { from, to }: Shift): RouteShift | undefined {
  const weights: Record<string, number> = {};
  let rules = 0;
  for (const [at, rule] of listAt(route, '/spec/rules').entries()) {
    const backends = listAt(rule, '/backendRefs').map((ref, index) => ({
      name: serviceOf(ref, route.metadata.namespace ?? ''),
      weight: weightOf(ref),
      pointer: `/spec/rules/${at}/backendRefs/${index}/weight`,
    }));
    const target = backends.find(({ name }) => name === to);
    const ill = backends.filter(({ name }) => name !== undefined && from.includes(name));
    if (target === undefined || ill.length === 0) continue;
    rules += 1;
    const served = ill.filter(({ weight }) => weight > 0);
    if (served.length === 0) continue;
    for (const { pointer } of served) weights[pointer] = 0;
    const sum = served.reduce((total, { weight }) => total + weight, target.weight);
    weights[target.pointer] = Math.min(sum, MAX_WEIGHT);
  }
  return rules === 0 ? undefined : { weights, rules };
}

/** The Service that a backend means, where it is one of the route's own namespace. */
function serviceOf(ref: unknown, namespace: string): string | undefined {
  const isService = (valueAt(ref, '/kind') ?? 'Service') === 'Service' && (valueAt(ref, '/group') ?? '') === '';
  const isHere = (valueAt(ref, '/namespace') ?? namespace) === namespace;
  const name = valueAt(ref, '/name');
  return isService && isHere && typeof name === 'string' ? name : undefined;
}

function weightOf(ref: unknown): number {
  const weight = valueAt(ref, '/weight') ?? 1;
  return typeof weight === 'number' ? weight : 0;
}

function listAt(value: unknown, pointer: string): readonly unknown[] {
  const found = valueAt(value, pointer);
  return Array.isArray(found) ? (found as readonly unknown[]) : []; // An array, checked here.
}
