/** `3 pods`, `1 pod`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** `84 %`, `3.2 %`. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} %`;
}

/** `45 s`, `12 min`, `3.5 h`, `8 d`. */
export function span(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 360_000) / 10} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** `a`, `a and b`, `a, b and 3 more`: names for a sentence. */
export function names(all: readonly string[], shown = 2): string {
  const rest = all.length - shown;
  if (rest > 0) return `${all.slice(0, shown).join(', ')} and ${rest} more`;
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/** A text of unknown origin inside a sentence of ours: one line, bounded, in quotes. It stays untrusted. */
export function quoted(text: string, maxLength = 160): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return `"${line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`}"`;
}
