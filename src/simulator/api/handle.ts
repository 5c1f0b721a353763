import { denied, identify, isReview, review, unauthorized, verbOf } from './access.ts';
import { readObject } from './body.ts';
import type { Access, ApiAnswer, ApiDeps, ApiRequest, Call, HandleRequest, ObjectCall } from './context.ts';
import { deleteCollection, deleteObject } from './delete.ts';
import { discover, isPublic } from './discovery.ts';
import { evictPod } from './eviction.ts';
import { podLogs } from './logs.ts';
import { patchObject, readPatch } from './patch.ts';
import { type ResourcePath, parseResourcePath } from './path.ts';
import { getObject, listObjects } from './read.ts';
import { resizePod } from './resize.ts';
import { type ResourceTypes, makeResourceTypes } from './resource-types.ts';
import { handleScale } from './scale.ts';
import { type BodyAnswer, Refusal, invalid, methodNotAllowed, unknownPath } from './status.ts';
import { watchObjects } from './watch.ts';
import { createObject, statusChange, updateObject, wholeChange } from './write.ts';
import { writeRecord } from './write-record.ts';

/** The API server as a function of a request. Everything it knows is in the store; it keeps no state of its own. */
export function makeApi(deps: ApiDeps): HandleRequest {
  const types = deps.types ?? makeResourceTypes(deps.customResources);

  return (given) => {
    const request = withQuery(given);
    const answer = answerTo(deps, types, request);
    if (deps.onWrite !== undefined && request.method !== 'GET' && !('watch' in answer)) {
      const path = parseResourcePath(request.path);
      if (path !== undefined && !isReview(path)) {
        deps.onWrite(writeRecord(request, answer.status));
      }
    }
    return answer;
  };
}

/** A request whose query is apart from its path. */
type Asked = ApiRequest & { readonly query: Readonly<Record<string, string>> };

const NO_QUERY: Readonly<Record<string, string>> = Object.freeze({});

function withQuery(request: ApiRequest): Asked {
  const at = request.path.indexOf('?');
  if (at === -1) {
    return { ...request, query: request.query ?? NO_QUERY };
  }
  const query = Object.fromEntries(new URLSearchParams(request.path.slice(at + 1)));
  return { ...request, path: request.path.slice(0, at), query: request.query ?? query };
}

function answerTo(deps: ApiDeps, types: ResourceTypes, request: Asked): ApiAnswer {
  if (isPublic(request.path)) {
    return discover(request.path, types) ?? unknownPath();
  }
  const access = identify(deps, request);
  if (access === undefined) {
    return unauthorized();
  }
  const discovered = request.method === 'GET' ? discover(request.path, types) : undefined;
  if (discovered !== undefined) {
    return discovered;
  }
  const path = parseResourcePath(request.path);
  if (path === undefined) {
    return unknownPath();
  }
  return toResource({ deps, types, request, path, access });
}

interface Routed {
  readonly deps: ApiDeps;
  readonly types: ResourceTypes;
  readonly request: Asked;
  readonly path: ResourcePath;
  readonly access: Access;
}

function toResource({ deps, types, request, path, access }: Routed): ApiAnswer {
  const { query } = request;
  const type = types.find(path.group, path.version, path.plural);
  if (isReview(path)) {
    return answerReview({ deps, types, request, path, access });
  }
  const refusal = denied(access, verbOf(request, path, query), path);
  if (refusal !== undefined) {
    return refusal;
  }
  const misfits = type === undefined || (!type.namespaced && path.namespace !== undefined);
  if (misfits || (type.namespaced && path.namespace === undefined && path.name !== undefined)) {
    return unknownPath();
  }
  const badDryRun = dryRunProblem(request);
  if (badDryRun !== undefined) {
    return badDryRun;
  }
  const call: Call = { request, query, path, type, store: deps.store, deps };
  return path.name === undefined ? onCollection(call) : onObject({ ...call, name: path.name });
}

function answerReview({ deps, request, path, access }: Routed): ApiAnswer {
  if (request.method !== 'POST') {
    return methodNotAllowed();
  }
  const type = { group: path.group, version: path.version, plural: path.plural, kind: '', namespaced: false };
  const served = { ...type, shortNames: [], status: false, custom: false, storedAs: path.plural };
  const body = readObject({ request, query: request.query, path, type: served, store: deps.store, deps });
  return body instanceof Refusal ? body.answer : review(path.plural, body, access);
}

const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const OPTIONS: Readonly<Record<string, string>> = {
  DELETE: 'DeleteOptions',
  PATCH: 'PatchOptions',
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
};

function dryRunProblem(request: Asked): BodyAnswer | undefined {
  const { dryRun } = request.query;
  if (dryRun === undefined || dryRun === 'All' || !WRITES.has(request.method)) {
    return undefined;
  }
  const message = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`;
  const kind = { group: 'meta.k8s.io', name: OPTIONS[request.method] ?? '' };
  return invalid(kind, '', [{ field: 'dryRun', reason: 'FieldValueNotSupported', message }]);
}

function onCollection(call: Call): ApiAnswer {
  const isPlaced = !call.type.namespaced || call.path.namespace !== undefined;
  switch (call.request.method) {
    case 'GET':
      return call.query['watch'] === 'true' || call.query['watch'] === '1' ? watchObjects(call) : listObjects(call);
    case 'POST': {
      const body = readObject(call);
      if (!isPlaced) {
        return methodNotAllowed();
      }
      return body instanceof Refusal ? body.answer : createObject(call, body);
    }
    case 'DELETE':
      return isPlaced ? deleteCollection(call) : methodNotAllowed();
    default:
      return methodNotAllowed();
  }
}

function onObject(call: ObjectCall): ApiAnswer {
  if (call.deps.unserved?.includes(`${call.path.plural}/${call.path.subresource}`) === true) {
    return unknownPath();
  }
  switch (call.path.subresource) {
    case '':
      return onWhole(call);
    case 'status':
      return call.type.status ? onStatus(call) : unknownPath();
    case 'scale':
      return call.type.scale === undefined ? unknownPath() : handleScale(call);
    default:
      return call.type.storedAs === 'pods' ? onPodPart(call) : unknownPath();
  }
}

function onPodPart(call: ObjectCall): ApiAnswer {
  const { method } = call.request;
  switch (call.path.subresource) {
    case 'eviction':
      return method === 'POST' ? evictPod(call) : methodNotAllowed();
    case 'log':
      return method === 'GET' ? podLogs(call) : methodNotAllowed();
    case 'resize':
      return resizePod(call);
    default:
      return unknownPath();
  }
}

function onWhole(call: ObjectCall): ApiAnswer {
  switch (call.request.method) {
    case 'GET':
      return getObject(call);
    case 'PUT': {
      const body = readObject(call);
      return body instanceof Refusal
        ? body.answer
        : updateObject(
            call,
            wholeChange(call.type, 'put', () => body),
          );
    }
    case 'PATCH':
      return patchObject(call);
    case 'DELETE':
      return deleteObject(call);
    default:
      return methodNotAllowed();
  }
}

function onStatus(call: ObjectCall): ApiAnswer {
  switch (call.request.method) {
    case 'GET':
      return getObject(call);
    case 'PUT': {
      const body = readObject(call);
      return body instanceof Refusal
        ? body.answer
        : updateObject(
            call,
            statusChange(call.type, 'put', () => body),
          );
    }
    case 'PATCH': {
      const make = readPatch(call);
      return make instanceof Refusal ? make.answer : updateObject(call, statusChange(call.type, 'patch', make));
    }
    default:
      return methodNotAllowed();
  }
}
