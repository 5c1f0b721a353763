/** Does something with each of many, at most so many at the same time. The first failure ends it. */
export async function inBatches<T>(all: readonly T[], atOnce: number, each: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  async function worker(): Promise<void> {
    for (const one of rest) await each(one);
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker));
}
