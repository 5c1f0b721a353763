import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Endpoints } from '../controllers/endpoints.ts';
import type { Machines } from '../controllers/node.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Profiles } from '../profiles.ts';
import { fnv1a, type Random } from '../random.ts';
import { containerResources } from '../resources.ts';
import { effectOn, type Effect, type Sickness } from '../sickness.ts';
import { calleeKey, serviceKey, type ServiceKey, type ServiceSpec, type WorldSpec } from '../spec.ts';
import { callersFirst } from './graph.ts';
import { handleRequests, newUsage, useCpu, type PodUsage } from './usage.ts';

export interface Traffic {
  /** Sends the last `seconds` of requests through the graph. */
  step(seconds: number): void;
  /** What a pod has done; undefined for one that no kubelet has started. */
  usage(podUid: string): PodUsage | undefined;
  /** How a service answers now, as its callers see it. */
  answer(service: ServiceKey): Answer | undefined;
}

export interface Answer {
  readonly requestsPerSecond: number;
  readonly errorRatio: number;
  readonly meanSeconds: number;
  readonly serving: number;
}

export interface TrafficDeps {
  readonly kit: Kit;
  readonly spec: WorldSpec;
  readonly sickness: Sickness;
  readonly profiles: Profiles;
  readonly kubelet: Kubelet;
  readonly endpoints: Endpoints;
  readonly machines: Machines;
}

/** Callers give up after this long. */
const CALL_TIMEOUT_SECONDS = 5;
const HUNG_SECONDS = 10;
const NOT_CALLED: Answer = { requestsPerSecond: 0, errorRatio: 0, meanSeconds: 0, serving: 0 };

/** Requests go down the dependency graph, errors and waiting come back up. */
export function makeTraffic(deps: TrafficDeps): Traffic {
  const { kit } = deps;
  const order = callersFirst(deps.spec.services);
  const usages = new Map<string, PodUsage>();
  const answers = new Map<ServiceKey, Answer>();
  const noise = new Map<ServiceKey, { readonly random: Random; level: number }>();

  function usageOf(podUid: string): PodUsage {
    const usage = usages.get(podUid) ?? newUsage();
    usages.set(podUid, usage);
    return usage;
  }

  /** Drifts by a few percent and comes back. */
  function noiseOf(service: ServiceKey): number {
    const state = noise.get(service) ?? { random: kit.random(`traffic/${service}`), level: 0 };
    noise.set(service, state);
    state.level = state.level * 0.95 + (state.random() - 0.5) * 0.03;
    return 1 + state.level;
  }

  /** The factor on what reaches a service. The additional requests do not go on to its dependencies. */
  function surgeOf(service: ServiceKey): number {
    return deps.sickness.traffic.of(service).reduce((factor, each) => factor * each, 1);
  }

  /** Requests per second that reach each service, callers before callees, without surges. */
  function demands(): ReadonlyMap<ServiceKey, number> {
    const demand = new Map<ServiceKey, number>();
    for (const service of order) {
      const key = serviceKey(service);
      const root = (service.load?.rootRate ?? 0) * dayShape(kit.now()) * noiseOf(key);
      const rate = (demand.get(key) ?? 0) + root;
      demand.set(key, rate);
      if (deps.endpoints.serving(key).length === 0) {
        continue;
      }
      for (const call of service.load?.calls ?? []) {
        const callee = calleeKey(service, call);
        demand.set(callee, (demand.get(callee) ?? 0) + rate * call.perRequest);
      }
    }
    return demand;
  }

  function step(seconds: number): void {
    const demand = demands();
    for (let index = order.length - 1; index >= 0; index -= 1) {
      const service = order[index];
      if (service !== undefined) {
        const key = serviceKey(service);
        answers.set(key, serve(service, (demand.get(key) ?? 0) * surgeOf(key), seconds));
      }
    }
    idle(seconds);
  }

  function serve(service: ServiceSpec, rate: number, seconds: number): Answer {
    const pods = deps.endpoints.serving(serviceKey(service)).filter((pod) => isRunning(pod));
    if (pods.length === 0) {
      return { requestsPerSecond: rate, errorRatio: 1, meanSeconds: 0.001, serving: 0 };
    }
    const below = dependencyAnswer(service);
    const weights = pods.map((pod) => 0.97 + (fnv1a(pod.metadata.uid) % 61) / 1_000);
    const weight = weights.reduce((total, each) => total + each, 0);
    let failed = 0;
    let waited = 0;
    for (const [index, pod] of pods.entries()) {
      const share = (weights[index] ?? 0) / weight;
      const answer = serveOnPod(service, pod, { rate: rate * share, seconds, below });
      failed += share * answer.errorRatio;
      waited += share * answer.meanSeconds;
    }
    return { requestsPerSecond: rate, errorRatio: failed, meanSeconds: waited, serving: pods.length };
  }

  function isRunning(pod: PodObject): boolean {
    return deps.kubelet.runs(pod.metadata.uid)[0]?.phase === 'running';
  }

  function effectFor(pod: PodObject): Effect {
    const run = deps.kubelet.runs(pod.metadata.uid)[0];
    return effectOn(deps.sickness, {
      service: deps.profiles.of(pod).service,
      podUid: pod.metadata.uid,
      image: run?.container.image ?? '',
      process: run?.process ?? 0,
    });
  }

  interface Below {
    /** Share of the service's requests that fail because of a dependency. */
    readonly errorRatio: number;
    readonly seconds: number;
    readonly callsPerRequest: number;
    readonly failedPerRequest: number;
  }

  function dependencyAnswer(service: ServiceSpec): Below {
    let served = 1;
    let seconds = 0;
    let callsPerRequest = 0;
    let failedPerRequest = 0;
    const callingShare = 1 / surgeOf(serviceKey(service));
    const add = (calls: number, answer: Answer, required: boolean): void => {
      const perRequest = calls * callingShare;
      const timedOut = answer.meanSeconds > CALL_TIMEOUT_SECONDS ? 1 : answer.errorRatio;
      served *= required ? 1 - Math.min(1, perRequest) * timedOut : 1;
      seconds += perRequest * Math.min(answer.meanSeconds, CALL_TIMEOUT_SECONDS);
      callsPerRequest += perRequest;
      failedPerRequest += perRequest * timedOut;
    };
    for (const call of service.load?.calls ?? []) {
      add(call.perRequest, answers.get(calleeKey(service, call)) ?? NOT_CALLED, call.required);
    }
    const outage = 1 - deps.sickness.externals.of(serviceKey(service)).reduce((left, ratio) => left * (1 - ratio), 1);
    for (const external of service.load?.externals ?? []) {
      const answer = { ...NOT_CALLED, errorRatio: Math.max(0.001, outage), meanSeconds: 0.05 * (1 + 10 * outage) };
      add(external.perRequest, answer, true);
    }
    return { errorRatio: 1 - served, seconds, callsPerRequest, failedPerRequest };
  }

  function serveOnPod(
    service: ServiceSpec,
    pod: PodObject,
    flow: { readonly rate: number; readonly seconds: number; readonly below: Below },
  ): { readonly errorRatio: number; readonly meanSeconds: number } {
    if (deps.machines.silentSince(pod.spec?.nodeName ?? '') !== undefined) {
      // Its callers wait for nothing, and the pod itself never hears of it.
      return { errorRatio: 1, meanSeconds: HUNG_SECONDS };
    }
    const usage = usageOf(pod.metadata.uid);
    const effect = effectFor(pod);
    const load = service.load;
    const container = deps.kubelet.runs(pod.metadata.uid)[0]?.container;
    const limit = container === undefined ? Number.POSITIVE_INFINITY : containerResources(container).cpuLimit;
    const hung = effect.hung === true;
    const work = hung ? 0 : flow.rate * (load?.cpuMillisPerRequest ?? 1);
    useCpu(usage, { wanted: ((load?.idleCpuMillis ?? 2) + work) / 1_000, limit, seconds: flow.seconds });
    const answer = answerOf({ usage, effect, below: flow.below, service });
    const requests = flow.rate * flow.seconds;
    handleRequests(usage, { requests, ...answer });
    if (!hung) {
      usage.clientFailed += requests * flow.below.failedPerRequest;
      usage.clientOk += requests * (flow.below.callsPerRequest - flow.below.failedPerRequest);
    }
    return answer;
  }

  function answerOf(on: {
    readonly usage: PodUsage;
    readonly effect: Effect;
    readonly below: Below;
    readonly service: ServiceSpec;
  }): { readonly errorRatio: number; readonly meanSeconds: number } {
    const { usage, effect, below, service } = on;
    if (effect.hung === true) {
      return { errorRatio: 1, meanSeconds: HUNG_SECONDS };
    }
    const shed = usage.pressure > 1 ? 1 - 1 / usage.pressure : 0;
    const own = (service.load?.errorRatio ?? 0) * noiseOf(`${serviceKey(service)}/errors`);
    const served = (1 - own) * (1 - shed) * (1 - (effect.errorRatio ?? 0)) * (1 - below.errorRatio);
    const slow = queueing(usage.pressure) * (effect.latencyFactor ?? 1);
    return { errorRatio: 1 - served, meanSeconds: (service.load?.latencySeconds ?? 0.005) * slow + below.seconds };
  }

  /** What runs without getting requests: starting, not ready, or not behind a Service. */
  function idle(seconds: number): void {
    const present = new Set<string>();
    const busy = new Set(
      order.flatMap((service) => deps.endpoints.serving(serviceKey(service)).map((pod) => pod.metadata.uid)),
    );
    for (const pod of kit.list('pods')) {
      const { uid } = pod.metadata;
      present.add(uid);
      const run = deps.kubelet.runs(uid)[0];
      if (run === undefined || (busy.has(uid) && run.phase === 'running')) {
        continue;
      }
      const wanted = run.phase === 'running' ? (deps.profiles.of(pod).load?.idleCpuMillis ?? 4) / 1_000 : 0;
      useCpu(usageOf(uid), { wanted, limit: containerResources(run.container).cpuLimit, seconds });
    }
    for (const uid of usages.keys()) {
      if (!present.has(uid)) {
        usages.delete(uid);
      }
    }
  }

  return { step, usage: (podUid) => usages.get(podUid), answer: (service) => answers.get(service) };
}

/** More by day than by night: 0.7 at three in the morning, 1.3 at three in the afternoon (UTC). */
function dayShape(epochMs: number): number {
  const hours = (epochMs / 3_600_000) % 24;
  return 1 + 0.3 * Math.sin(((hours - 9) / 24) * 2 * Math.PI);
}

/** How much longer a request takes at this pressure: hardly more at one half, eighteen times from 0.95 on. */
function queueing(pressure: number): number {
  const bounded = Math.min(Math.max(pressure, 0), 0.95);
  return 1 + bounded ** 3 / (1 - bounded);
}
