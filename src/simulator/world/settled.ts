/**
 * Remembers what a controller had nothing to do for. Objects of the store never change, so with the same object and the same
 * inputs there is nothing to do the next time either. Only for what does not depend on the time.
 */
export interface Settled {
  /** Whether the controller found nothing to do for the object when it had these inputs. */
  has(object: object, inputs: readonly unknown[]): boolean;
  add(object: object, inputs: readonly unknown[]): void;
}

export function makeSettled(): Settled {
  const known = new WeakMap<object, readonly unknown[]>();
  return {
    has(object, inputs) {
      const before = known.get(object);
      return before !== undefined && sameParts(before, inputs);
    },
    add(object, inputs) {
      known.set(object, inputs);
    },
  };
}

/** Whether two lists hold the same things, by identity. */
export function sameParts(left: readonly unknown[] | undefined, right: readonly unknown[]): boolean {
  if (left?.length !== right.length) {
    return false;
  }
  for (let index = 0; index < right.length; index += 1) {
    if (left[index] !== right[index]) {
      return false;
    }
  }
  return true;
}
