const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

const QUANTITY = /^([0-9]+(?:\.[0-9]+)?)(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;

/** A Kubernetes quantity in its base unit (cores, bytes); undefined for what is not one. Source: resource.Quantity. */
export function parseQuantity(text: unknown): number | undefined {
  const match = QUANTITY.exec(typeof text === 'number' ? String(text) : typeof text === 'string' ? text : '');
  const factor = FACTORS[match?.[2] ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** An absolute number or a percentage of a total, as `maxSurge` and `minAvailable` are written. */
export function intOrPercent(value: unknown, total: number, round: (fraction: number) => number): number | undefined {
  if (typeof value === 'number') {
    return value;
  }
  const match = typeof value === 'string' ? /^([0-9]+)%$/.exec(value) : null;
  return match === null ? undefined : round((Number(match[1]) * total) / 100);
}
