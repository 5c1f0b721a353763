import type { StoredObject } from '../objects.ts';
import { timestamp } from '../objects.ts';
import type { Keeper } from './memory.ts';
import type { TypedStore } from './typed-store.ts';
import { fnv1a, hex32 } from './random.ts';

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `kubelet`, `default-scheduler`, `deployment-controller`, ... */
  readonly component: string;
  readonly host?: string;
  readonly container?: string;
}

/** Records core/v1 Events; the same note on the same object counts up instead of making another. */
export interface EventRecorder {
  record(object: StoredObject, note: EventNote): void;
  /** Removes events whose last occurrence is an hour ago, as the API server does. */
  prune(): void;
}

const LIFETIME_MS = 3_600_000;
/** More than this are never kept: the oldest make room. */
const MOST_EVENTS = 1_000;

/** Frozen: there may be a thousand of them, and forks share them. */
interface Known {
  readonly namespace: string;
  readonly name: string;
  readonly lastSeen: number;
}

export function makeEventRecorder(deps: {
  readonly store: TypedStore;
  readonly now: () => number;
  readonly memory: Keeper;
}): EventRecorder {
  const { store, now } = deps;
  const known = deps.memory.keep('events', () => new Map<string, Known>());

  function forget(key: string, event: Known): void {
    known.delete(key);
    store.remove('events', event.namespace, event.name);
  }

  function countUp(event: Known): boolean {
    const stored = store.get('events', event.namespace, event.name);
    if (stored === undefined) {
      return false;
    }
    const at = timestamp(now());
    const series = { count: (stored.count ?? 1) + 1, lastObservedTime: microTime(now()) };
    store.update('events', {
      ...stored,
      ...(stored.eventTime === null ? { count: series.count, lastTimestamp: at } : { count: series.count, series }),
    });
    return true;
  }

  return {
    record(object, note) {
      const key = `${object.metadata.uid}|${note.reason}|${note.container ?? ''}|${note.message}`;
      const before = known.get(key);
      if (before !== undefined && countUp(before)) {
        known.delete(key);
        known.set(key, Object.freeze({ ...before, lastSeen: now() }));
        return;
      }
      const oldest = known.size >= MOST_EVENTS ? known.entries().next().value : undefined;
      if (oldest !== undefined) {
        forget(oldest[0], oldest[1]);
      }
      const namespace = object.metadata.namespace ?? 'default';
      const name = `${object.metadata.name}.${hex32(fnv1a(key))}${hex32(fnv1a(key, now() >>> 0))}`;
      store.remove('events', namespace, name);
      store.create('events', eventOf(object, note, { namespace, name, at: now() }));
      known.set(key, Object.freeze({ namespace, name, lastSeen: now() }));
    },
    prune() {
      for (const [key, event] of known) {
        if (now() - event.lastSeen >= LIFETIME_MS) {
          forget(key, event);
        }
      }
    },
  };
}

/** A time with microseconds, as `eventTime` needs it. */
export function microTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
}

function eventOf(
  object: StoredObject,
  note: EventNote,
  place: { readonly namespace: string; readonly name: string; readonly at: number },
): Parameters<TypedStore['create']>[1] {
  const scheduler = note.component === 'default-scheduler';
  const at = timestamp(place.at);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: place.name, namespace: place.namespace },
    involvedObject: {
      kind: object.kind,
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      name: object.metadata.name,
      uid: object.metadata.uid,
      apiVersion: object.apiVersion,
      resourceVersion: object.metadata.resourceVersion,
      ...(note.container === undefined ? {} : { fieldPath: `spec.containers{${note.container}}` }),
    },
    reason: note.reason,
    message: note.message.slice(0, 1_024),
    source: scheduler ? {} : { component: note.component, ...(note.host === undefined ? {} : { host: note.host }) },
    ...(scheduler
      ? { firstTimestamp: null, lastTimestamp: null, eventTime: microTime(place.at), action: 'Scheduling' }
      : { firstTimestamp: at, lastTimestamp: at, count: 1, eventTime: null }),
    type: note.type,
    reportingComponent: note.component,
    reportingInstance: note.host ?? '',
  };
}
