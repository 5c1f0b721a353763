import { type Call, type ObjectCall, byKind, byPlural, isDryRun, storedOf } from './context.ts';
import { decodeProblem } from './decode.ts';
import { initialStatus, withDefaults } from './defaults.ts';
import { fromStored, toStored } from './event-shape.ts';
import { type Json, isRecord, sameJson, sealJson } from './json.ts';
import { quotaProblem } from './quota.ts';
import { type ResourceType, apiVersionOf } from './resource-types.ts';
import {
  type BodyAnswer,
  type FieldProblem,
  MODIFIED_MEANWHILE,
  Refusal,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  invalidValue,
  notFound,
  qualified,
} from './status.ts';
import type { NewObject, StoredMetadata, StoredObject } from './stored.ts';
import { problemsOf, requiredName } from './validate.ts';
import { firstVersion, nextVersion } from './versions.ts';

/** The uid that a dry-run creation shows: no real one is used up, so that a dry run changes nothing at all. */
const DRY_RUN_UID = '00000000-0000-4000-8000-000000000000';

/** The object as the API of the call shows it, kind first. */
export function shownAs(type: ResourceType, object: StoredObject): Json {
  const { apiVersion: _version, kind: _kind, ...rest } = fromStored(type, object);
  return { kind: type.kind, apiVersion: apiVersionOf(type), ...rest };
}

/** Creates the object of a POST: 201 with the object, or why not. */
export function createObject(call: Call, given: Json): BodyAnswer {
  const { type, store } = call;
  const problem = decodeProblem(type.kind, given);
  if (problem !== undefined) {
    return cannotBeHandled(type, problem);
  }
  const mismatch = misplaced(call, given);
  if (mismatch !== undefined) {
    return mismatch;
  }
  const object = asNew(call, given);
  if (object.metadata.name === undefined && (object.metadata.generateName ?? '') === '') {
    return invalid(byKind(type), '', [requiredName()]);
  }
  const first = firstVersion(object, { uid: DRY_RUN_UID, now: store.now() });
  const problems = problemsOf(type, first, undefined);
  if (problems.length > 0) {
    return invalid(byKind(type), first.metadata.name, problems);
  }
  return commitNew(call, object, first);
}

function commitNew(call: Call, object: NewObject, first: StoredObject): BodyAnswer {
  const { type, store } = call;
  const { namespace, name } = first.metadata;
  if (lacksNamespace(call, namespace)) {
    return notFound({ group: '', name: 'namespaces' }, namespace ?? '');
  }
  const isGenerated = object.metadata.name === undefined;
  if (!isGenerated && store.get(type.storedAs, namespace, name) !== undefined) {
    return alreadyExists(byPlural(type), name);
  }
  const refusal = overQuota(call, first);
  if (refusal !== undefined) {
    return refusal;
  }
  const created = isDryRun(call.query) ? withoutVersion(first) : store.create(type.storedAs, object);
  return { status: 201, body: shownAs(type, created) };
}

/** 403 where a quota of the namespace does not take the object. `stored` is what it replaces. */
export function overQuota(call: Call, object: StoredObject, stored?: StoredObject): BodyAnswer | undefined {
  const { type, store } = call;
  const { namespace, name } = object.metadata;
  if (namespace === undefined) {
    return undefined;
  }
  const asked = { storedAs: type.storedAs, counted: qualified(byPlural(type)), namespace, object };
  const problem = quotaProblem({ ...asked, ...(stored === undefined ? {} : { stored }) }, (resource, within) =>
    store.list(resource, { namespace: within }),
  );
  return problem === undefined ? undefined : forbidden(byPlural(type), name, problem);
}

/** Namespaces are only insisted on in worlds that have any, so that small tests need not make one. */
function lacksNamespace(call: Call, namespace: string | undefined): boolean {
  const { store } = call;
  return (
    namespace !== undefined &&
    store.get('namespaces', undefined, namespace) === undefined &&
    store.list('namespaces').length > 0
  );
}

function withoutVersion(object: StoredObject): StoredObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  // Only shown, never stored: the answer to a dry run has no resourceVersion.
  return sealJson({ ...object, metadata }) as StoredObject;
}

function asNew(call: Call, given: Json): NewObject {
  const { type, path } = call;
  const { status: _status, ...object } = withDefaults(type.kind, toStored(type, given));
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const { managedFields: _fields, resourceVersion: _version, uid: _uid, namespace: _namespace, ...kept } = metadata;
  const { creationTimestamp: _created, generation: _generation, deletionTimestamp: _deletion, ...own } = kept;
  const status = initialStatus(type.kind) ?? (type.status ? undefined : _status);
  return {
    ...object,
    apiVersion: type.storedAs === 'events' ? 'v1' : apiVersionOf(type),
    kind: type.kind,
    metadata: { ...own, ...(path.namespace === undefined ? {} : { namespace: path.namespace }) },
    ...(isRecord(status) ? { status } : {}),
  };
}

function cannotBeHandled(type: ResourceType, problem: string): BodyAnswer {
  return badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${problem}`);
}

function misplaced(call: Call | ObjectCall, given: Json): BodyAnswer | undefined {
  const metadata = isRecord(given['metadata']) ? given['metadata'] : {};
  const { kind, apiVersion } = given;
  if (kind !== call.type.kind || apiVersion !== apiVersionOf(call.type)) {
    const { version, kind: wanted } = call.type;
    return badRequest(
      `${String(kind)} in version "${version}" cannot be handled as a ${wanted}: the object is a ${String(apiVersion)} ${String(kind)}`,
    );
  }
  const { namespace } = metadata;
  if (namespace !== undefined && namespace !== '' && namespace !== call.path.namespace) {
    return badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const name = 'name' in call ? call.name : undefined;
  if (name !== undefined && metadata['name'] !== name) {
    return badRequest(
      `the name of the object (${String(metadata['name'])}) does not match the name on the URL (${name})`,
    );
  }
  return undefined;
}

/** How a stored object is to be changed. */
export interface Change {
  /** The object as the client wants it, from the object as its API shows it. */
  readonly make: (shown: Json) => Json | Refusal;
  readonly from: 'put' | 'patch';
  /** The stored object after the change, when it is valid: which parts the path may write. */
  readonly take: (stored: StoredObject, wanted: Json) => Json;
  readonly problems: (next: Json, stored: StoredObject) => readonly FieldProblem[];
  /** What admission says of a change that is valid. */
  readonly admit?: (next: Json, stored: StoredObject) => BodyAnswer | undefined;
}

/** The change that a PUT or PATCH of the object itself makes: everything but the status, where that is a subresource. */
export function wholeChange(type: ResourceType, from: 'put' | 'patch', make: Change['make']): Change {
  return {
    make,
    from,
    take: (stored, wanted) => {
      const { status, ...rest } = hasDefaults(type, stored) ? withDefaults(type.kind, wanted) : wanted;
      const kept = type.status ? stored.status : status;
      return kept === undefined ? rest : { ...rest, status: kept };
    },
    problems: (next, stored) => problemsOf(type, next, stored),
  };
}

/**
 * Whether an object holds every default, as all that came through the API do. One that a simulated controller wrote without
 * them stays without: filling them in would look like a change of its spec.
 */
function hasDefaults(type: ResourceType, stored: StoredObject): boolean {
  return sameJson(withDefaults(type.kind, stored), stored);
}

/** The change that a PUT or PATCH of `/status` makes: the status alone. */
export function statusChange(type: ResourceType, from: 'put' | 'patch', make: Change['make']): Change {
  return {
    make,
    from,
    // The status of a custom resource takes no other metadata along. Source: apiextensions `statusStrategy`.
    take: (stored, wanted) => ({
      ...stored,
      metadata: type.custom ? ownMetadata(stored, wanted) : wanted['metadata'],
      status: wanted['status'],
    }),
    problems: (next, stored) => problemsOf({ ...type, kind: 'Status' }, next, stored),
  };
}

/** The metadata of the stored object under the uid that the change names, which still has to be the right one. */
export function ownMetadata(stored: StoredObject, wanted: Json): Json {
  return { ...stored.metadata, uid: isRecord(wanted['metadata']) ? wanted['metadata']['uid'] : undefined };
}

/** Changes a stored object: 200 with the object after it, or why not. */
export function updateObject(call: ObjectCall, change: Change): BodyAnswer {
  const { type } = call;
  const stored = storedOf(call);
  if (stored === undefined) {
    return notFound(byPlural(type), call.name);
  }
  const wanted = change.make(shownAs(type, stored));
  if (wanted instanceof Refusal) {
    return wanted.answer;
  }
  const refusal =
    undecodable(type, wanted, change.from) ?? misplaced(call, wanted) ?? stale(call, change, { stored, wanted });
  if (refusal !== undefined) {
    return refusal;
  }
  const taken = change.take(stored, toStored(type, wanted));
  const problems = change.problems(taken, stored);
  if (problems.length > 0) {
    return invalid(byKind(type), call.name, problems);
  }
  const refused = change.admit?.(taken, stored);
  return refused ?? { status: 200, body: shownAs(type, commitUpdate(call, stored, taken)) };
}

/** 422 for a patch that makes something else of the object, 400 for a PUT: the two ways the real server says so. */
function undecodable(type: ResourceType, wanted: Json, from: 'put' | 'patch'): BodyAnswer | undefined {
  const problem = decodeProblem(type.kind, wanted);
  if (problem === undefined) {
    return undefined;
  }
  return from === 'put'
    ? cannotBeHandled(type, problem)
    : invalid({ group: '', name: '' }, '', [invalidValue('patch', JSON.stringify(wanted), problem)]);
}

/** Kinds that the real server does not replace without a resourceVersion. */
const ALWAYS_VERSIONED: ReadonlySet<string> = new Set(['Lease', 'PodDisruptionBudget']);

function stale(
  call: ObjectCall,
  change: Change,
  { stored, wanted }: { readonly stored: StoredObject; readonly wanted: Json },
): BodyAnswer | undefined {
  const { uid, resourceVersion } = isRecord(wanted['metadata']) ? wanted['metadata'] : {};
  const { type, name } = call;
  if (change.from === 'put' && isGiven(uid) && uid !== stored.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${stored.metadata.uid}`;
    return conflict(byPlural(type), name, why);
  }
  if (!isGiven(resourceVersion)) {
    const insists = type.custom || ALWAYS_VERSIONED.has(type.kind);
    return change.from === 'put' && insists
      ? invalid(byKind(type), name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')])
      : undefined;
  }
  return resourceVersion === stored.metadata.resourceVersion
    ? undefined
    : conflict(byPlural(type), name, MODIFIED_MEANWHILE);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** Stores the next version, or, in a dry run, only makes it. Fields that clients cannot write stay as they are. */
export function commitUpdate(call: ObjectCall, stored: StoredObject, taken: Json): StoredObject {
  const { type, store } = call;
  const given = isRecord(taken['metadata']) ? taken['metadata'] : {};
  const { managedFields: _fields, ...own } = given;
  const { deletionTimestamp, deletionGracePeriodSeconds, generateName, namespace } = stored.metadata;
  const metadata = { ...own, deletionTimestamp, deletionGracePeriodSeconds, generateName, namespace };
  // Metadata of a stored object with fields replaced; what is undefined is dropped when it is sealed.
  const wanted = { ...taken, metadata: sealJson(metadata) as StoredMetadata } as StoredObject;
  const options = { countAnnotations: type.kind === 'Deployment' && call.path.subresource === '' };
  if (isDryRun(call.query)) {
    // Sealing drops what is undefined and keeps the shape.
    return sealJson(nextVersion(stored, wanted, options)) as StoredObject;
  }
  const updated = store.update(type.storedAs, wanted, options);
  if (isFinished(updated)) {
    store.remove(type.storedAs, namespace, updated.metadata.name);
  }
  return updated;
}

/** Whether an object only waited for its finalizers to go. Pods wait for their kubelet besides. */
function isFinished(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) === 0 && (finalizers ?? []).length === 0;
}
