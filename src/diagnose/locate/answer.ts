import type { Located, Location, NotifyOnlyReason, Unlocated, UnlocatedReason } from '../../domain/location.ts';
import type { WorkloadRef } from '../../domain/workload.ts';

/** A workload was named. */
export function located(
  found: {
    readonly workload: WorkloadRef;
    readonly uid?: string | undefined;
    readonly pods?: readonly string[];
    readonly notifyOnly?: NotifyOnlyReason | undefined;
  },
  decidedBy: string,
  why: string,
): Located {
  return {
    kind: 'located',
    workload: found.workload,
    pods: found.pods ?? [],
    decidedBy,
    why,
    ...(found.uid !== undefined && { uid: found.uid }),
    ...(found.notifyOnly !== undefined && { notifyOnly: found.notifyOnly }),
  };
}

/** No workload can be named. */
export function unlocated(reason: UnlocatedReason, why: string, candidates: readonly WorkloadRef[] = []): Unlocated {
  return { kind: 'unlocated', reason, why, candidates };
}

/** The same answer with a reason never to act. What the alert is about says more than a reason that lies in the owners. */
export function onlyToNotify(location: Location, notifyOnly: NotifyOnlyReason): Location {
  return location.kind === 'unlocated' ? location : { ...location, notifyOnly };
}
