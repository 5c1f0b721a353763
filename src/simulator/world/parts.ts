import type { ObjectStore } from '../objects.ts';
import { makeControlPlane, type ControlPlane } from './control-plane.ts';
import { makeEndpoints, type Endpoints } from './controllers/endpoints.ts';
import { makeInjector, type Injector } from './faults/injector.ts';
import type { PodObject } from './kinds.ts';
import { makeJobCures } from './job-cures.ts';
import { makeKit, type Kit } from './kit.ts';
import { heldOn, makeEvictions } from './kubelet/eviction.ts';
import { makeKubelet, type Kubelet } from './kubelet/kubelet.ts';
import { makeRecorder, type Recorder } from './load/recorder.ts';
import { makeTraffic, type Traffic } from './load/traffic.ts';
import { makeMachines, type Hosts } from './machines.ts';
import type { Memory } from './memory.ts';
import { makeProfiles, type Profiles } from './profiles.ts';
import { makeSickness } from './sickness.ts';
import type { WorldSpec } from './spec.ts';
import type { Volume } from './view.ts';
import { fullest, makeVolumes } from './volumes.ts';

/** Share of a volume from which nothing can be written any more. */
const FULL = 0.995;

export interface PartsDeps {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly memory: Memory;
  readonly seed: number;
  readonly reseed?: string | undefined;
  readonly scenario: WorldSpec;
}

/** Everything that lives in a world. */
export interface Parts {
  readonly store: ObjectStore;
  readonly kit: Kit;
  readonly profiles: Profiles;
  readonly machines: Hosts;
  readonly kubelet: Kubelet;
  readonly endpoints: Endpoints;
  readonly evictions: { step(): void };
  readonly volumesOf: (pod: PodObject) => readonly Volume[];
  readonly traffic: Traffic;
  readonly recorder: Recorder;
  readonly injector: Injector;
  readonly jobCures: { step(): void };
  readonly control: ControlPlane;
}

/** The parts of a world, on a memory and a store that hold all that they remember. */
export function makeParts({ store, now, memory, seed, reseed, scenario }: PartsDeps): Parts {
  const kit = makeKit({ store, now, seed, memory, reseed });
  const sickness = makeSickness(memory);
  const profiles = makeProfiles(scenario, memory);
  const machines = makeMachines({ memory, sickness, now });
  const kubelet = makeKubelet({ kit, sickness, profiles, machines });
  const endpoints = makeEndpoints(kit);
  const evictions = makeEvictions({ kit, hosts: machines, kubelet });
  const volumesOf = makeVolumes({ kit, sickness, profiles, now });
  const traffic = makeTraffic({
    kit,
    spec: scenario,
    sickness,
    profiles,
    kubelet,
    endpoints,
    machines,
    isVolumeFull: (pod) => (fullest(volumesOf(pod)) ?? 0) >= FULL,
  });
  const recorder = makeRecorder({ kit, kubelet, traffic, profiles, machines });
  const injector = makeInjector({ kit, sickness, heldOn: (node) => heldOn(kit, kubelet, node) });
  const jobCures = makeJobCures(kit, injector);
  const cpuOf = (podUid: string): number | undefined => traffic.usage(podUid)?.cpu;
  const control = makeControlPlane({ kit, machines, endpoints, cpuOf, spec: scenario });
  return {
    store,
    kit,
    profiles,
    machines,
    kubelet,
    endpoints,
    evictions,
    volumesOf,
    traffic,
    recorder,
    injector,
    jobCures,
    control,
  };
}
