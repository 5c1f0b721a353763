/** What a part of the world has to remember between two steps. */
export interface Keeper {
  /**
   * The state that a part keeps under a name: the same object for as long as the world lives, made by `first` at its beginning
   * and copied into every fork. A part that remembers anything outside of it has another past in a fork than in the origin.
   *
   * The state is a tree of primitives, plain objects, arrays, Maps and Sets (no two places hold the same mutable object);
   * what is frozen in it is shared with forks, what is `Forkable` copies itself, and anything else cannot be forked.
   *
   * @throws RangeError when another part of the same world has the name.
   */
  keep<State extends object>(name: string, first: () => State): State;
}

/** The states of all parts of one world. */
export interface Memory extends Keeper {
  /** A memory in which every part finds a copy of its present state. */
  fork(): Memory;
}

/** A state that has its own way to be copied; what it is made of is shared as far as it never changes. */
export interface Forkable {
  fork(): object;
}

export function makeMemory(states: ReadonlyMap<string, object> = new Map()): Memory {
  const kept = new Map(states);
  const taken = new Set<string>();
  return {
    keep<State extends object>(name: string, first: () => State): State {
      if (taken.has(name)) {
        throw new RangeError(`two parts of a world remember something as ${name}`);
      }
      taken.add(name);
      const known = kept.get(name) ?? first();
      kept.set(name, known);
      return known as State; // What lies under a name was made by the `first` of the same part, here or in the origin.
    },
    fork() {
      return makeMemory(new Map([...kept].map(([name, state]) => [name, copyOf(state)])));
    },
  };
}

function copyOf<Value extends object>(value: Value): Value {
  return copy(value) as Value; // Every branch of `copy` gives back what has the shape of what it was given.
}

function copy(value: object): object {
  if (Array.isArray(value)) {
    return Object.isFrozen(value) ? value : value.map(copyPart);
  }
  if (value instanceof Map) {
    const copied = new Map<unknown, unknown>();
    for (const [key, part] of value) {
      copied.set(key, copyPart(part));
    }
    return copied;
  }
  if (value instanceof Set) {
    return new Set<unknown>(value);
  }
  return Object.isFrozen(value) ? value : copyRecord(value);
}

function copyRecord(value: object): object {
  if ('fork' in value && typeof value.fork === 'function') {
    return (value as Forkable).fork(); // It has just been seen to have that method.
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new TypeError(`a world cannot remember a ${value.constructor.name}`);
  }
  // A record of unknowns is what any plain object is.
  const copied = { ...value } as Record<string, unknown>;
  for (const field in copied) {
    const part = copied[field];
    if (typeof part === 'object' && part !== null) {
      copied[field] = copy(part);
    } else if (typeof part === 'function') {
      throw new TypeError(`a world cannot remember a function, as ${field} is`);
    }
  }
  return copied;
}

function copyPart(part: unknown): unknown {
  if (typeof part === 'function') {
    throw new TypeError('a world cannot remember a function');
  }
  return typeof part === 'object' && part !== null ? copy(part) : part;
}
