import type { Condition } from '../../domain/kubernetes.ts';
import type { StoredObject } from '../objects.ts';
import { epochSeconds, gauge, oneOf, type Family, type Labels, type Sample } from './exposition.ts';

/** The values of a condition's `status` label. */
export const STATUSES = ['true', 'false', 'unknown'];

/** A gauge's name without its `kube_<kind>_`, its help, and its value; undefined where the object has none. */
export type Reading<Item> = readonly [suffix: string, help: string, read: (item: Item) => number | undefined];

/** One gauge per reading of one kind of object, with the object's name under the kind's label. */
export function gaugesOf<Item extends StoredObject>(
  kind: string,
  items: readonly Item[],
  readings: readonly Reading<Item>[],
): readonly Family[] {
  return readings.map(([suffix, help, read]) =>
    gauge(
      `kube_${kind}_${suffix}`,
      help,
      items.flatMap((item): readonly Sample[] => {
        const value = read(item);
        return value === undefined ? [] : [{ labels: nameLabels(kind, item), value }];
      }),
    ),
  );
}

export function nameLabels(kind: string, item: StoredObject): Labels {
  const label = kind === 'job' ? 'job_name' : kind;
  const { namespace, name } = item.metadata;
  return namespace === undefined ? { [label]: name } : { namespace, [label]: name };
}

export function conditions<Item extends StoredObject>(
  kind: string,
  items: readonly Item[],
  read: (item: Item) => readonly Condition[] | undefined,
): readonly Sample[] {
  return items.flatMap((item) =>
    (read(item) ?? []).flatMap(({ type, status }) =>
      oneOf({ ...nameLabels(kind, item), condition: type }, 'status', STATUSES, status.toLowerCase()),
    ),
  );
}

export function created(item: StoredObject): number | undefined {
  return epochSeconds(item.metadata.creationTimestamp);
}

export function ownerSamples(kind: string, item: StoredObject): readonly Sample[] {
  return (item.metadata.ownerReferences ?? []).map((owner) => ({
    labels: {
      ...nameLabels(kind, item),
      owner_kind: owner.kind,
      owner_name: owner.name,
      owner_is_controller: String(owner.controller === true),
    },
    value: 1,
  }));
}
