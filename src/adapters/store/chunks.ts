/** The items in order, in pieces of at most `size` (rounded down, at least 1). */
export function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  const step = Math.max(1, Math.floor(size));
  for (let start = 0; start < items.length; start += step) yield items.slice(start, start + step);
}
