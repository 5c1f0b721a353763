import type { ObjectStore } from '../objects.ts';
import { makeSimClock, type SimClock } from './clock.ts';
import type { World } from './world.ts';

/** A world with its objects and its clock. */
export interface Fork {
  /** A virtual clock of its own, which starts at the origin's present. */
  readonly time: SimClock;
  readonly objects: ObjectStore;
  readonly world: World;
}

export interface ForkOptions {
  /**
   * Without it, the fork repeats exactly what the origin would do (common random numbers). With it, all random numbers and
   * all uids are others from now on, the same for the same text, so that one healthy world serves many incidents.
   */
  readonly reseed?: string;
  /** The longest step of the fork, in milliseconds; that of the origin when left out. */
  readonly stepMs?: number;
}

/**
 * A copy of a world that lives on by itself: nothing that can change is shared, so that neither sees what happens to the
 * other. Listeners of the origin's store do not hear of the fork.
 */
export function forkWorld(
  origin: { readonly world: World; readonly objects: ObjectStore },
  { reseed, stepMs }: ForkOptions = {},
): Fork {
  const time = makeSimClock(origin.objects.now());
  const objects = origin.objects.fork({ now: time.now, reseed });
  return { time, objects, world: origin.world.fork({ store: objects, reseed, stepMs }) };
}
