/** Epoch milliseconds of an RFC 3339 text; undefined where there is none, or where it is not a time. */
export function epochOf(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
