import { parseQuantity } from '../../domain/quantity.ts';
import { valueAt } from './decode.ts';
import { type Json, isRecord } from './json.ts';
import type { Resource, StoredObject } from './stored.ts';

/** The objects of a resource in a namespace. */
export type ListIn = (resource: Resource, namespace: string) => readonly StoredObject[];

/** An object that is to be stored: where, under which qualified plural (`jobs.batch`), in place of which one. */
export interface Asked {
  readonly storedAs: Resource;
  /** The plural with its group, as `count/...` names it. */
  readonly counted: string;
  readonly namespace: string;
  readonly object: Json;
  /** What it replaces; undefined on creation. */
  readonly stored?: Json;
}

/** Amounts by the names that quotas use, in their own units: cores, bytes, objects. */
type Usage = Readonly<Record<string, number>>;

/** Core kinds that a quota may also name without `count/`. */
const PLAIN: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'resourcequotas',
  'secrets',
  'services',
]);
const COMPUTE = ['limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'] as const;
const ALIASES: Readonly<Record<string, string>> = { cpu: 'requests.cpu', memory: 'requests.memory' };

/**
 * Why the quotas of a namespace do not take an object, in the words of admission (without the object's own name); undefined
 * when they do. Source: apiserver `admission/plugin/resourcequota` and kubernetes `pkg/quota/v1/evaluator/core/pods.go`.
 */
export function quotaProblem(asked: Asked, list: ListIn): string | undefined {
  for (const quota of list('resourcequotas', asked.namespace)) {
    const problem = covers(quota, asked) ? problemWith(quota, asked, list) : undefined;
    if (problem !== undefined) {
      return problem;
    }
  }
  return undefined;
}

/** What a quota counts now, for the names in its `hard`, as its status shows it. */
export function quotaUsed(quota: StoredObject, list: ListIn): Readonly<Record<string, string>> {
  const used: Record<string, string> = {};
  for (const name of Object.keys(hardOf(quota))) {
    used[name] = quantityText(name, usedOf(quota, name, list));
  }
  return used;
}

function hardOf(quota: Json): Json {
  const hard = valueAt(quota, 'spec.hard');
  return isRecord(hard) ? hard : {};
}

function problemWith(quota: StoredObject, asked: Asked, list: ListIn): string | undefined {
  const hard = hardOf(quota);
  const names = Object.keys(hard).sort();
  const missing = asked.storedAs === 'pods' && asked.stored === undefined ? unspecified(asked.object, names) : [];
  if (missing.length > 0) {
    return `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`;
  }
  const wanted = usageOf(asked, asked.object);
  const before = asked.stored === undefined ? {} : usageOf(asked, asked.stored);
  const over = names.filter((name) => {
    const more = amountOf(wanted, name) - amountOf(before, name);
    const limit = parseQuantity(hard[name]) ?? Number.POSITIVE_INFINITY;
    return more > 0 && usedOf(quota, name, list) + more > limit + 1e-9;
  });
  if (over.length === 0) {
    return undefined;
  }
  const show = (text: (name: string) => string): string => over.map((name) => `${name}=${text(name)}`).join(',');
  const requested = show((name) => quantityText(name, amountOf(wanted, name) - amountOf(before, name)));
  const used = show((name) => quantityText(name, usedOf(quota, name, list)));
  const limited = show((name) => String(hard[name]));
  return `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${used}, limited: ${limited}`;
}

/** The amounts that a pod has to name for a quota on them to count it, each with the containers that do not. */
function unspecified(pod: Json, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const full = ALIASES[name] ?? name;
    const [list, resource] = full.split('.');
    if (!COMPUTE.some((each) => each === full) || list === undefined || resource === undefined) {
      return [];
    }
    const without = containersOf(pod).filter((each) => sizeIn(each, full) === undefined);
    return without.length === 0 ? [] : [`${name} for: ${without.map((each) => String(each['name'])).join(',')}`];
  });
}

function amountOf(usage: Usage, name: string): number {
  return usage[ALIASES[name] ?? name] ?? 0;
}

function usageOf({ storedAs, counted }: Pick<Asked, 'storedAs' | 'counted'>, object: Json): Usage {
  const count = { [`count/${counted}`]: 1, ...(PLAIN.has(storedAs) ? { [storedAs]: 1 } : {}) };
  if (storedAs !== 'pods' || hasEnded(object)) {
    return count;
  }
  const sizes = COMPUTE.map((name) => [name, podAmount(object, name)] as const);
  return { ...count, pods: 1, ...Object.fromEntries(sizes) };
}

function usedOf(quota: StoredObject, name: string, list: ListIn): number {
  const namespace = quota.metadata.namespace ?? '';
  const counted = name.startsWith('count/') ? name.slice('count/'.length) : PLAIN.has(name) ? name : 'pods';
  const storedAs = counted.split('.')[0] ?? counted;
  let sum = 0;
  for (const object of list(storedAs, namespace)) {
    if (storedAs !== 'pods' || inScopes(quota, object)) {
      sum += amountOf(usageOf({ storedAs, counted }, object), name);
    }
  }
  return sum;
}

/** Pods that have ended hold nothing any more, except a place among all objects. */
function hasEnded(pod: Json): boolean {
  const phase = valueAt(pod, 'status.phase');
  return phase === 'Failed' || phase === 'Succeeded';
}

function containersOf(pod: Json): readonly Json[] {
  const containers = valueAt(pod, 'spec.containers');
  return Array.isArray(containers) ? containers.filter(isRecord) : [];
}

function podAmount(pod: Json, name: string): number {
  const inits = valueAt(pod, 'spec.initContainers');
  const largest = Array.isArray(inits) ? Math.max(0, ...inits.map((each) => sizeIn(each, name) ?? 0)) : 0;
  const sum = containersOf(pod).reduce((total, container) => total + (sizeIn(container, name) ?? 0), 0);
  return Math.max(largest, sum);
}

/** A container that names only a limit requests as much. */
function sizeIn(container: unknown, name: string): number | undefined {
  const [list = '', resource = ''] = name.split('.');
  const limit = parseQuantity(valueAt(container, `resources.limits.${resource}`));
  return list === 'limits' ? limit : (parseQuantity(valueAt(container, `resources.requests.${resource}`)) ?? limit);
}

function covers(quota: StoredObject, { storedAs, object }: Asked): boolean {
  return storedAs === 'pods' ? inScopes(quota, object) : !Array.isArray(quota.spec?.['scopes']);
}

function inScopes(quota: StoredObject, pod: Json): boolean {
  const scopes = quota.spec?.['scopes'];
  return !Array.isArray(scopes) || scopes.every((scope) => inScope(String(scope), pod));
}

function inScope(scope: string, pod: Json): boolean {
  const bounded = typeof valueAt(pod, 'spec.activeDeadlineSeconds') === 'number';
  const bestEffort = COMPUTE.every((name) => podAmount(pod, name) === 0);
  switch (scope) {
    case 'Terminating':
      return bounded;
    case 'NotTerminating':
      return !bounded;
    case 'BestEffort':
      return bestEffort;
    case 'NotBestEffort':
      return !bestEffort;
    default:
      return false;
  }
}

const BINARY = [
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
] as const;

/** An amount as the API writes it: `1500m`, `256Mi`, `3`. */
function quantityText(name: string, amount: number): string {
  if (name.endsWith('cpu')) {
    const millis = Math.round(amount * 1_000);
    return millis % 1_000 === 0 ? String(millis / 1_000) : `${millis}m`;
  }
  const unit = name.endsWith('memory') && amount > 0 ? BINARY.find(([, size]) => amount % size === 0) : undefined;
  return unit === undefined ? String(amount) : `${amount / unit[1]}${unit[0]}`;
}
