import type { Sickness } from '../sickness.ts';
import { CLUSTER, leftOf } from '../sickness.ts';
import { calleeKey, type LoadSpec, type ServiceKey } from '../spec.ts';

/** How a service answers now, as its callers see it. */
export interface Answer {
  readonly requestsPerSecond: number;
  readonly errorRatio: number;
  readonly meanSeconds: number;
  readonly serving: number;
}

/** What a service's own calls do to its requests. */
export interface Below {
  /** Share of the service's requests that fail because of a dependency. */
  readonly errorRatio: number;
  readonly seconds: number;
  readonly callsPerRequest: number;
  readonly failedPerRequest: number;
}

/** Who calls: its namespace, its key, what it calls, over how many pods, and which share of its requests calls at all. */
export interface Caller {
  readonly key: ServiceKey;
  readonly namespace: string;
  readonly load: LoadSpec | undefined;
  readonly pods: number;
  readonly callingShare: number;
}

/** Callers give up after this long. */
const CALL_TIMEOUT_SECONDS = 5;
const NOT_CALLED: Answer = { requestsPerSecond: 0, errorRatio: 0, meanSeconds: 0, serving: 0 };
const NOTHING_BELOW: Below = { errorRatio: 0, seconds: 0, callsPerRequest: 0, failedPerRequest: 0 };
/** Connections that each pod holds to its database. */
export const CONNECTIONS_PER_POD = 10;
/** Calls of a request to its database. */
const QUERIES = 3;
/** How long a look-up that fails takes to do so. */
const LOOKUP_SECONDS = 0.4;

/** What the dependencies of a caller do to it: errors and waiting come back up. */
export function belowOf(
  sickness: Sickness,
  caller: Caller,
  answerOf: (service: ServiceKey) => Answer | undefined,
): Below {
  const { load, key } = caller;
  const calls = load?.calls ?? [];
  const externals = load?.externals ?? [];
  const slow = sickness.slowness.of(key).reduce((total, each) => total + each, 0);
  const unresolved = 1 - leftOf(sickness.names.of(CLUSTER));
  const outage = 1 - leftOf(sickness.externals.of(key));
  const connections = sickness.pools.of(key);
  if (calls.length + externals.length + connections.length === 0) {
    return NOTHING_BELOW;
  }
  const sum = makeSum(caller.callingShare, unresolved);
  for (const call of calls) {
    const answer = answerOf(calleeKey(caller, call)) ?? NOT_CALLED;
    const seconds = answer.meanSeconds + (externals.length === 0 ? slow : 0);
    sum.add(call.perRequest, { ...answer, meanSeconds: seconds }, call.required);
  }
  for (const external of externals) {
    const seconds = 0.05 * (1 + 10 * outage) + slow;
    sum.add(external.perRequest, { ...NOT_CALLED, errorRatio: Math.max(0.001, outage), meanSeconds: seconds }, true);
  }
  if (connections.length > 0) {
    const refused = Math.max(0, 1 - Math.min(...connections) / Math.max(1, CONNECTIONS_PER_POD * caller.pods));
    sum.add(QUERIES, { ...NOT_CALLED, errorRatio: refused, meanSeconds: 0.002 + 0.03 * refused }, true);
  }
  return sum.total();
}

function makeSum(
  callingShare: number,
  unresolved: number,
): { add(calls: number, answer: Answer, required: boolean): void; total(): Below } {
  let served = 1;
  let seconds = 0;
  let callsPerRequest = 0;
  let failedPerRequest = 0;
  return {
    add(calls, answer, required) {
      const perRequest = calls * callingShare;
      const timedOut = answer.meanSeconds > CALL_TIMEOUT_SECONDS ? 1 : answer.errorRatio;
      const failed = 1 - (1 - timedOut) * (1 - unresolved);
      served *= required ? 1 - Math.min(1, perRequest) * failed : 1;
      seconds += perRequest * (Math.min(answer.meanSeconds, CALL_TIMEOUT_SECONDS) + unresolved * LOOKUP_SECONDS);
      callsPerRequest += perRequest;
      failedPerRequest += perRequest * failed;
    },
    total: () => ({ errorRatio: 1 - served, seconds, callsPerRequest, failedPerRequest }),
  };
}
