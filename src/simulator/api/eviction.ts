import { readObject } from './body.ts';
import { type ObjectCall, byPlural, storedOf } from './context.ts';
import { valueAt } from './decode.ts';
import { type DeleteOptions, deleteOptions, preconditionFails, remove } from './delete.ts';
import { isRecord } from './json.ts';
import { selectorPredicate } from './selectors.ts';
import {
  type BodyAnswer,
  Refusal,
  badRequest,
  budgetRefuses,
  failure,
  forbidden,
  notFound,
  success,
} from './status.ts';
import type { StoredObject } from './stored.ts';
import { timestamp } from './versions.ts';

/**
 * Answers POST of `pods/<name>/eviction`. In the order of the real server: the budget is asked and booked first, the
 * preconditions are looked at afterwards, so an eviction whose precondition fails costs the budget one disruption until its
 * controller has cleared it. Source: kubernetes `registry/core/pod/storage/eviction.go`.
 */
export function evictPod(call: ObjectCall): BodyAnswer {
  const body = readObject(call);
  if (body instanceof Refusal) {
    return body.answer;
  }
  if (valueAt(body, 'metadata.name') !== call.name) {
    return badRequest('name in URL does not match name in Eviction object');
  }
  const pod = storedOf(call);
  if (pod === undefined) {
    return notFound(byPlural(call.type), call.name);
  }
  const options = deleteOptions(isRecord(body['deleteOptions']) ? body['deleteOptions'] : {}, call);
  const refusal = askBudget(call, pod, options) ?? preconditionFails(call, pod, options);
  if (refusal !== undefined) {
    return refusal;
  }
  remove(call, options.dryRun ? pod : markDisrupted(call, pod), options);
  return success(201);
}

/** The real server marks the pod before it deletes it, so that the mark is seen by whoever watches. */
function markDisrupted(call: ObjectCall, pod: StoredObject): StoredObject {
  const before = pod.status?.['conditions'];
  const kept = Array.isArray(before)
    ? before.filter((each) => !isRecord(each) || each['type'] !== 'DisruptionTarget')
    : [];
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(call.store.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const status = { ...pod.status, conditions: [...kept, condition] };
  return call.store.update('pods', { ...pod, status }, { statusOnly: true });
}

function askBudget(call: ObjectCall, pod: StoredObject, options: DeleteOptions): BodyAnswer | undefined {
  if (needsNoBudget(pod)) {
    return undefined;
  }
  const labels = pod.metadata.labels ?? {};
  const budgets = call.store
    .list('poddisruptionbudgets', { namespace: pod.metadata.namespace })
    .filter((budget) => selectorPredicate(budget.spec?.['selector'])(labels));
  const [budget, second] = budgets;
  if (second !== undefined) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    return failure({ status: 500, reason: 'InternalError', message });
  }
  if (budget === undefined || letsUnhealthyGo(pod, budget)) {
    return undefined;
  }
  return spend(call, budget, options);
}

/** Pods whose eviction disrupts nothing: done, not begun, or leaving already. */
function needsNoBudget(pod: StoredObject): boolean {
  const phase = pod.status?.['phase'];
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
  );
}

/** A pod that is not ready may go when the policy says so, or when the rest is healthy enough without it. */
function letsUnhealthyGo(pod: StoredObject, budget: StoredObject): boolean {
  if (isReady(pod)) {
    return false;
  }
  const { currentHealthy, desiredHealthy } = numbersOf(budget);
  return (
    budget.spec?.['unhealthyPodEvictionPolicy'] === 'AlwaysAllow' ||
    (desiredHealthy > 0 && currentHealthy >= desiredHealthy)
  );
}

function isReady(pod: StoredObject): boolean {
  const conditions = pod.status?.['conditions'];
  return (
    Array.isArray(conditions) &&
    conditions.some((each) => isRecord(each) && each['type'] === 'Ready' && each['status'] === 'True')
  );
}

function numbersOf(budget: StoredObject): Readonly<Record<'currentHealthy' | 'desiredHealthy' | 'allowed', number>> {
  const { currentHealthy, desiredHealthy, disruptionsAllowed } = budget.status ?? {};
  return {
    currentHealthy: Number(currentHealthy ?? 0),
    desiredHealthy: Number(desiredHealthy ?? 0),
    allowed: Number(disruptionsAllowed ?? 0),
  };
}

function spend(call: ObjectCall, budget: StoredObject, options: DeleteOptions): BodyAnswer | undefined {
  const { name, generation } = budget.metadata;
  const { currentHealthy, desiredHealthy, allowed } = numbersOf(budget);
  if (Number(budget.status?.['observedGeneration'] ?? 0) < (generation ?? 0)) {
    return budgetRefuses(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (allowed < 0) {
    return forbidden({ group: 'policy', name: 'poddisruptionbudgets' }, name, 'pdb disruptions allowed is negative');
  }
  if (allowed === 0) {
    return budgetRefuses(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  if (!options.dryRun) {
    book(call, budget, allowed - 1);
  }
  return undefined;
}

function book(call: ObjectCall, budget: StoredObject, left: number): void {
  const now = timestamp(call.store.now());
  const { disruptedPods, conditions } = budget.status ?? {};
  const others = Array.isArray(conditions)
    ? conditions.filter((each) => !isRecord(each) || each['type'] !== 'DisruptionAllowed')
    : [];
  const spent = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration: budget.metadata.generation,
    lastTransitionTime: now,
    reason: 'InsufficientPods',
    message: '',
  };
  const status = {
    ...budget.status,
    disruptionsAllowed: left,
    disruptedPods: { ...(isRecord(disruptedPods) ? disruptedPods : {}), [call.name]: now },
    ...(left === 0 ? { conditions: [...others, spent] } : {}),
  };
  call.store.update('poddisruptionbudgets', { ...budget, status }, { statusOnly: true });
}
