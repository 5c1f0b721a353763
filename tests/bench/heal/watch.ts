import { makeBadMinutes, type BadMinutes, type Baseline } from '../../../src/lab/bad-minutes.ts';
import type { Habitat } from '../../../src/lab/bed.ts';
import type { WorldSpec } from '../../../src/simulator/world/spec.ts';

/** Counts what the users suffer, and when they last did. */
export interface Watch {
  count(seconds: number): void;
  readonly bad: BadMinutes;
  /** Epoch milliseconds of the last bad moment; undefined when there was none. */
  lastBadAt(): number | undefined;
  /** Whether the last minute was good without a break. */
  isWell(): boolean;
}

const WELL_SECONDS = 60;

export function makeWatch({ world, time }: Habitat, spec: WorldSpec, baseline: Baseline): Watch {
  const bad = makeBadMinutes(world, spec, baseline);
  let last: number | undefined;
  return {
    bad,
    count(seconds) {
      if (bad.count(seconds) > 0) last = time.now();
    },
    lastBadAt: () => last,
    isWell: () => last === undefined || time.now() - last >= WELL_SECONDS * 1_000,
  };
}
