/** A clock that stands still until it is moved. */
export interface SimClock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Moves the clock forward; negative steps are refused, because counters and conditions must not run backwards. */
  advance(milliseconds: number): void;
}

/** A virtual clock that starts at an epoch time in milliseconds. */
export function makeSimClock(startMs: number): SimClock {
  let now = startMs;
  return {
    now: () => now,
    advance(milliseconds) {
      if (!(milliseconds >= 0)) {
        throw new RangeError('a simulated clock only moves forward');
      }
      now += milliseconds;
    },
  };
}
