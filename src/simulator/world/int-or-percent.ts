/** An absolute number or a percentage of a total, as `maxSurge` and `minAvailable` are written. */
export function intOrPercent(value: unknown, total: number, round: (fraction: number) => number): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  const match = typeof value === 'string' ? /^([0-9]+)%$/.exec(value) : null;
  return match === null ? undefined : round((Number(match[1]) * total) / 100);
}
