/** A source of numbers that a seed determines. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
}

/** Source: Marsaglia, "Xorshift RNGs" (2003), the 128-bit generator. Not for secrets. */
export function makeRandom(seed: number): Random {
  // The seed is stirred in with odd constants, so that neighbouring seeds start far apart and the state is never all zero.
  let x = Math.imul(seed ^ 0x5bd1_e995, 0x9e37_79b1) | 1;
  let y = Math.imul(x ^ (x >>> 15), 0x85eb_ca77);
  let z = Math.imul(y ^ (y >>> 13), 0xc2b2_ae3d);
  let w = seed | 0;
  function step(): number {
    const mixed = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = w ^ (w >>> 19) ^ mixed ^ (mixed >>> 8);
    return (w >>> 0) / 2 ** 32;
  }
  for (let turn = 0; turn < 20; turn += 1) step();
  return { next: step, below: (below) => Math.floor(step() * below) };
}

/** Puts the values in random order, in place. Source: Fisher and Yates. */
export function shuffle(values: Float64Array | Int32Array, random: Random): void {
  for (let end = values.length - 1; end > 0; end -= 1) {
    const place = random.below(end + 1);
    const [here = 0, there = 0] = [values[end], values[place]];
    values[end] = there;
    values[place] = here;
  }
}
