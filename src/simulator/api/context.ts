import type { ObjectStore, StoredObject } from './stored.ts';
import type { Json } from './json.ts';
import type { ResourcePath } from './path.ts';
import { type CustomResource, type ResourceType, type ResourceTypes } from './resource-types.ts';
import type { BodyAnswer, Named } from './status.ts';
import type { WatchAnswer } from './watch-answer.ts';

/** A request to the API server. */
export interface ApiRequest {
  readonly method: string;
  /** Below the server's address; a query in it is read unless `query` is given. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string | undefined;
  readonly body?: string | undefined;
  /** The bearer token. */
  readonly token?: string | undefined;
}

export type ApiAnswer = BodyAnswer | WatchAnswer;

/** Answers a request at once. Never throws because of a request. */
export type HandleRequest = (request: ApiRequest) => ApiAnswer;

/** Who a token belongs to, and what they may do. */
export interface Access {
  readonly user: string;
  /**
   * `resource` is the plural, with `/subresource` where there is one; `group` is empty for the core one; `namespace` is
   * undefined for the whole cluster.
   */
  allowed(verb: string, group: string, resource: string, namespace: string | undefined): boolean;
  /** What SelfSubjectRulesReview shows besides what everybody may; nothing when left out. */
  readonly rules?: readonly Json[];
  /** The same where it differs from namespace to namespace; stands before `rules`. */
  readonly rulesIn?: (namespace: string) => readonly Json[];
}

/** A write that was answered, for tests that count effective ones (`status < 300 && !dryRun`). */
export interface WriteRecord {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly dryRun: boolean;
  readonly status: number;
  /** As it was sent, parsed where it is JSON. */
  readonly body: unknown;
  /** The `autoheal.io/action-id` that the write carried. */
  readonly actionId?: string;
}

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}

export interface ApiDeps {
  readonly store: ObjectStore;
  /** Served besides the built-in kinds. Give `types` instead to register more at run time. */
  readonly customResources?: readonly CustomResource[];
  readonly types?: ResourceTypes;
  /** Undefined for a token that is not valid: 401. Without this everybody may do everything. */
  readonly access?: (token: string | undefined) => Access | undefined;
  /** All that a container wrote; undefined when there is no such run. */
  readonly logs?: (query: LogQuery) => string | undefined;
  /** Subresources that this server does not serve, as an older one would not: `pods/resize`. */
  readonly unserved?: readonly string[];
  /** Called after each write that reached a resource, refused ones included. */
  readonly onWrite?: (record: WriteRecord) => void;
}

/** One request to a resource, on its way through the API. */
export interface Call {
  readonly request: ApiRequest;
  readonly query: Readonly<Record<string, string>>;
  readonly path: ResourcePath;
  readonly type: ResourceType;
  readonly store: ObjectStore;
  readonly deps: ApiDeps;
}

/** A call that names an object. */
export interface ObjectCall extends Call {
  readonly name: string;
}

/** `deployments` of `apps`, as most errors name a resource. */
export function byPlural(type: ResourceType): Named {
  return { group: type.group, name: type.plural };
}

/** `Deployment` of `apps`, as validation and deletion name it. Events are validated as the core kind. */
export function byKind(type: ResourceType): Named {
  return { group: type.storedAs === 'events' ? '' : type.group, name: type.kind };
}

/** Whether the query asks for a dry run. */
export function isDryRun(query: Readonly<Record<string, string>>): boolean {
  return query['dryRun'] === 'All';
}

/** The stored object that a call names. */
export function storedOf(call: ObjectCall): StoredObject | undefined {
  return call.store.get(call.type.storedAs, call.path.namespace, call.name);
}
