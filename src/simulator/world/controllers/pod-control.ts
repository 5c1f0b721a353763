import type { NewObject, StoredObject } from '../../objects.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { fnv1a, hex32 } from '../random.ts';

/**
 * Creates a pod for its controller. Where a quota does not take it, the pod is not there and the answer says why, in the words
 * that a real controller gets from the API server.
 */
export function createPod(kit: Kit, owner: StoredObject, pod: NewObject): PodObject | string {
  const { namespace = 'default', name, generateName = '' } = pod.metadata;
  const problem = kit.overQuota({ storedAs: 'pods', counted: 'pods', namespace, object: { ...pod } });
  if (problem === undefined) {
    return kit.create('pods', pod);
  }
  const called = name ?? `${generateName}${hex32(fnv1a(owner.metadata.uid)).slice(0, 5)}`;
  return `pods "${called}" is forbidden: ${problem}`;
}

/** The Event of a controller whose pod was not taken. */
export function noteFailedCreate(
  kit: Kit,
  owner: StoredObject,
  failed: { readonly message: string; readonly component: string },
): void {
  const { message, component } = failed;
  kit.events.record(owner, {
    type: 'Warning',
    reason: 'FailedCreate',
    message: `Error creating: ${message}`,
    component,
  });
}
