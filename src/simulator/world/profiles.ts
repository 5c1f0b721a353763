import type { PodObject } from './kinds.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { serviceKey, type LoadSpec, type ServiceKey, type WorldSpec } from './spec.ts';

/** How the process in a pod behaves, whatever the cluster says about it. */
export interface Profile {
  readonly service: ServiceKey | undefined;
  readonly startSeconds: number;
  /** Working set of a fresh process, bytes. */
  readonly memory: number;
  readonly load: LoadSpec | undefined;
  readonly volumeUsedRatio: number | undefined;
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
  runs: undefined,
};

export function makeProfiles(spec: WorldSpec): Profiles {
  const byService = new Map<ServiceKey, Profile>(
    spec.services.map((service) => [
      serviceKey(service),
      {
        service: serviceKey(service),
        startSeconds: service.startSeconds ?? 4,
        memory: parseQuantity(service.memory) ?? UNKNOWN.memory,
        load: service.load,
        volumeUsedRatio: service.volume?.usedRatio,
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
  const byPod = new Map<string, Profile>();
  return {
    of(pod) {
      const known = byPod.get(pod.metadata.uid);
      if (known !== undefined) {
        return known;
      }
      const app = pod.metadata.labels?.['app'] ?? '';
      const profile = byService.get(`${pod.metadata.namespace ?? ''}/${app}`) ?? UNKNOWN;
      byPod.set(pod.metadata.uid, profile);
      const oldest = byPod.size > MOST_PODS ? byPod.keys().next().value : undefined;
      if (oldest !== undefined) {
        byPod.delete(oldest);
      }
      return profile;
    },
  };
}

const MOST_PODS = 10_000;
