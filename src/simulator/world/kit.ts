import { quotaProblem, quotaUsed, type Asked, type ListIn } from '../api/quota.ts';
import { timestamp, type ObjectStore, type StoredObject } from '../objects.ts';
import { makeEventRecorder, type EventRecorder } from './events.ts';
import type { Kinds, ResourceName } from './kinds.ts';
import { makeOwnedIndex } from './owned.ts';
import { makeRandom, type Random } from './random.ts';
import { makeTypedStore, type TypedStore } from './typed-store.ts';

/** What every controller works with. */
export interface Kit extends TypedStore {
  /** The world's time in epoch milliseconds. During a tick it moves in steps up to the store's clock. */
  now(): number;
  /** A time as Kubernetes writes it; the world's time when none is given. */
  stamp(epochMs?: number): string;
  random(stream: string): Random;
  readonly events: EventRecorder;
  /** The objects of a resource whose controller has this uid, oldest first. */
  owned<K extends ResourceName>(resource: K, ownerUid: string): readonly Kinds[K][];
  /** The objects of a resource without a controller. */
  orphans<K extends ResourceName>(resource: K): readonly Kinds[K][];
  /** Why no quota of its namespace takes an object, in the words of admission; undefined when all do. */
  overQuota(asked: Asked): string | undefined;
  /** What a quota counts now. */
  quotaUsed(quota: StoredObject): Readonly<Record<string, string>>;
  /** The resourceVersion of the latest change. */
  version(): number;
}

export interface KitDeps {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly seed: number;
}

export function makeKit(deps: KitDeps): Kit {
  const { store, now } = deps;
  const index = makeOwnedIndex(store);
  const typed = makeTypedStore(store, now);
  const listIn: ListIn = (resource, namespace) => store.list(resource, { namespace });
  return {
    ...typed,
    now,
    stamp: (epochMs) => timestamp(epochMs ?? now()),
    random: (stream) => makeRandom(deps.seed, stream),
    events: makeEventRecorder({ store: typed, now }),
    owned<K extends ResourceName>(resource: K, ownerUid: string) {
      return index.of(resource, ownerUid) as readonly Kinds[K][]; // See makeTypedStore.
    },
    orphans<K extends ResourceName>(resource: K) {
      return index.orphans(resource) as readonly Kinds[K][]; // See makeTypedStore.
    },
    overQuota: (asked) => quotaProblem(asked, listIn),
    quotaUsed: (quota) => quotaUsed(quota, listIn),
    version: () => store.resourceVersion(),
  };
}
