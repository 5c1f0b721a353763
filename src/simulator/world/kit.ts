import { quotaProblem, quotaUsed, type Asked, type ListIn } from '../api/quota.ts';
import { timestamp, type ObjectStore, type StoredObject } from '../objects.ts';
import { makeEventRecorder, type EventRecorder } from './events.ts';
import type { Kinds, ResourceName } from './kinds.ts';
import { makeOwnedIndex } from './owned.ts';
import type { Keeper, Memory } from './memory.ts';
import { beginningOf, drawFrom, makeRandom, reseeded, type Random, type StreamPlace } from './random.ts';
import { makeTypedStore, type TypedStore } from './typed-store.ts';

/** What every controller works with. */
export interface Kit extends TypedStore, Keeper {
  /** The world's time in epoch milliseconds. During a tick it moves in steps up to the store's clock. */
  now(): number;
  /** A time as Kubernetes writes it; the world's time when none is given. */
  stamp(epochMs?: number): string;
  /** Numbers that begin anew with every call: for a draw that must not depend on what was drawn before. */
  random(stream: string): Random;
  /** The next number of a stream that goes on for as long as the world lives, in forks too. */
  draw(stream: string): number;
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
  readonly memory: Memory;
  /** Given to a fork that is to have other luck than its origin: every stream then begins anew. */
  readonly reseed?: string | undefined;
}

export function makeKit(deps: KitDeps): Kit {
  const { store, now } = deps;
  const { memory } = deps;
  const luck = memory.keep('luck', () => ({ seed: String(deps.seed), streams: new Map<string, StreamPlace>() }));
  if (deps.reseed !== undefined) {
    luck.seed = reseeded(luck.seed, deps.reseed);
    luck.streams.clear();
  }
  const index = makeOwnedIndex(store, memory);
  const typed = makeTypedStore(store, now);
  const listIn: ListIn = (resource, namespace) => store.list(resource, { namespace });
  return {
    ...typed,
    now,
    stamp: (epochMs) => timestamp(epochMs ?? now()),
    keep: (name, first) => memory.keep(name, first),
    random: (stream) => makeRandom(luck.seed, stream),
    draw(stream) {
      let place = luck.streams.get(stream);
      if (place === undefined) {
        place = beginningOf(luck.seed, stream);
        luck.streams.set(stream, place);
      }
      return drawFrom(place);
    },
    events: makeEventRecorder({ store: typed, now, memory }),
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
