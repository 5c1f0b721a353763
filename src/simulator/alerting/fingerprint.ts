type Labels = Readonly<Record<string, string>>;

const OFFSET = 14_695_981_039_346_656_037n;
const PRIME = 1_099_511_628_211n;
const MASK = (1n << 64n) - 1n;
const SEPARATOR = 0xff;

/** Alertmanager's name for a set of labels: 16 hex digits. Source: prometheus/common `LabelSet.Fingerprint` (FNV-1a, 64 bits). */
export function fingerprint(labels: Labels): string {
  let sum = OFFSET;
  const add = (byte: number): void => {
    sum = ((sum ^ BigInt(byte)) * PRIME) & MASK;
  };
  for (const name of Object.keys(labels).sort()) {
    for (const part of [name, labels[name] ?? '']) {
      for (const byte of Buffer.from(part, 'utf8')) {
        add(byte);
      }
      add(SEPARATOR);
    }
  }
  return sum.toString(16).padStart(16, '0');
}
