const MINUTE = 60_000;
/** Clocks of a cluster differ. What lies further in the future than this is a wrong time, not a young one. */
const CLOCK_SLACK_MS = MINUTE;

/** log2(1 + value), which keeps 0 at 0. Undefined for what is unknown or negative. */
export function logOf(value: number | undefined): number | undefined {
  return value === undefined || !(value >= 0) ? undefined : Math.log2(1 + value);
}

/** The same on both sides of 0. */
export function signedLogOf(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.sign(value) * Math.log2(1 + Math.abs(value));
}

/** log2(now / before). Undefined without a positive `before`; nothing left of something counts as the lowest there is. */
export function logRatio(now: number | undefined, before: number | undefined, lowest: number): number | undefined {
  if (!isAmount(now) || !isAmount(before) || before === 0) return undefined;
  return now === 0 ? lowest : Math.log2(now / before);
}

/** part / whole. Undefined where the whole is nothing or unknown. */
export function shareOf(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

/** Minutes from one time to another (epoch milliseconds), not below 0. Undefined when `from` is unknown or lies after `to`. */
export function minutesFrom(from: number | undefined, to: number): number | undefined {
  if (from === undefined || !(from <= to + CLOCK_SLACK_MS)) return undefined;
  return Math.max(0, to - from) / MINUTE;
}

/** A finite number from 0 on. */
export function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

/** The number, where it can be what it is said to be; a negative ratio or count is none. */
export function amount(value: number | undefined): number | undefined {
  return isAmount(value) ? value : undefined;
}

export function flag(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
