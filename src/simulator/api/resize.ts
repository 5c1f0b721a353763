import { readObject } from './body.ts';
import { type ObjectCall, byPlural, storedOf } from './context.ts';
import { valueAt } from './decode.ts';
import { type Json, isRecord } from './json.ts';
import { readPatch } from './patch.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { type BodyAnswer, Refusal, forbidden, methodNotAllowed, notFound } from './status.ts';
import type { StoredObject } from './stored.ts';
import { resizeProblems } from './validate-pod.ts';
import { uidProblems } from './validate.ts';
import { type Change, overQuota, ownMetadata, shownAs, updateObject } from './write.ts';

/** Answers GET, PUT and PATCH of `pods/<name>/resize`: the containers' resources of a running pod. */
export function resizePod(call: ObjectCall): BodyAnswer {
  const stored = storedOf(call);
  if (stored === undefined) {
    return notFound(byPlural(call.type), call.name);
  }
  switch (call.request.method) {
    case 'GET':
      return { status: 200, body: shownAs(call.type, stored) };
    case 'PUT': {
      const body = readObject(call);
      return body instanceof Refusal
        ? body.answer
        : updateObject(
            call,
            resizeChange(call, 'put', () => body),
          );
    }
    case 'PATCH': {
      const make = readPatch(call);
      return make instanceof Refusal ? make.answer : updateObject(call, resizeChange(call, 'patch', make));
    }
    default:
      return methodNotAllowed();
  }
}

function resizeChange(call: ObjectCall, from: 'put' | 'patch', make: Change['make']): Change {
  return {
    from,
    make: (shown) => {
      const wanted = make(shown);
      if (wanted instanceof Refusal) {
        return wanted;
      }
      const refusal = tooLarge(call, wanted);
      return refusal === undefined ? wanted : new Refusal(refusal);
    },
    // A mark in the metadata does not come along. Source: kubernetes `dropNonResizeUpdates`.
    take: (stored, wanted) => ({ ...stored, metadata: ownMetadata(stored, wanted), spec: wanted['spec'] }),
    problems: (next, stored) => [
      ...uidProblems(valueAt(next, 'metadata.uid'), stored.metadata.uid),
      ...resizeProblems(next, stored),
    ],
    admit: (next, stored) => overQuota(call, { ...stored, ...next }, stored),
  };
}

/** 403 when the pod would not even fit on its node if the node were empty. */
function tooLarge(call: ObjectCall, wanted: Json): BodyAnswer | undefined {
  const spec = isRecord(wanted['spec']) ? wanted['spec'] : {};
  const node = call.store.get('nodes', undefined, String(spec['nodeName']));
  if (node === undefined) {
    return undefined;
  }
  for (const resource of ['cpu', 'memory'] as const) {
    const requested = requestedBy(spec, resource);
    const allocatable = allocatableOf(node, resource);
    if (allocatable !== undefined && requested > allocatable) {
      const why = `node didn't have enough allocatable resources: ${resource}, requested: ${requested}, allocatable: ${allocatable}`;
      return forbidden(byPlural(call.type), call.name, why, [{ reason: 'NodeCapacity' }]);
    }
  }
  return undefined;
}

/** Thousandths of a core, or bytes, as the real server compares and words them. */
function inUnits(resource: 'cpu' | 'memory', quantity: number): number {
  return Math.ceil(resource === 'cpu' ? quantity * 1_000 : quantity);
}

function requestedBy(spec: Json, resource: 'cpu' | 'memory'): number {
  const containers: readonly unknown[] = Array.isArray(spec['containers']) ? spec['containers'] : [];
  let sum = 0;
  for (const container of containers) {
    const resources = isRecord(container) && isRecord(container['resources']) ? container['resources'] : {};
    const requests = isRecord(resources['requests']) ? resources['requests'] : {};
    sum += inUnits(resource, parseQuantity(requests[resource]) ?? 0);
  }
  return sum;
}

function allocatableOf(node: StoredObject, resource: 'cpu' | 'memory'): number | undefined {
  const allocatable = node.status?.['allocatable'];
  const quantity = isRecord(allocatable) ? parseQuantity(allocatable[resource]) : undefined;
  return quantity === undefined ? undefined : inUnits(resource, quantity);
}
