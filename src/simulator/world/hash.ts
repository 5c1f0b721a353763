import { fnv1a } from './random.ts';

/** Kubernetes' safe alphabet: no vowels and no look-alikes, so no words and no misreadings. Source: apimachinery `util/rand`. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const texts = new WeakMap<object, string>();

/** JSON with sorted keys. Frozen objects (all that come from the store) are written once and remembered. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value) ?? 'null';
  }
  const known = texts.get(value);
  if (known !== undefined) {
    return known;
  }
  const text = Array.isArray(value) ? `[${value.map(canonicalJson).join(',')}]` : canonicalRecord(value);
  if (Object.isFrozen(value)) {
    texts.set(value, text);
  }
  return text;
}

function canonicalRecord(value: object): string {
  const fields = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([field, part]) => `${JSON.stringify(field)}:${canonicalJson(part)}`);
  return `{${fields.join(',')}}`;
}

/** The hash of a pod template: up to ten letters, the same for templates with the same content. Source: `SafeEncodeString`. */
export function templateHash(template: unknown): string {
  let hash = '';
  for (const digit of String(fnv1a(canonicalJson(template)))) {
    hash += ALPHABET[digit.charCodeAt(0) % ALPHABET.length] ?? '';
  }
  return hash;
}
