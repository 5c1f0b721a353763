import type { Located, Location, Unlocated, UnlocatedReason } from '../../domain/location.ts';
import { describeWorkload, workloadKey } from '../../domain/workload.ts';
import { unlocated } from './answer.ts';

/** What these mean is gone or never was ill: one bad alert of a batch must not cost the others. */
const ABOUT_NOTHING_LEFT: ReadonlySet<UnlocatedReason> = new Set(['not-found', 'uid-changed', 'heartbeat']);

/**
 * One location out of those of several alerts: all must mean the same workload, and their pods are put together. Alerts about
 * an object that is gone do not count, as long as another one names the workload.
 */
export function agreed(locations: readonly Location[]): Location {
  const found = locations.filter((each) => each.kind === 'located');
  const refused = locations.filter((each) => each.kind === 'unlocated');
  const failed = refused.find(({ reason }) => reason === 'lookup-failed');
  if (failed !== undefined) return failed;
  const [first] = found;
  if (first === undefined) return refused[0] ?? unlocated('no-subject', 'there is no alert');
  const workloads = [...new Map(found.map((each) => [workloadKey(each.workload), each.workload])).values()];
  if (workloads.length > 1) {
    const names = workloads.map(describeWorkload).join(' and ');
    return unlocated('ambiguous', `the alerts mean different workloads: ${names}`, workloads);
  }
  const doubt = refused.find(({ reason }) => !ABOUT_NOTHING_LEFT.has(reason));
  return doubt === undefined ? together([first, ...found.slice(1)], refused) : doubted(first, doubt);
}

function doubted(first: Located, doubt: Unlocated): Location {
  const why = `one alert means ${describeWorkload(first.workload)}, but of another it cannot be told: ${doubt.why}`;
  const known = new Map([first.workload, ...doubt.candidates].map((each) => [workloadKey(each), each]));
  return unlocated('ambiguous', why, [...known.values()]);
}

function together(found: readonly [Located, ...Located[]], left: readonly Unlocated[]): Location {
  const [first] = found;
  const pods = [...new Set(found.flatMap((each) => each.pods))].sort();
  const notifyOnly = found.find((each) => each.notifyOnly !== undefined)?.notifyOnly;
  const why = left[0] === undefined ? first.why : `${first.why} (left out: ${left[0].why})`;
  return { ...first, pods, why, ...(notifyOnly !== undefined && { notifyOnly }) };
}
