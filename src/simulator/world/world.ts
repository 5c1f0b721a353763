import type { Signals } from '../../domain/diagnosis.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { ObjectStore } from '../objects.ts';
import { renderMetrics } from '../metrics/metrics.ts';
import type { Truth } from './faults/injector.ts';
import type { PodObject } from './kinds.ts';
import { makeSignals } from './load/signals.ts';
import type { Answer } from './load/traffic.ts';
import { makeMemory, type Memory } from './memory.ts';
import { makeParts, type Parts } from './parts.ts';
import { livePrehistory } from './prehistory.ts';
import type { FaultSpec, ServiceKey, WorldSpec } from './spec.ts';
import { advanceTo, type Time } from './step.ts';
import type { WorldView } from './view.ts';
import { fullest } from './volumes.ts';

export interface WorldDeps {
  readonly store: ObjectStore;
  /** The same seed (and the same uids from the store) gives the same world. */
  readonly seed: number;
  readonly scenario: WorldSpec;
  /**
   * The longest step, in milliseconds; 1,000 when left out. In longer steps requests are sent and measured as rarely; what
   * starts, ends and is rolled out still moves second by second while it does.
   */
  readonly stepMs?: number | undefined;
}

export interface WorldForkOptions {
  /** A fork of the origin's store. */
  readonly store: ObjectStore;
  /** From now on all random numbers are others than the origin's; without it the fork repeats what the origin would do. */
  readonly reseed?: string | undefined;
  /** The origin's when left out. */
  readonly stepMs?: number | undefined;
}

/** A cluster of microservices that lives in an object store. Whoever writes to the store acts on it at the next tick. */
export interface World {
  /**
   * Lives through the time since the last tick, up to the store's clock, in steps of a second or as `stepMs` says.
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
  /** This world's present with a future of its own. `forkWorld` makes the store and the clock that belong to it. */
  fork(options: WorldForkOptions): World;
}

const STEP_MS = 1_000;
/** After a long pause (a laptop that slept) the world catches up in so many longer steps. */
const MOST_STEPS = 600;

/** A world on a store. With `prehistorySeconds` it has already run for so long, healthy, when this returns. */
export function makeWorld(deps: WorldDeps): World {
  const { store, scenario } = deps;
  const time = { now: store.now() - (scenario.prehistorySeconds ?? 0) * 1_000 };
  const memory = makeMemory();
  const parts = makeParts({ ...deps, memory, now: () => time.now });
  livePrehistory(parts, time, scenario);
  return worldOf({ ...deps, memory, time, parts });
}

interface Insides extends WorldDeps {
  readonly memory: Memory;
  readonly time: Time;
  readonly parts: Parts;
}

function worldOf(insides: Insides): World {
  const { store, parts, time } = insides;
  const { kit, kubelet, endpoints, injector, machines, profiles, recorder, traffic, volumesOf } = parts;
  const stepMs = insides.stepMs ?? STEP_MS;
  const view: WorldView = {
    kit,
    runs: (uid) => kubelet.runs(uid),
    usage: (uid) => traffic.usage(uid),
    cpuTaken: (node) => machines.cpuTaken(node),
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
    cpuTaken: (node) => machines.cpuTaken(node),
  });

  return {
    tick(seconds) {
      const elapsed = store.now() - time.now;
      if (elapsed <= 0 && seconds > 0) {
        throw new RangeError('move the clock of the store before the tick');
      }
      const longest = Math.max(stepMs, elapsed / MOST_STEPS);
      advanceTo(parts, time, { target: store.now(), stepMs: longest, fineMs: Math.max(STEP_MS, elapsed / MOST_STEPS) });
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
    fork: (options) => forkOf(insides, options),
  };
}

function forkOf({ memory, time, seed, scenario, stepMs }: Insides, options: WorldForkOptions): World {
  const { store, reseed } = options;
  const copies = { memory: memory.fork(), time: { ...time } };
  const deps = { store, seed, scenario, stepMs: options.stepMs ?? stepMs };
  return worldOf({ ...deps, ...copies, parts: makeParts({ ...deps, ...copies, reseed, now: () => copies.time.now }) });
}

/** Moves a virtual clock and the world on together, in ticks of so many seconds: second by second when left out. */
export function advance(
  world: Pick<World, 'tick'>,
  clock: { advance(milliseconds: number): void },
  seconds: number,
  tickSeconds = 1,
): void {
  for (let passed = 0; passed < seconds; passed += tickSeconds) {
    const step = Math.min(tickSeconds, seconds - passed);
    clock.advance(step * 1_000);
    world.tick(step);
  }
}
