import type { PodSpec, ResourceQuota } from '../../domain/kubernetes.ts';
import {
  add,
  amounts,
  amountText,
  fieldOf,
  fieldsOf,
  limitsOf,
  listOf,
  requestsOf,
  type Amounts,
} from './pod-requests.ts';

export interface QuotaRoom {
  /** How many of the pods there is room for, in [0, count]. */
  readonly fits: number;
  /** The quota that allows no more; empty where all of them fit. */
  readonly why: string;
}

/**
 * How many of `count` more such pods the quotas of their namespace allow. A quota whose use is not known yet allows none: the
 * API server refuses pods under it as well. Ranges of containers and quotas of objects other than pods are not looked at.
 *
 * Source: the ResourceQuota admission plugin and the pod evaluator of kube-apiserver.
 */
export function roomInQuotas(quotas: readonly ResourceQuota[], spec: PodSpec, count: number): QuotaRoom {
  const use = quotaUseOf(spec);
  let least: QuotaRoom = { fits: count, why: '' };
  for (const quota of quotas) {
    if (!concerns(quota, spec)) continue;
    const room = roomIn(quota, use, count);
    if (room.fits < least.fits) least = room;
  }
  return least;
}

/**
 * What a pod counts for under a quota, by the quota's own names: `pods`, `requests.cpu` and `cpu`, `limits.memory`. What it
 * asks for and what it may use are in thousandths of a core and bytes.
 */
export function quotaUseOf(spec: PodSpec): Amounts {
  const requests = requestsOf(spec);
  const use = new Map([
    ['pods', 1],
    ['count/pods', 1],
  ]);
  for (const [resource, amount] of requests) add(use, new Map([[`requests.${resource}`, amount]]));
  for (const [resource, amount] of limitsOf(spec)) add(use, new Map([[`limits.${resource}`, amount]]));
  // The short names are the requests of these three only.
  for (const resource of ['cpu', 'memory', 'ephemeral-storage']) {
    const amount = requests.get(resource);
    if (amount !== undefined) use.set(resource, amount);
  }
  return use;
}

function roomIn(quota: ResourceQuota, use: Amounts, count: number): QuotaRoom {
  const { name } = quota.metadata;
  const hard = amounts(quota.status?.hard ?? quota.spec?.hard ?? {});
  const used = amounts(quota.status?.used ?? {});
  let least: QuotaRoom = { fits: count, why: '' };
  for (const [resource, amount] of use) {
    const limit = hard.get(resource);
    if (limit === undefined || amount <= 0) continue;
    const taken = used.get(resource);
    if (taken === undefined) return { fits: 0, why: `what quota ${name} has left of ${resource} is not known yet` };
    const fits = Math.max(0, Math.floor((limit - taken) / amount));
    if (fits >= least.fits) continue;
    const [each, left, all] = [amount, Math.max(limit - taken, 0), limit].map((it) => amountText(resource, it));
    least = { fits, why: `quota ${name} has ${left} of ${all} ${resource} left, a pod needs ${each}` };
  }
  return least;
}

/** Whether a quota counts such a pod. A scope that is not known counts it: better too careful. */
function concerns({ spec }: ResourceQuota, pod: PodSpec): boolean {
  const selected = listOf(fieldOf(fieldsOf(spec, 'scopeSelector'), 'matchExpressions'));
  const scopes = [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })), ...selected];
  return scopes.every((scope) => isInScope(scope, pod));
}

function isInScope(scope: unknown, pod: PodSpec): boolean {
  const bestEffort = [...requestsOf(pod).keys(), ...limitsOf(pod).keys()].length === 0;
  const ends = typeof pod['activeDeadlineSeconds'] === 'number';
  switch (fieldOf(scope, 'scopeName')) {
    case 'BestEffort':
      return bestEffort;
    case 'NotBestEffort':
      return !bestEffort;
    case 'Terminating':
      return ends;
    case 'NotTerminating':
      return !ends;
    case 'PriorityClass':
      return hasPriority(scope, pod['priorityClassName']);
    default:
      return true;
  }
}

function hasPriority(scope: unknown, priority: unknown): boolean {
  const among = listOf(fieldOf(scope, 'values')).includes(priority);
  switch (fieldOf(scope, 'operator')) {
    case 'In':
      return among;
    case 'NotIn':
      return !among;
    case 'DoesNotExist':
      return priority === undefined;
    default:
      return priority !== undefined;
  }
}
