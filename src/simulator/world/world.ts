import type { Signals } from '../../domain/diagnosis.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { ObjectStore } from '../objects.ts';
import { renderMetrics } from '../metrics/metrics.ts';
import { createObjects, rollToPresent } from './bootstrap.ts';
import { makeControlPlane } from './control-plane.ts';
import { makeEndpoints } from './controllers/endpoints.ts';
import { makeInjector, type Truth } from './faults/injector.ts';
import type { PodObject } from './kinds.ts';
import { makeKit } from './kit.ts';
import { makeJobCures } from './job-cures.ts';
import { heldOn, makeEvictions } from './kubelet/eviction.ts';
import { makeKubelet } from './kubelet/kubelet.ts';
import { makeRecorder } from './load/recorder.ts';
import { makeSignals } from './load/signals.ts';
import { makeTraffic, type Answer } from './load/traffic.ts';
import { makeMachines } from './machines.ts';
import { makeProfiles } from './profiles.ts';
import { makeSickness } from './sickness.ts';
import type { FaultSpec, ServiceKey, WorldSpec } from './spec.ts';
import type { WorldView } from './view.ts';
import { fullest, makeVolumes } from './volumes.ts';

export interface WorldDeps {
  readonly store: ObjectStore;
  /** The same seed (and the same uids from the store) gives the same world. */
  readonly seed: number;
  readonly scenario: WorldSpec;
}

/** A cluster of microservices that lives in an object store. Whoever writes to the store acts on it at the next tick. */
export interface World {
  /**
   * Lives through the time since the last tick, up to the store's clock, in steps of a second.
   *
   * @throws RangeError when the clock did not move although `seconds` should have passed.
   */
  tick(seconds: number): void;
  /** Begins at the next tick after its onset; a fault of the same id is cleared first. */
  inject(fault: FaultSpec): void;
  /** Takes a fault's cause away from outside, as its owner would. Unknown ids are ignored. */
  clear(faultId: string): void;
  /** What a container wrote. `container` may be left undefined for the first one. Undefined when there is nothing of the kind. */
  logs(namespace: string, pod: string, container: string | undefined, previous: boolean): string | undefined;
  /** Prometheus text exposition, in the names of kube-state-metrics, cAdvisor, the kubelet and the applications. */
  metricsText(): string;
  /** As PromQL over `metricsText` would say; rates over `windowMs` (five minutes when left out). */
  signals(workload: WorkloadRef, pods: readonly string[], windowMs?: number): Signals;
  /** The faults that were injected and not cleared; for tests and demos, never for the product. */
  truth(): readonly Truth[];
  /** How a service answers its callers now. */
  answer(service: ServiceKey): Answer | undefined;
  /** The ready pods behind a Service. */
  serving(service: ServiceKey): readonly PodObject[];
  /** What a process does that is asked to reset itself: what piled up in it and what hung in it is gone, without a restart. */
  reset(podUid: string): void;
  readonly view: WorldView;
}

/** Share of a volume from which nothing can be written any more. */
const FULL = 0.995;
const STEP_MS = 1_000;
/** After a long pause (a laptop that slept) the world catches up in so many longer steps. */
const MOST_STEPS = 600;
const SETTLE_SECONDS = 90;
const PREHISTORY_STEP_MS = 15_000;

/** A world on a store. With `prehistorySeconds` it has already run for so long, healthy, when this returns. */
export function makeWorld(deps: WorldDeps): World {
  const { store, scenario } = deps;
  const prehistoryMs = (scenario.prehistorySeconds ?? 0) * 1_000;
  let now = store.now() - prehistoryMs;
  const kit = makeKit({ store, now: () => now, seed: deps.seed });
  const sickness = makeSickness();
  const profiles = makeProfiles(scenario);
  const machines = makeMachines({ sickness, now: () => now });
  const kubelet = makeKubelet({ kit, sickness, profiles, machines });
  const endpoints = makeEndpoints(kit);
  const evictions = makeEvictions({ kit, hosts: machines, kubelet });
  const volumesOf = makeVolumes({ kit, sickness, profiles, now: () => now });
  const isVolumeFull = (pod: PodObject): boolean => (fullest(volumesOf(pod)) ?? 0) >= FULL;
  const traffic = makeTraffic({
    kit,
    spec: scenario,
    sickness,
    profiles,
    kubelet,
    endpoints,
    machines,
    isVolumeFull,
  });
  const recorder = makeRecorder({ kit, kubelet, traffic, profiles, machines });
  const injector = makeInjector({ kit, sickness, heldOn: (node) => heldOn(kit, kubelet, node) });
  const jobCures = makeJobCures(kit, injector);
  const control = makeControlPlane({
    kit,
    machines,
    endpoints,
    cpuOf: (uid) => traffic.usage(uid)?.cpu,
    spec: scenario,
  });

  function step(milliseconds: number): void {
    now += milliseconds;
    const seconds = milliseconds / 1_000;
    injector.step();
    control.step();
    jobCures.step();
    kubelet.step(seconds);
    evictions.step();
    traffic.step(seconds);
    recorder.step();
  }

  function advanceTo(target: number, stepMs: number): void {
    while (now < target) {
      step(Math.min(stepMs, target - now));
    }
  }

  function livePrehistory(): void {
    const present = now + prehistoryMs;
    const settled = Math.min(present, now + SETTLE_SECONDS * 1_000);
    advanceTo(settled, STEP_MS);
    if (hasPast) {
      rollToPresent(kit, scenario);
      advanceTo(Math.min(present, settled + 2 * SETTLE_SECONDS * 1_000), STEP_MS);
    }
    advanceTo(present, PREHISTORY_STEP_MS);
  }

  // A rollout needs time to happen in.
  const hasPast = prehistoryMs > 4 * SETTLE_SECONDS * 1_000;
  createObjects(kit, scenario, { previousImages: hasPast });
  for (const { resource, object } of scenario.objects ?? []) {
    const { namespace, name = '' } = object.metadata;
    if (store.get(resource, namespace, name) === undefined) {
      store.create(resource, object);
    }
  }
  livePrehistory();

  const view: WorldView = {
    kit,
    runs: (uid) => kubelet.runs(uid),
    usage: (uid) => traffic.usage(uid),
    isScraped: (pod) => machines.silentSince(pod.spec?.nodeName ?? '') === undefined,
    serviceOf: (pod) => profiles.of(pod).service?.split('/')[1],
    healPathOf: (pod) => profiles.of(pod).healPath,
    volumesOf,
  };
  const signals = makeSignals({
    kit,
    kubelet,
    recorder,
    volumeUsedRatio: (pod) => fullest(volumesOf(pod)),
  });

  return {
    tick(seconds) {
      const elapsed = store.now() - now;
      if (elapsed <= 0 && seconds > 0) {
        throw new RangeError('move the clock of the store before the tick');
      }
      advanceTo(store.now(), Math.max(STEP_MS, elapsed / MOST_STEPS));
    },
    inject: (fault) => injector.inject(fault),
    clear: (faultId) => injector.clear(faultId),
    logs: (namespace, name, container, previous) => kubelet.logs({ namespace, name }, container, previous),
    metricsText: () => renderMetrics(view),
    signals,
    truth: () => injector.truth(),
    answer: (service) => traffic.answer(service),
    reset: (podUid) => kubelet.reset(podUid),
    serving: (service) => endpoints.serving(service),
    view,
  };
}

/** Moves a virtual clock and the world on together, second by second. */
export function advance(
  world: Pick<World, 'tick'>,
  clock: { advance(milliseconds: number): void },
  seconds: number,
): void {
  for (let passed = 0; passed < seconds; passed += 1) {
    const step = Math.min(1, seconds - passed);
    clock.advance(step * 1_000);
    world.tick(step);
  }
}
