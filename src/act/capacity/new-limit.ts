import type { Container, PodSpec } from '../../domain/kubernetes.ts';
import type { RemedyLimits } from '../../domain/policy.ts';
import type { Refusal } from '../../domain/remedy.ts';
import { amounts, amountText, fieldsOf, listOf } from './pod-requests.ts';
import type { Raise, Resource } from './resize-record.ts';

/** A limit is never raised above so many times what it was at first, whatever the policy allows. */
const MAX_GROWTH = 4;
/** And no more often than this. */
const RAISE_EVERY_MS = 24 * 60 * 60 * 1000;
/** A raise by less than this share is not worth a rollout. */
const LEAST_STEP = 1.05;

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** A new limit in whole units (thousandths of a core, bytes), and what it was at first; or why there is none. */
export type Goal =
  | { readonly kind: 'goal'; readonly amount: number; readonly original: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The limit that a container should have instead of its present one, within the policy's bounds. Pure. */
export function newLimit(
  now: { readonly resource: Resource; readonly limit: number; readonly at: number },
  last: Raise | undefined,
  { factor, maxMemory, maxCpu }: RemedyLimits['resize'],
): Goal {
  const { resource, limit, at } = now;
  const most = amountOf(resource, resource === 'memory' ? maxMemory : maxCpu) ?? 0;
  if (last !== undefined && at - last.at < RAISE_EVERY_MS) {
    const hours = Math.max(0, Math.floor((at - last.at) / 3_600_000));
    return atBound(`its ${resource} limit was raised ${hours} h ago, and it is raised once a day at most`);
  }
  // Where somebody has set another limit since, that is the one it starts from.
  const first =
    last !== undefined && amountOf(resource, last.left) === limit ? last.original : limitText(resource, limit);
  const top = MAX_GROWTH * (amountOf(resource, first) ?? limit);
  if (limit >= top) {
    return atBound(
      `its ${resource} limit of ${limitText(resource, limit)} is ${MAX_GROWTH} times what it was (${first})`,
    );
  }
  const amount = rounded(resource, Math.min(limit * factor, most, top));
  if (!isWorthIt(limit, amount)) {
    const [present, bound] = [limit, most].map((each) => limitText(resource, each));
    return atBound(`its ${resource} limit of ${present} is as much as the policy allows (${bound})`);
  }
  return { kind: 'goal', amount, original: first };
}

/** Whether a raise is more than a rounding. */
export function isWorthIt(from: number, to: number): boolean {
  return to >= from * LEAST_STEP;
}

/** Down to a whole mebibyte or thousandth of a core. */
export function rounded(resource: Resource, amount: number): number {
  return resource === 'memory' ? Math.floor(amount / MIB) * MIB : Math.floor(amount);
}

/** An amount as the API server writes it back: `192Mi`, `1Gi`, `1500m`, `2`. */
export function limitText(resource: Resource, amount: number): string {
  if (resource === 'cpu') return amountText('cpu', amount);
  if (amount === 0) return '0';
  if (amount % GIB === 0) return `${amount / GIB}Gi`;
  return amount % MIB === 0 ? `${amount / MIB}Mi` : String(amount);
}

/** A quantity in whole units. */
export function amountOf(resource: Resource, quantity: unknown): number | undefined {
  return amounts({ [resource]: quantity }).get(resource);
}

/** The limit of a container in whole units. */
export function limitOf(container: Container, resource: Resource): number | undefined {
  return amountOf(resource, container.resources?.limits?.[resource]);
}

/** Whether a pod is of the class `Guaranteed`, which it must stay: its requests then move with its limits. */
export function isGuaranteed(spec: PodSpec): boolean {
  return [...spec.containers, ...listOf(spec['initContainers'])].every((container) => {
    const limits = amounts(fieldsOf(container, 'resources', 'limits'));
    const requests = amounts(fieldsOf(container, 'resources', 'requests'));
    return (['cpu', 'memory'] as const).every((resource) => {
      const limit = limits.get(resource);
      return limit !== undefined && (requests.get(resource) ?? limit) === limit;
    });
  });
}

function atBound(why: string): Goal {
  const suggest = 'find out what it needs so much for, and set the limit by hand';
  return { kind: 'refused', refusal: { code: 'at-upper-bound', why, suggest } };
}
