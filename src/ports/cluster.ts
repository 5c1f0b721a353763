import type { ClusterWrite } from '../domain/cluster-write.ts';
import type { KnownKind, KubernetesObject, ObjectsByKind } from '../domain/kubernetes.ts';

export interface ListQuery {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/**
 * What the API server answered to a write. `MAYBE` means nobody knows whether it happened (time-out, connection lost, 5xx):
 * read the object back before doing anything else.
 */
export type WriteAnswer =
  | { readonly kind: 'ok'; readonly object: unknown }
  | {
      readonly kind: 'refused';
      readonly code: 'CONFLICT' | 'INVALID' | 'BUDGET' | 'FORBIDDEN' | 'NOT_FOUND' | 'RATE_LIMITED' | 'OTHER';
      readonly status: number;
      readonly message: string;
    }
  | { readonly kind: 'maybe'; readonly message: string };

/** An Event to record on a workload, for `kubectl describe`. */
export interface ClusterEventRecord {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, e.g. `Healed`. */
  readonly reason: string;
  /** CamelCase, e.g. `RolloutRestart`. */
  readonly action: string;
  /** At most 1,024 characters are kept. */
  readonly note: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Reads. Every call has a time-out; failures are thrown as `AutoHealError` with a `PORT_*` code. */
export interface ClusterReader {
  /** The object, or undefined when the server answers 404. */
  get<K extends KnownKind>(
    kind: K,
    ref: { readonly namespace?: string; readonly name: string },
  ): Promise<ObjectsByKind[K] | undefined>;
  /** Any object by apiVersion and kind (owners of custom kinds). Undefined when the object or the kind is unknown. */
  getAny(ref: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  }): Promise<KubernetesObject | undefined>;
  /** Path of any object by apiVersion and kind, to write to it. Undefined when the kind is unknown. */
  pathOf(ref: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  }): Promise<string | undefined>;
  /** All pages of a list of any kind in one namespace. Empty when the kind is unknown. */
  listAny(query: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
  }): Promise<readonly KubernetesObject[]>;
  /** All pages of a list. */
  list<K extends KnownKind>(kind: K, query: ListQuery): Promise<readonly ObjectsByKind[K][]>;
  /** The last lines that the container's previous run wrote; empty when there was none. */
  previousLogs(query: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly tailLines: number;
  }): Promise<string>;
}

export interface Cluster extends ClusterReader {
  /** Sends the write, or asks the server what it would do (`dryRun=All`). Never throws; never sends twice. */
  send(write: ClusterWrite, options: { readonly dryRun: boolean }): Promise<WriteAnswer>;
  /** Records an Event (events.k8s.io/v1). Throws `AutoHealError` with a `PORT_*` code. */
  recordEvent(event: ClusterEventRecord): Promise<void>;
}
