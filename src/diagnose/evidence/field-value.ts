/** A value inside a `fieldSelector`, where comma, equals sign and backslash mean something. */
export function fieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (char) => `\\${char}`);
}
