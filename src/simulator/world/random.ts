import type { UidSource } from '../api/stored.ts';

/** Numbers in [0, 1) that repeat with their seed. */
export type Random = () => number;

/**
 * A random stream of its own for each name, so that a new consumer does not shift the numbers of the others.
 * Source: mulberry32, seeded with an FNV-1a hash of seed and name.
 */
export function makeRandom(seed: number | string, stream: string): Random {
  const place = beginningOf(seed, stream);
  return () => drawFrom(place);
}

/** Where a random stream has come to: what has to be remembered of it. */
export interface StreamPlace {
  state: number;
}

export function beginningOf(seed: number | string, stream: string): StreamPlace {
  return { state: fnv1a(`${seed}/${stream}`) };
}

/** The next number of a stream, which moves on by it. */
export function drawFrom(place: StreamPlace): number {
  const state = (place.state + 0x6d2b79f5) >>> 0;
  place.state = state;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

/** Uids of the form of a version 4 UUID that repeat with the seed, for `makeObjectStore`. */
export function seededUids(seed: number | string): UidSource {
  return uidsFrom(seed, beginningOf(seed, 'uids'));
}

function uidsFrom(seed: number | string, place: StreamPlace): UidSource {
  function next(): string {
    let hex = '';
    for (let part = 0; part < 4; part += 1) {
      hex += hex32(drawFrom(place) * 4_294_967_296);
    }
    const variant = '89ab'[Math.floor(drawFrom(place) * 4)] ?? '8';
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
  return Object.assign(next, {
    fork: (reseed?: string) =>
      reseed === undefined ? uidsFrom(seed, { ...place }) : seededUids(reseeded(seed, reseed)),
  });
}

/** The seed of a fork that is to have other luck than its origin. */
export function reseeded(seed: number | string, reseed: string): string {
  return `${seed}/${reseed}`;
}

/** FNV-1a over UTF-16 code units: quick and well spread, not cryptographic. In [0, 2^32). */
export function fnv1a(text: string, basis = 0x811c9dc5): number {
  let hash = basis;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/** Eight hex digits of a number in [0, 2^32). */
export function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
