import type { Random } from '../world/random.ts';
import { between, oneOf } from './dice.ts';

/**
 * What incidents are drawn for. The two never share a topology, a strength or a time of day, and neither is a special case of
 * the other: where one has gaps the other lies.
 */
export const FAMILY_NAMES = ['training', 'evaluation'] as const;
export type Family = (typeof FAMILY_NAMES)[number];

/** Every range is cut into so many strips; training has the even ones, evaluation the odd ones. */
const STRIPS = 8;

/** A number in [low, high) from the strips of a family. */
export function stripped(random: Random, family: Family, [low, high]: readonly [number, number]): number {
  const width = (high - low) / STRIPS;
  const strip = 2 * Math.floor((random() * STRIPS) / 2) + parityOf(family);
  return low + (strip + random()) * width;
}

/** Whether a number of a range lies in a strip of a family. */
export function isStripped(value: number, family: Family, [low, high]: readonly [number, number]): boolean {
  const strip = Math.floor(((value - low) / (high - low)) * STRIPS);
  return strip >= 0 && strip < STRIPS && strip % 2 === parityOf(family);
}

const SIZES: Readonly<Record<Family, readonly number[]>> = {
  training: [10, 13, 16, 19, 26, 40],
  evaluation: [11, 14, 18, 22, 32, 48],
};

/** A seed and a size for `makeTopology`. Even seeds and the one list of sizes are for training, odd ones and the other for evaluation. */
export function drawTopology(
  random: Random,
  family: Family,
  largest = 24,
): { readonly seed: number; readonly services: number } {
  const sizes = SIZES[family].filter((size) => size <= largest);
  return {
    seed: 2 * Math.floor(between(random, 0, 2 ** 30)) + parityOf(family),
    services: oneOf(random, sizes) ?? SIZES[family][0] ?? 10,
  };
}

const HOUR_MS = 3_600_000;
/** A Monday at midnight, UTC. */
export const MONDAY = Date.UTC(2026, 10, 16);

/** A time to begin at, epoch milliseconds: even hours of the day are for training, odd ones for evaluation. */
export function drawStart(random: Random, family: Family): number {
  const hour = 2 * Math.floor(random() * 12) + parityOf(family);
  return MONDAY + hour * HOUR_MS + Math.floor(random() * 60) * 60_000;
}

function parityOf(family: Family): number {
  return family === 'training' ? 0 : 1;
}
