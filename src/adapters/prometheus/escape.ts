/** A text as a regular expression of RE2 that matches it and nothing else. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

/**
 * A text as it stands between two quotes of this kind in PromQL, where it means itself. Whatever it holds, it cannot end the
 * string: quote, backslash and everything but printable ASCII is escaped as in Go. A half of a surrogate pair is replaced,
 * for UTF-8 has none; the replacement character itself has to be escaped, for the lexer takes it for a fault.
 *
 * Source: Prometheus' lexer and strutil.Unquote, in which only the quote in use may be escaped.
 */
export function escapeString(text: string, quote: '"' | "'"): string {
  return text.toWellFormed().replace(/[^ -~]|["'\\]/gu, (char) => {
    if (char === '"' || char === "'") return char === quote ? `\\${char}` : char;
    if (char === '\\') return String.raw`\\`;
    const hex = (char.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? String.raw`\U` + hex.padStart(8, '0') : String.raw`\u` + hex.padStart(4, '0');
  });
}
