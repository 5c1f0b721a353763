import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Endpoints } from '../controllers/endpoints.ts';
import type { Machines } from '../controllers/node.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Profiles } from '../profiles.ts';
import { containerResources } from '../resources.ts';
import { effectOn, leftOf, type Effect, type Sickness } from '../sickness.ts';
import { serviceKey, type ServiceKey, type ServiceSpec, type WorldSpec } from '../spec.ts';
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
  const { usages, answers, noise } = kit.keep('traffic', () => ({
    usages: new Map<string, PodUsage>(),
    answers: new Map<ServiceKey, Answer>(),
    /** How far each drift is from its middle. */
    noise: new Map<string, number>(),
  }));
  const streamOf = makeNames((key) => `traffic/${key}`);
  const errorsOf = makeNames((service) => `${service}/errors`);
  const send = makeFlows({
    kit,
    endpoints: deps.endpoints,
    profiles: deps.profiles,
    order,
    runOf: (podUid) => deps.kubelet.runs(podUid)[0],
    rootOf,
    surgeOf,
    lostOf: (service) => 1 - leftOf(sickness.handshakes.of(service)),
  });

  function rootOf(service: ServiceSpec): number {
    const { rootRate = 0 } = service.load ?? {};
    return rootRate === 0 ? 0 : rootRate * dayShape(kit.now()) * noiseOf(serviceKey(service));
  }

  /** The list of pods that nothing is left beyond. What a fork does not know of it, it finds out again. */
  let complete: readonly PodObject[] | undefined;

  function usageOf(podUid: string): PodUsage {
    let usage = usages.get(podUid);
    if (usage === undefined) {
      usage = newUsage();
      usages.set(podUid, usage);
    }
    return usage;
  }

  /** Drifts by a few percent and comes back. */
  function noiseOf(service: ServiceKey): number {
    const level = (noise.get(service) ?? 0) * 0.95 + (kit.draw(streamOf(service)) - 0.5) * 0.03;
    noise.set(service, level);
    return 1 + level;
  }

  /** What surges and retries make of the requests. Each retry of a request that failed is one request more. */
  function surgeOf(service: ServiceKey): number {
    const retries = sickness.retries.of(service);
    const surges = sickness.traffic.of(service);
    if (retries.length + surges.length === 0) {
      return 1;
    }
    const failing = answers.get(service)?.errorRatio ?? 0;
    const again = retries.reduce((total, each) => total + each * failing, 0);
    return surges.reduce((factor, each) => factor * each, 1) * (1 + again);
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

  function effectFor({ pod, run, profile }: Flow): Effect {
    return effectOn(sickness, {
      service: profile.service,
      podUid: pod.metadata.uid,
      image: run?.container.image ?? '',
      process: run?.process ?? 0,
    });
  }

  /** The CPU limit of a pod, less what its node cannot give. */
  function cpuLimitOf({ pod, run }: Flow): number {
    const limit = run === undefined ? Number.POSITIVE_INFINITY : containerResources(run.container).cpuLimit;
    return limit * (1 - deps.machines.cpuTaken(pod.spec?.nodeName ?? ''));
  }

  function serveOnPod(flow: Flow, seconds: number): PodAnswer {
    const { pod } = flow;
    if (deps.machines.silentSince(pod.spec?.nodeName ?? '') !== undefined) {
      // Its callers wait for nothing, and the pod itself never hears of it.
      return { errorRatio: 1, meanSeconds: HUNG_SECONDS };
    }
    const usage = usageOf(pod.metadata.uid);
    const effect = effectFor(flow);
    const hung = effect.hung === true;
    const limit = cpuLimitOf(flow);
    const key = workloadOf(flow);
    const siblings = Math.max(1, deps.endpoints.serving(key).length);
    useCpu(usage, { ...demandOf(flow, effect, { limit, siblings }), limit, seconds });
    const below = belowOf(
      sickness,
      {
        key,
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
    const own = (flow.load?.errorRatio ?? 0) * noiseOf(errorsOf(workloadOf(flow)));
    const full = deps.isVolumeFull(flow.pod) ? FULL_VOLUME_ERRORS : 0;
    const served = (1 - own) * (1 - shed) * (1 - (effect.errorRatio ?? 0)) * (1 - below.errorRatio) * (1 - full);
    const slow = queueing(Math.max(usage.pressure, usage.burst)) * (effect.latencyFactor ?? 1);
    return { errorRatio: 1 - served, meanSeconds: (flow.load?.latencySeconds ?? 0.005) * slow + below.seconds };
  }

  /** What runs without getting requests: starting, not ready, or not behind a Service. */
  function idle(seconds: number, busy: ReadonlyMap<string, Flow>): void {
    const all = kit.list('pods');
    for (const pod of all) {
      const { uid } = pod.metadata;
      const run = deps.kubelet.runs(uid)[0];
      if (run === undefined || (busy.has(uid) && run.phase === 'running')) {
        continue;
      }
      const wanted = run.phase === 'running' ? (deps.profiles.of(pod).load?.idleCpuMillis ?? 4) / 1_000 : 0;
      useCpu(usageOf(uid), { wanted, limit: containerResources(run.container).cpuLimit, seconds, burst: 0 });
    }
    forgetGone(all);
  }

  function forgetGone(all: readonly PodObject[]): void {
    if (all === complete) {
      return;
    }
    const present = new Set(all.map(({ metadata }) => metadata.uid));
    for (const uid of usages.keys()) {
      if (!present.has(uid)) {
        usages.delete(uid);
      }
    }
    complete = all;
  }

  return { step, usage: (podUid) => usages.get(podUid), answer: (service) => answers.get(service) };
}

/** Names by keys. Joining them anew in each step would cost more than to look them up. */
function makeNames(make: (key: string) => string): (key: string) => string {
  const names = new Map<string, string>();
  return (key) => {
    let name = names.get(key);
    if (name === undefined) {
      name = make(key);
      names.set(key, name);
    }
    return name;
  };
}

/** The workload whose process runs in a pod. */
function workloadOf({ pod, profile }: Flow): ServiceKey {
  return profile.service ?? `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
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
