const SEPARATOR = 0xff;

/**
 * The fingerprint that Alertmanager itself gives a label set, as 16 hex digits: 64-bit FNV-1a over the labels in byte order
 * of their names, a 0xff after every name and every value. So an alert that came without one can still be found in
 * Alertmanager's API.
 *
 * Source: `labelSetToFingerprint` of prometheus/common.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  pairs.sort(([left], [right]) => Buffer.compare(left, right));

  const hash = makeFnv1a();
  for (const [name, value] of pairs) {
    hash.add(name);
    hash.addByte(SEPARATOR);
    hash.add(value);
    hash.addByte(SEPARATOR);
  }
  return hash.hex();
}

interface Fnv1a {
  addByte(byte: number): void;
  add(bytes: Uint8Array): void;
  hex(): string;
}

// Two 32-bit halves instead of a BigInt: a hostile body of 32 MiB would keep the event loop busy for seconds otherwise.
// The prime is 2^40 + 0x1b3, so a product is a shift by 40 bits and a small multiplication that a double holds exactly.
function makeFnv1a(): Fnv1a {
  let high = 0xcbf29ce4;
  let low = 0x84222325;

  function addByte(byte: number): void {
    low = (low ^ byte) >>> 0;
    const lowProduct = low * 0x1b3;
    const carry = Math.floor(lowProduct / 0x1_0000_0000);
    high = (Math.imul(high, 0x1b3) + carry + (low << 8)) >>> 0;
    low = lowProduct >>> 0;
  }

  return {
    addByte,
    add(bytes) {
      for (const byte of bytes) addByte(byte);
    },
    hex: () => high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0'),
  };
}
