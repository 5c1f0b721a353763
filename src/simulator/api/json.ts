/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

const sealedValues = new WeakSet<object>();

/** Whether the value is an object that is not an array. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A deeply frozen copy of a JSON value; fields that are undefined are left out, as JSON does. Parts that this function made
 * before are shared, not copied, so storing `{ ...stored, status }` costs as much as the status.
 */
export function sealJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || sealedValues.has(value)) {
    return value;
  }
  const copy = Array.isArray(value) ? value.map(sealJson) : sealRecord(value);
  Object.freeze(copy);
  sealedValues.add(copy);
  return copy;
}

function sealRecord(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [field, part] of Object.entries(value)) {
    if (part !== undefined) {
      setField(copy, field, sealJson(part));
    }
  }
  return copy;
}

/** Sets an own field, also when it is called `__proto__`: object keys come from request bodies. */
export function setField(target: Record<string, unknown>, field: string, value: unknown): void {
  if (field === '__proto__') {
    Object.defineProperty(target, field, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[field] = value;
  }
}

/** Whether two JSON values are equal, where a field that is undefined equals one that is left out. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) {
    return true;
  }
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((part, at) => sameJson(part, right[at]));
  }
  if (!isRecord(left) || !isRecord(right)) {
    return false;
  }
  return sameFields(left, right);
}

function sameFields(left: Json, right: Json): boolean {
  for (const field of Object.keys(left)) {
    if (!sameJson(left[field], Object.hasOwn(right, field) ? right[field] : undefined)) {
      return false;
    }
  }
  return Object.keys(right).every((field) => right[field] === undefined || Object.hasOwn(left, field));
}
