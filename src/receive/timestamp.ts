// Go writes nanoseconds and the sender's own offset; `Date.parse` alone would also take `1` and `Nov 5`.
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

// Go's zero time is in the year 1 in UTC; an offset can put it into year 0 or 1. Nothing before 1970 is a real alert.
const EARLIEST = 0;

/** Epoch milliseconds of an RFC 3339 time, rounded down; undefined for anything else, and for Go's zero time. */
export function parseTimestamp(text: string): number | undefined {
  if (!RFC3339.test(text)) return undefined;
  const at = Date.parse(text);
  return at >= EARLIEST ? at : undefined; // NaN, as for the 13th month, is not.
}
