import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Endpoints } from '../controllers/endpoints.ts';
import type { Machines } from '../controllers/node.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Profiles } from '../profiles.ts';
import type { Random } from '../random.ts';
import { containerResources } from '../resources.ts';
import { effectOn, leftOf, type Effect, type Sickness } from '../sickness.ts';
import { serviceKey, type ServiceKey, type WorldSpec } from '../spec.ts';
import { belowOf, type Answer, type Below } from './below.ts';
import { makeFlows, type Flow, type Part } from './flows.ts';
import { callersFirst } from './graph.ts';
import { handleRequests, newUsage, useCpu, type PodUsage } from './usage.ts';

export type { Answer } from './below.ts';

export interface Traffic {
  /** Sends the last `seconds` of requests through the graph. */
  step(seconds: number): void;
  /** What a pod has done; undefined for one that no kubelet has started. */
  usage(podUid: string): PodUsage | undefined;
  /** How a service answers now, as its callers see it. */
  answer(service: ServiceKey): Answer | undefined;
}

export interface TrafficDeps {
  readonly kit: Kit;
  readonly spec: WorldSpec;
  readonly sickness: Sickness;
  readonly profiles: Profiles;
  readonly kubelet: Kubelet;
  readonly endpoints: Endpoints;
  readonly machines: Machines;
  readonly isVolumeFull: (pod: PodObject) => boolean;
}

const HUNG_SECONDS = 10;
/** Share of requests that fail where nothing can be written any more. */
const FULL_VOLUME_ERRORS = 0.6;
const NO_POD = { errorRatio: 1, meanSeconds: 0.001 };
/** A storm of retries is over when so few requests fail. */
const STORM_OVER = 0.01;

/** What a pod makes of its requests. */
interface PodAnswer {
  readonly errorRatio: number;
  readonly meanSeconds: number;
}

/** Requests go down the dependency graph, errors and waiting come back up. */
export function makeTraffic(deps: TrafficDeps): Traffic {
  const { kit, sickness } = deps;
  const order = callersFirst(deps.spec.services);
  const usages = new Map<string, PodUsage>();
  const answers = new Map<ServiceKey, Answer>();
  const noise = new Map<ServiceKey, { readonly random: Random; level: number }>();
  const send = makeFlows({
    kit,
    endpoints: deps.endpoints,
    profiles: deps.profiles,
    order,
    isRunning: (pod) => deps.kubelet.runs(pod.metadata.uid)[0]?.phase === 'running',
    rootOf: (service) => (service.load?.rootRate ?? 0) * dayShape(kit.now()) * noiseOf(serviceKey(service)),
    surgeOf,
    lostOf: (service) => 1 - leftOf(sickness.handshakes.of(service)),
  });

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

  /** What surges and retries make of the requests. Each retry of a request that failed is one request more. */
  function surgeOf(service: ServiceKey): number {
    const failing = answers.get(service)?.errorRatio ?? 0;
    const again = sickness.retries.of(service).reduce((total, retries) => total + retries * failing, 0);
    return sickness.traffic.of(service).reduce((factor, each) => factor * each, 1) * (1 + again);
  }

  function step(seconds: number): void {
    const flows = send();
    const present = new Map<string, PodAnswer>();
    for (let index = order.length - 1; index >= 0; index -= 1) {
      const service = order[index];
      const key = service === undefined ? '' : serviceKey(service);
      const asked = flows.byService.get(key);
      if (asked === undefined) {
        continue;
      }
      for (const { pod } of asked.parts) {
        const { uid } = pod.metadata;
        const flow = flows.byPod.get(uid);
        if (flow !== undefined && !present.has(uid)) {
          present.set(uid, serveOnPod(flow, seconds));
        }
      }
      answers.set(key, combined(asked, present, 1 - leftOf(sickness.handshakes.of(key))));
      calm(key);
    }
    idle(seconds, flows.byPod);
  }

  /** A storm feeds on failures: without them, and without the surge that began it, it is over. */
  function calm(service: ServiceKey): void {
    const failing = answers.get(service)?.errorRatio ?? 0;
    if (failing < STORM_OVER && sickness.traffic.of(service).length === 0) {
      sickness.retries.drop(service);
    }
  }

  function effectFor(pod: PodObject): Effect {
    const run = deps.kubelet.runs(pod.metadata.uid)[0];
    return effectOn(sickness, {
      service: deps.profiles.of(pod).service,
      podUid: pod.metadata.uid,
      image: run?.container.image ?? '',
      process: run?.process ?? 0,
    });
  }

  /** The workload whose process runs in a pod. */
  function workloadOf(pod: PodObject): ServiceKey {
    return deps.profiles.of(pod).service ?? `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  }

  /** The CPU limit of a pod, less what its node cannot give. */
  function cpuLimitOf(pod: PodObject): number {
    const container = deps.kubelet.runs(pod.metadata.uid)[0]?.container;
    const limit = container === undefined ? Number.POSITIVE_INFINITY : containerResources(container).cpuLimit;
    return limit * (1 - deps.machines.cpuTaken(pod.spec?.nodeName ?? ''));
  }

  function serveOnPod(flow: Flow, seconds: number): PodAnswer {
    const { pod } = flow;
    if (deps.machines.silentSince(pod.spec?.nodeName ?? '') !== undefined) {
      // Its callers wait for nothing, and the pod itself never hears of it.
      return { errorRatio: 1, meanSeconds: HUNG_SECONDS };
    }
    const usage = usageOf(pod.metadata.uid);
    const effect = effectFor(pod);
    const hung = effect.hung === true;
    const limit = cpuLimitOf(pod);
    const siblings = Math.max(1, deps.endpoints.serving(workloadOf(pod)).length);
    useCpu(usage, { ...demandOf(flow, effect, { limit, siblings }), limit, seconds });
    const below = belowOf(
      sickness,
      {
        key: workloadOf(pod),
        namespace: pod.metadata.namespace ?? '',
        load: flow.load,
        pods: siblings,
        callingShare: flow.rate > 0 ? Math.min(1, flow.calm / flow.rate) : 1,
      },
      (service) => answers.get(service),
    );
    const answer = answerOf({ usage, effect, below, flow });
    const requests = flow.rate * seconds;
    handleRequests(usage, { requests, ...answer });
    if (!hung) {
      usage.clientFailed += requests * below.failedPerRequest;
      usage.clientOk += requests * (below.callsPerRequest - below.failedPerRequest);
    }
    return answer;
  }

  function answerOf(on: {
    readonly usage: PodUsage;
    readonly effect: Effect;
    readonly below: Below;
    readonly flow: Flow;
  }): PodAnswer {
    const { usage, effect, below, flow } = on;
    if (effect.hung === true) {
      return { errorRatio: 1, meanSeconds: HUNG_SECONDS };
    }
    const shed = usage.pressure > 1 ? 1 - 1 / usage.pressure : 0;
    const own = (flow.load?.errorRatio ?? 0) * noiseOf(`${workloadOf(flow.pod)}/errors`);
    const full = deps.isVolumeFull(flow.pod) ? FULL_VOLUME_ERRORS : 0;
    const served = (1 - own) * (1 - shed) * (1 - (effect.errorRatio ?? 0)) * (1 - below.errorRatio) * (1 - full);
    const slow = queueing(Math.max(usage.pressure, usage.burst)) * (effect.latencyFactor ?? 1);
    return { errorRatio: 1 - served, meanSeconds: (flow.load?.latencySeconds ?? 0.005) * slow + below.seconds };
  }

  /** What runs without getting requests: starting, not ready, or not behind a Service. */
  function idle(seconds: number, busy: ReadonlyMap<string, Flow>): void {
    const present = new Set<string>();
    for (const pod of kit.list('pods')) {
      const { uid } = pod.metadata;
      present.add(uid);
      const run = deps.kubelet.runs(uid)[0];
      if (run === undefined || (busy.has(uid) && run.phase === 'running')) {
        continue;
      }
      const wanted = run.phase === 'running' ? (deps.profiles.of(pod).load?.idleCpuMillis ?? 4) / 1_000 : 0;
      useCpu(usageOf(uid), { wanted, limit: containerResources(run.container).cpuLimit, seconds, burst: 0 });
    }
    for (const uid of usages.keys()) {
      if (!present.has(uid)) {
        usages.delete(uid);
      }
    }
  }

  return { step, usage: (podUid) => usages.get(podUid), answer: (service) => answers.get(service) };
}

/** The CPU that a process wants: for its work, and for what is wrong with it. Cores. */
function demandOf(
  { load, rate }: Flow,
  effect: Effect,
  { limit, siblings }: { readonly limit: number; readonly siblings: number },
): { readonly wanted: number; readonly burst: number } {
  const work = effect.hung === true ? 0 : rate * (load?.cpuMillisPerRequest ?? 1);
  const spin = (effect.spins ?? 0) * (Number.isFinite(limit) ? limit : 1);
  return {
    wanted: ((load?.idleCpuMillis ?? 2) + work) / 1_000 + spin,
    burst: (effect.burstCores ?? 0) / siblings,
  };
}

/** How the callers of a service see it: its pods' answers by their shares, and nobody's where a share has no pod. */
function combined(
  asked: { readonly rate: number; readonly parts: readonly Part[] },
  present: ReadonlyMap<string, PodAnswer>,
  lost: number,
): Answer {
  let failed = 0;
  let waited = 0;
  let shared = 0;
  for (const { pod, share } of asked.parts) {
    const answer = present.get(pod.metadata.uid) ?? NO_POD;
    failed += share * answer.errorRatio;
    waited += share * answer.meanSeconds;
    shared += share;
  }
  const nobody = Math.max(0, 1 - shared);
  const errorRatio = failed + nobody * NO_POD.errorRatio;
  return {
    requestsPerSecond: asked.rate,
    errorRatio: 1 - (1 - Math.min(1, errorRatio)) * (1 - lost),
    meanSeconds: waited + nobody * NO_POD.meanSeconds,
    serving: asked.parts.length,
  };
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
