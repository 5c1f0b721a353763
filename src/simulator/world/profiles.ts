import type { PodObject } from './kinds.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import type { Keeper } from './memory.ts';
import { serviceKey, type LoadSpec, type ServiceKey, type WorldSpec } from './spec.ts';

/** How the process in a pod behaves, whatever the cluster says about it. */
export interface Profile {
  readonly service: ServiceKey | undefined;
  readonly startSeconds: number;
  /** Working set of a fresh process, bytes. */
  readonly memory: number;
  readonly load: LoadSpec | undefined;
  readonly volumeUsedRatio: number | undefined;
  readonly healPath: string | undefined;
  /** Set for processes that end by themselves. */
  readonly runs: { readonly seconds: number; readonly exitCode: number } | undefined;
}

export interface Profiles {
  /** By the labels that the pod had when it was first asked for: taking one away later does not change the process. */
  of(pod: PodObject): Profile;
}

const UNKNOWN: Profile = {
  service: undefined,
  startSeconds: 2,
  memory: 24 * 2 ** 20,
  load: undefined,
  volumeUsedRatio: undefined,
  healPath: undefined,
  runs: undefined,
};

export function makeProfiles(spec: WorldSpec, memory: Keeper): Profiles {
  const byService = new Map<ServiceKey, Profile>(
    spec.services.map((service) => [
      serviceKey(service),
      {
        service: serviceKey(service),
        startSeconds: service.startSeconds ?? 4,
        memory: parseQuantity(service.memory) ?? UNKNOWN.memory,
        load: service.load,
        volumeUsedRatio: service.volume?.usedRatio,
        healPath: service.healEndpoint?.path,
        runs: undefined,
      },
    ]),
  );
  for (const cron of spec.crons ?? []) {
    byService.set(serviceKey(cron), {
      ...UNKNOWN,
      startSeconds: 0,
      runs: { seconds: cron.runsSeconds, exitCode: cron.exitCode ?? 0 },
    });
  }
  const byPod = memory.keep('profiles', () => new Map<string, Profile>());
  return {
    of(pod) {
      const known = byPod.get(pod.metadata.uid);
      if (known !== undefined) {
        return known;
      }
      const app = pod.metadata.labels?.['app'] ?? '';
      const profile = Object.freeze(withEnd(byService.get(`${pod.metadata.namespace ?? ''}/${app}`) ?? UNKNOWN, pod));
      byPod.set(pod.metadata.uid, profile);
      const oldest = byPod.size > MOST_PODS ? byPod.keys().next().value : undefined;
      if (oldest !== undefined) {
        byPod.delete(oldest);
      }
      return profile;
    },
  };
}

/** On a pod template: for how long its processes run, and what they end with; `clears` is read by the world. */
const RUNS_SECONDS = 'simulator.autoheal.io/runs-seconds';
const EXIT_CODE = 'simulator.autoheal.io/exit-code';

/** A process that ends by itself: as its template says, or soon and well where it belongs to a Job. */
function withEnd(profile: Profile, { metadata }: PodObject): Profile {
  const seconds = Number(metadata.annotations?.[RUNS_SECONDS]);
  const ofJob = metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
  if (profile.runs !== undefined || (!(seconds >= 0) && !ofJob)) {
    return profile;
  }
  const exitCode = Number(metadata.annotations?.[EXIT_CODE] ?? 0);
  const runs = { seconds: seconds >= 0 ? seconds : JOB_SECONDS, exitCode: Number.isInteger(exitCode) ? exitCode : 1 };
  return { ...profile, startSeconds: 0, runs };
}

const JOB_SECONDS = 5;
const MOST_PODS = 10_000;
