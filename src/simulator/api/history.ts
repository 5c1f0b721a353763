import type { ObjectChange } from './stored.ts';

export interface History {
  add(change: ObjectChange): void;
  since(resourceVersion: number): readonly ObjectChange[] | 'gone';
  subscribe(listener: (change: ObjectChange) => void): () => void;
  /** Forgets everything before a version: no watch can start there any more. */
  restart(resourceVersion: number): void;
  /** The same changes, without listeners. */
  fork(): History;
}

interface Past {
  readonly changes: readonly ObjectChange[];
  readonly oldestServed: number;
}

/** A history of at most twice `bound` changes and, after a trim, of the last `bound`. */
export function makeHistory(bound: number, past: Past = { changes: [], oldestServed: 0 }): History {
  let listeners: readonly ((change: ObjectChange) => void)[] = [];
  const undelivered: ObjectChange[] = [];
  let changes: ObjectChange[] = [...past.changes];
  let { oldestServed } = past;
  let delivering = false;

  /** A listener may write, and so add changes; those are told after the present one, to all listeners in the same order. */
  function deliver(): void {
    if (delivering) {
      return;
    }
    delivering = true;
    try {
      for (let change = undelivered.shift(); change !== undefined; change = undelivered.shift()) {
        // The list as it is now: a listener that is added meanwhile finds this change in the history already.
        for (const listener of listeners) {
          listener(change);
        }
      }
    } finally {
      delivering = false;
    }
  }

  function add(change: ObjectChange): void {
    changes.push(change);
    // Cut in halves, so that each change pays a constant share of the copying.
    if (changes.length >= bound * 2) {
      changes = changes.slice(-bound);
      oldestServed = versionOf(changes[0]) - 1;
    }
    undelivered.push(change);
    deliver();
  }

  function since(resourceVersion: number): readonly ObjectChange[] | 'gone' {
    if (resourceVersion < oldestServed) {
      return 'gone';
    }
    let start = changes.length;
    while (start > 0 && versionOf(changes[start - 1]) > resourceVersion) {
      start -= 1;
    }
    return changes.slice(start);
  }

  return {
    add,
    since,
    subscribe(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },
    restart(resourceVersion) {
      changes = [];
      oldestServed = resourceVersion;
    },
    fork: () => makeHistory(bound, { changes, oldestServed }),
  };
}

function versionOf(change: ObjectChange | undefined): number {
  return Number(change?.object.metadata.resourceVersion ?? 0);
}
