import { type Call, type ObjectCall, byPlural, storedOf } from './context.ts';
import { fromStored } from './event-shape.ts';
import { type Json, isRecord } from './json.ts';
import { type ResourceType, apiVersionOf } from './resource-types.ts';
import { type FieldPredicate, type LabelPredicate, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { type BodyAnswer, Refusal, badRequest, expired, failure, notFound } from './status.ts';
import type { StoredObject } from './stored.ts';
import { shownAs } from './write.ts';

/** Answers a GET of one object. */
export function getObject(call: ObjectCall): BodyAnswer {
  const stored = storedOf(call);
  return stored === undefined
    ? notFound(byPlural(call.type), call.name)
    : { status: 200, body: shownAs(call.type, stored) };
}

/** The two selectors of a list or a watch. */
export interface Selection {
  readonly labels: LabelPredicate | undefined;
  readonly fields: FieldPredicate | undefined;
}

/** The selectors in the query, or why they cannot be understood. */
export function readSelection(call: Call): Selection | Refusal {
  const { labelSelector = '', fieldSelector = '' } = call.query;
  const labels = labelSelector === '' ? undefined : parseLabelSelector(labelSelector);
  const fields = fieldSelector === '' ? undefined : parseFieldSelector(call.type.storedAs, fieldSelector);
  if (labels instanceof Refusal) {
    return labels;
  }
  return fields instanceof Refusal ? fields : { labels, fields };
}

/** Answers a list, one page of it where a limit is given. */
export function listObjects(call: Call): BodyAnswer {
  const listed = listOf(call);
  return listed instanceof Refusal ? listed.answer : listed.answer;
}

/** The objects that a list shows, and the list as it is answered. */
export function listOf(
  call: Call,
): { readonly objects: readonly StoredObject[]; readonly answer: BodyAnswer } | Refusal {
  const selection = readSelection(call);
  if (selection instanceof Refusal) {
    return selection;
  }
  const tooNew = versionTooLarge(call);
  if (tooNew !== undefined) {
    return new Refusal(tooNew);
  }
  const all = call.store.list(call.type.storedAs, { namespace: call.path.namespace, ...selection });
  const page = pageOf(call, all);
  if (page instanceof Refusal) {
    return page;
  }
  const selects = selection.labels !== undefined || selection.fields !== undefined;
  const { objects, remaining, next } = page;
  const more = next === undefined ? {} : { continue: next, ...(selects ? {} : { remainingItemCount: remaining }) };
  const body = {
    kind: `${call.type.kind}List`,
    apiVersion: apiVersionOf(call.type),
    metadata: { resourceVersion: String(call.store.resourceVersion()), ...more },
    items: objects.map((object) => itemOf(call.type, object)),
  };
  return { objects, answer: { status: 200, body } };
}

/** Items of a list carry neither kind nor apiVersion; custom resources do. Kept per object, since lists are asked for often. */
const items = new WeakMap<StoredObject, Json>();

function itemOf(type: ResourceType, object: StoredObject): Json {
  if (type.custom || type.group === 'events.k8s.io') {
    return type.custom ? object : withoutKind(fromStored(type, object));
  }
  const cached = items.get(object);
  if (cached !== undefined) {
    return cached;
  }
  const item = withoutKind(object);
  items.set(object, item);
  return item;
}

function withoutKind(object: Json): Json {
  const { apiVersion: _version, kind: _kind, ...rest } = object;
  return rest;
}

/** 504 for a resourceVersion that is not reached yet. The real server waits a few seconds for it first. */
function versionTooLarge(call: Call): BodyAnswer | undefined {
  const wanted = call.query['resourceVersion'] ?? '';
  const current = call.store.resourceVersion();
  if (!/^\d*$/.test(wanted)) {
    return badRequest(`resourceVersion: Invalid value: "${wanted}": strconv.ParseUint: invalid syntax`);
  }
  if (Number(wanted) <= current) {
    return undefined;
  }
  return failure({
    status: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
    headers: { 'retry-after': '1' },
  });
}

interface Page {
  readonly objects: readonly StoredObject[];
  readonly remaining: number;
  readonly next: string | undefined;
}

/**
 * Pages after the first are cut from the present state, not from that of the first page as the real server does; what was
 * neither created nor deleted between two pages is listed exactly once all the same.
 */
function pageOf(call: Call, all: readonly StoredObject[]): Page | Refusal {
  const limit = Number(call.query['limit'] ?? 0);
  const token = call.query['continue'] ?? '';
  const after = token === '' ? { key: '', version: undefined } : readToken(token);
  if (after === undefined) {
    return new Refusal(badRequest('continue key is not valid: the token cannot be decoded'));
  }
  if (after.version !== undefined && call.store.changesSince(after.version) === 'gone') {
    const message = 'The provided continue parameter is too old to display a consistent list result.';
    return new Refusal(expired(message));
  }
  const rest = token === '' ? all : all.filter((object) => keyOf(object) > after.key);
  const objects = limit > 0 ? rest.slice(0, limit) : rest;
  const last = objects.at(-1);
  const remaining = rest.length - objects.length;
  const version = after.version ?? call.store.resourceVersion();
  return {
    objects,
    remaining,
    next: remaining === 0 || last === undefined ? undefined : writeToken(keyOf(last), version),
  };
}

function keyOf(object: StoredObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function writeToken(start: string, rv: number): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })).toString('base64url');
}

function readToken(token: string): { readonly key: string; readonly version: number } | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    const { rv, start } = isRecord(parsed) ? parsed : {};
    return typeof rv === 'number' && typeof start === 'string' ? { key: start, version: rv } : undefined;
  } catch {
    return undefined;
  }
}
