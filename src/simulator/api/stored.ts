/** The shapes of the simulated cluster's store. Import them from `../objects.ts`, which makes one. */
/**
 * The plural of a kind, e.g. `pods`. Kinds of both event groups live in `events`. A custom resource whose plural is taken
 * by a built-in kind is registered under `plural.group`.
 */
export type Resource = string;

/** The finalizer that holds an owner until the garbage collector has removed what it owns. */
export const FOREGROUND = 'foregroundDeletion';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface StoredMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

/** An object as the API server would keep it. Deeply frozen: build the next version with spreads and give it to `update`. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMetadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** An object before the store gave it an identity. `name` or `generateName` is needed. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
    readonly [field: string]: unknown;
  };
  readonly spec?: object;
  readonly status?: object;
  readonly [field: string]: unknown;
}

export interface ObjectChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  /** After the change; for DELETED the last state, with the resourceVersion of the deletion. */
  readonly object: StoredObject;
  /** Before the change; for MODIFIED only. */
  readonly previous?: StoredObject;
}

export interface ObjectQuery {
  readonly namespace?: string | undefined;
  readonly labels?: ((labels: Readonly<Record<string, string>>) => boolean) | undefined;
  readonly fields?: ((object: StoredObject) => boolean) | undefined;
}

/** A store request that cannot be done: the object is not there, or its name is taken. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: 'NOT_FOUND' | 'EXISTS';

  constructor(code: 'NOT_FOUND' | 'EXISTS', message: string) {
    super(message);
    this.code = code;
  }
}

export interface UpdateOptions {
  /** Takes nothing but the status. */
  readonly statusOnly?: boolean;
  /** Changed annotations count as a new generation: so it is when a client (not a controller) writes a Deployment. */
  readonly countAnnotations?: boolean;
}

/** All objects of the simulated cluster and the bounded history of their changes. Everything handed out is deeply frozen. */
export interface ObjectStore {
  /** Epoch milliseconds of the injected clock. */
  now(): number;
  get(resource: Resource, namespace: string | undefined, name: string): StoredObject | undefined;
  /** In the order of namespace, then name, as the API server lists. */
  list(resource: Resource, query?: ObjectQuery): readonly StoredObject[];
  /**
   * Gives the object a uid, a resourceVersion, a creationTimestamp and, where its kind has one, generation 1.
   *
   * @throws StoreError `EXISTS`.
   */
  create(resource: Resource, object: NewObject): StoredObject;
  /**
   * Replaces the object (the last writer wins) or, with `statusOnly`, its status alone. The generation grows when the spec
   * changed or the deletion began; an update that changes nothing keeps the resourceVersion and tells nobody.
   *
   * @throws StoreError `NOT_FOUND`, also when the object was replaced by one with another uid.
   */
  update(resource: Resource, object: StoredObject, options?: UpdateOptions): StoredObject;
  /** The object is really gone afterwards. Nothing happens when it was gone before. */
  remove(resource: Resource, namespace: string | undefined, name: string): void;
  /** Calls the listener after each change, in the order of the changes, also for changes made by listeners. */
  subscribe(listener: (change: ObjectChange) => void): () => void;
  /** The changes after a resourceVersion, oldest first; `gone` when the history does not reach back so far. */
  changesSince(resourceVersion: number): readonly ObjectChange[] | 'gone';
  /** The resourceVersion of the latest change. */
  resourceVersion(): number;
  /**
   * Puts an object exactly as it is, identity included: for seeding from a recording or a saved world. No watch can start
   * before it any more.
   */
  restore(resource: Resource, object: StoredObject): StoredObject;
  /** The resources that hold objects or did. */
  resources(): readonly Resource[];
  /**
   * A store with the same objects, the same history and no listeners. What is done to either does not show in the other.
   * Uids go on as they would here; with `reseed` they are others.
   */
  fork(options: StoreForkOptions): ObjectStore;
}

export interface StoreForkOptions {
  /** The clock of the fork. Epoch milliseconds. */
  readonly now: () => number;
  readonly reseed?: string | undefined;
}

/** Gives a uid with each call. One that remembers what it gave before has a `fork` that goes on from there. */
export interface UidSource {
  (): string;
  fork?(reseed?: string): UidSource;
}
