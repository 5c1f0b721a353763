import { makeObjectStore } from '../simulator/objects.ts';
import { makeSimClock } from '../simulator/world/clock.ts';
import { seededUids } from '../simulator/world/random.ts';
import type { WorldSpec } from '../simulator/world/spec.ts';
import { makeWorld } from '../simulator/world/world.ts';
import type { Habitat } from './bed.ts';

/** A world that has lived through its prehistory and is well, at a time of its own. The same arguments give the same one. */
export function makeHabitat(spec: WorldSpec, seed: number, startAt: number): Habitat {
  const time = makeSimClock(startAt);
  const objects = makeObjectStore({ now: time.now, uid: seededUids(seed) });
  return { time, objects, world: makeWorld({ store: objects, seed, scenario: spec }) };
}
