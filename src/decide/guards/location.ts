import type { Refusal } from '../../domain/remedy.ts';
import { describeWorkload } from '../../domain/workload.ts';
import type { GuardContext } from '../guard.ts';

/** Refuses without a uid: what has no identity could be another object by the time of the write. */
export function isLocated({ incident }: GuardContext): Refusal | undefined {
  const { location } = incident;
  if (location.uid !== undefined || location.notifyOnly !== undefined) return undefined;
  return { code: 'not-located', why: `${describeWorkload(location.workload)} was named without a uid` };
}

export function mayBeActedOn({ incident }: GuardContext): Refusal | undefined {
  const { notifyOnly, workload } = incident.location;
  if (notifyOnly === undefined) return undefined;
  return { code: 'notify-only', why: `${describeWorkload(workload)} is only reported on (${notifyOnly})` };
}

export function stillFires({ incident }: GuardContext): Refusal | undefined {
  if (incident.alerts.some((alert) => alert.status === 'firing')) return undefined;
  return { code: 'resolved', why: 'no alert of the incident fires any more' };
}
