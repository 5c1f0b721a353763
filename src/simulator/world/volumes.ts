import { parseQuantity } from '../../domain/quantity.ts';
import type { PodObject } from './kinds.ts';
import type { Kit } from './kit.ts';
import type { Profiles } from './profiles.ts';
import type { Sickness } from './sickness.ts';
import type { Volume } from './view.ts';

/** The claims that a pod mounts, with how full they are now. */
export function makeVolumes(deps: {
  readonly kit: Kit;
  readonly sickness: Sickness;
  readonly profiles: Profiles;
  readonly now: () => number;
}): (pod: PodObject) => readonly Volume[] {
  const { kit, sickness, profiles, now } = deps;

  function usedRatio(pod: PodObject): number {
    const { volumeUsedRatio = 0, service } = profiles.of(pod);
    const fillings = service === undefined ? [] : sickness.volumes.of(service);
    const added = fillings.reduce((sum, { since, perSecond }) => sum + ((now() - since) / 1_000) * perSecond, 0);
    return Math.min(1, volumeUsedRatio + added);
  }

  return (pod) =>
    (pod.spec?.volumes ?? [])
      .map((volume) => volume.persistentVolumeClaim?.claimName)
      .filter((claim) => claim !== undefined)
      .map((claim) => {
        const stored = kit.get('persistentvolumeclaims', pod.metadata.namespace, claim);
        const capacity = requestedStorage(stored?.spec);
        return { claim, capacity, used: capacity * usedRatio(pod) };
      });
}

/** The share in use of the fullest volume; undefined without any. */
export function fullest(volumes: readonly Volume[]): number | undefined {
  return volumes.length === 0 ? undefined : Math.max(...volumes.map((volume) => volume.used / volume.capacity));
}

function requestedStorage(spec: Readonly<Record<string, unknown>> | undefined): number {
  // The claim's spec is what a volumeClaimTemplate says: {resources: {requests: {storage}}}.
  const resources = spec?.['resources'] as { readonly requests?: Readonly<Record<string, unknown>> } | undefined;
  return parseQuantity(resources?.requests?.['storage']) ?? 2 ** 30;
}
