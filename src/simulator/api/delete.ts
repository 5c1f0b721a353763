import { readDeleteOptions } from './body.ts';
import { type Call, type ObjectCall, byKind, byPlural, isDryRun, storedOf } from './context.ts';
import { type Json, isRecord, sealJson } from './json.ts';
import { listOf } from './read.ts';
import { type BodyAnswer, Refusal, conflict, notFound, success } from './status.ts';
import { FOREGROUND, type ObjectStore, type Resource, type StoredObject } from './stored.ts';
import { nextVersion, timestamp } from './versions.ts';
import { shownAs } from './write.ts';

/** What a client may demand of the object it deletes, and how. */
export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly dryRun: boolean;
  /** What becomes of the objects that it owns; `Background` when left out: the garbage collector removes them. */
  readonly propagation?: 'Orphan' | 'Foreground';
}

/** Answers a DELETE of one object. */
export function deleteObject(call: ObjectCall): BodyAnswer {
  const body = readDeleteOptions(call);
  if (body instanceof Refusal) {
    return body.answer;
  }
  const stored = storedOf(call);
  if (stored === undefined) {
    return notFound(byPlural(call.type), call.name);
  }
  const options = deleteOptions(body, call);
  const refusal = preconditionFails(call, stored, options);
  if (refusal !== undefined) {
    return refusal;
  }
  const last = remove(call, stored, options);
  // Pods, and objects that wait for finalizers, are shown; of what is simply gone there is nothing to show.
  return call.type.kind === 'Pod' || last.metadata.deletionTimestamp !== undefined
    ? { status: 200, body: shownAs(call.type, last) }
    : success(200, goneDetails(call, last));
}

/** Answers a DELETE of a list: the objects that were deleted. */
export function deleteCollection(call: Call): BodyAnswer {
  const body = readDeleteOptions(call);
  if (body instanceof Refusal) {
    return body.answer;
  }
  const listed = listOf(call);
  if (listed instanceof Refusal) {
    return listed.answer;
  }
  const options = deleteOptions(body, call);
  for (const stored of listed.objects) {
    remove(call, stored, options);
  }
  return listed.answer;
}

function goneDetails(call: ObjectCall, last: StoredObject): Json {
  const { type } = call;
  return {
    name: call.name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.plural,
    uid: last.metadata.uid,
  };
}

/** The delete options of a body and a query. */
export function deleteOptions(body: Json, call: Call): DeleteOptions {
  const { uid, resourceVersion } = isRecord(body['preconditions']) ? body['preconditions'] : {};
  const grace = Number(body['gracePeriodSeconds'] ?? call.query['gracePeriodSeconds'] ?? Number.NaN);
  const propagation = body['propagationPolicy'] ?? call.query['propagationPolicy'];
  const inBody = Array.isArray(body['dryRun']) && body['dryRun'].includes('All');
  return {
    ...(isText(uid) ? { uid } : {}),
    ...(isText(resourceVersion) ? { resourceVersion } : {}),
    ...(grace >= 0 ? { gracePeriodSeconds: Math.trunc(grace) } : {}),
    dryRun: inBody || isDryRun(call.query),
    ...(propagation === 'Orphan' || propagation === 'Foreground' ? { propagation } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** 409 when the stored object is not the one that the preconditions mean. */
export function preconditionFails(
  call: ObjectCall,
  stored: StoredObject,
  { uid, resourceVersion }: DeleteOptions,
): BodyAnswer | undefined {
  const { metadata } = stored;
  if (uid !== undefined && uid !== metadata.uid) {
    const why =
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}).` +
      ' The object might have been deleted and then recreated';
    return conflict(byKind(call.type), call.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record` +
      ` (${metadata.resourceVersion}). The object might have been modified`;
    return conflict(byKind(call.type), call.name, why);
  }
  return undefined;
}

/** Begins or completes a deletion and returns the object as it is shown last. A dry run only makes that object. */
export function remove(call: Call, stored: StoredObject, options: DeleteOptions): StoredObject {
  const { type, store } = call;
  const grace = graceOf(stored, options);
  const { namespace, name, deletionTimestamp } = stored.metadata;
  const finalizers = finalizersOf(store, stored, options);
  if (grace === 0 && finalizers.length === 0) {
    if (!options.dryRun) {
      store.remove(type.storedAs, namespace, name);
    }
    return stored;
  }
  if (deletionTimestamp !== undefined) {
    return stored;
  }
  const metadata = {
    ...stored.metadata,
    ...(finalizers.length === 0 ? {} : { finalizers }),
    deletionTimestamp: timestamp(store.now() + grace * 1_000),
    deletionGracePeriodSeconds: grace,
  };
  const leaving = { ...stored, metadata };
  // A stored object with a deletionTimestamp is one, too.
  return options.dryRun
    ? (sealJson(nextVersion(stored, leaving)) as StoredObject)
    : store.update(type.storedAs, leaving);
}

/** What an owner still waits for: its own finalizers, and what it owns where that has to go first. */
function finalizersOf(store: ObjectStore, stored: StoredObject, options: DeleteOptions): readonly string[] {
  const own = stored.metadata.finalizers ?? [];
  if (options.propagation === undefined) {
    return own;
  }
  const dependents = dependentsOf(store, stored);
  if (options.propagation === 'Foreground') {
    return dependents.length > 0 ? [...own, FOREGROUND] : own;
  }
  if (!options.dryRun) {
    orphan(store, stored, dependents);
  }
  return own;
}

type Dependent = readonly [Resource, StoredObject];

function dependentsOf(store: ObjectStore, { metadata: { uid } }: StoredObject): readonly Dependent[] {
  return store
    .resources()
    .flatMap((resource) => store.list(resource).map((object): Dependent => [resource, object]))
    .filter(([, { metadata }]) => metadata.ownerReferences?.some((owner) => owner.uid === uid) === true);
}

function orphan(store: ObjectStore, { metadata: { uid } }: StoredObject, dependents: readonly Dependent[]): void {
  for (const [resource, object] of dependents) {
    const { ownerReferences = [], ...metadata } = object.metadata;
    const others = ownerReferences.filter((owner) => owner.uid !== uid);
    const kept = { ...metadata, ...(others.length === 0 ? {} : { ownerReferences: others }) };
    store.update(resource, { ...object, metadata: kept });
  }
}

/** Only pods that a kubelet runs are given time. */
function graceOf(stored: StoredObject, options: DeleteOptions): number {
  const phase = stored.status?.['phase'];
  const runs = stored.kind === 'Pod' && stored.spec?.['nodeName'] !== undefined;
  if (!runs || phase === 'Succeeded' || phase === 'Failed') {
    return 0;
  }
  const own = stored.spec?.['terminationGracePeriodSeconds'];
  return options.gracePeriodSeconds ?? (typeof own === 'number' ? own : 30);
}
