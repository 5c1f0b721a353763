const SUFFIXES: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
]);

/** Number, then a suffix or an exponent, never both. */
const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * The value of a Kubernetes quantity (`128Mi`, `1.5G`, `500m`, `12e6`) in its base unit: bytes, cores. A plain number
 * is one too. Undefined for what is none. Values above 2^53 lose their last digits.
 *
 * Source: the grammar of k8s.io/apimachinery resource.Quantity.
 */
export function parseQuantity(text: unknown): number | undefined {
  const match = typeof text === 'string' || typeof text === 'number' ? QUANTITY.exec(String(text)) : null;
  if (match === null) return undefined;
  const [, number = '', exponent, suffix = ''] = match;
  const factor = exponent === undefined ? SUFFIXES.get(suffix) : 10 ** Number(exponent);
  return factor === undefined ? undefined : Number(number) * factor;
}
