import { readObject } from './body.ts';
import { type ObjectCall, byKind, byPlural, storedOf } from './context.ts';
import { decodeProblem, valueAt } from './decode.ts';
import { type Json, isRecord } from './json.ts';
import { readPatch } from './patch.ts';
import { selectorText } from './selectors.ts';
import {
  type BodyAnswer,
  MODIFIED_MEANWHILE,
  Refusal,
  badRequest,
  conflict,
  invalid,
  invalidValue,
  methodNotAllowed,
  notFound,
} from './status.ts';
import type { StoredObject } from './stored.ts';
import { problemsOf } from './validate.ts';
import { commitUpdate } from './write.ts';

/** Answers GET, PUT and PATCH of `/scale`. */
export function handleScale(call: ObjectCall): BodyAnswer {
  const stored = storedOf(call);
  if (stored === undefined) {
    return notFound(byPlural(call.type), call.name);
  }
  switch (call.request.method) {
    case 'GET':
      return { status: 200, body: scaleOf(stored, call.type.custom) };
    case 'PUT': {
      const scale = readObject(call);
      return scale instanceof Refusal ? scale.answer : writeScale(call, stored, scale);
    }
    case 'PATCH': {
      const make = readPatch(call);
      const scale = make instanceof Refusal ? make : make(scaleOf(stored, call.type.custom));
      return scale instanceof Refusal ? scale.answer : writeScale(call, stored, scale);
    }
    default:
      return methodNotAllowed();
  }
}

function scaleOf(stored: StoredObject, custom: boolean): Json {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = stored.metadata;
  const replicas = stored.spec?.['replicas'];
  const selector = custom ? '' : selectorText(stored.spec?.['selector']);
  const current = stored.status?.['replicas'];
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: typeof current === 'number' ? current : 0, ...(selector === '' ? {} : { selector }) },
  };
}

function writeScale(call: ObjectCall, stored: StoredObject, scale: Json): BodyAnswer {
  const problem = decodeProblem('Scale', scale);
  if (problem !== undefined || (scale['spec'] !== undefined && !isRecord(scale['spec']))) {
    return badRequest(`Scale in version "v1" cannot be handled as a Scale: ${problem ?? 'its spec is not an object'}`);
  }
  // Zero is left out of a Scale, so what is left out is zero.
  const replicas = valueAt(scale, 'spec.replicas') ?? 0;
  if (typeof replicas === 'number' && replicas < 0) {
    const negative = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
    return invalid({ group: 'autoscaling', name: 'Scale' }, call.name, [negative]);
  }
  const refusal = scaleConflict(call, stored, scale);
  if (refusal !== undefined) {
    return refusal;
  }
  const taken = { ...stored, spec: { ...stored.spec, replicas } };
  const problems = problemsOf(call.type, taken, stored);
  if (problems.length > 0) {
    return invalid(byKind(call.type), call.name, problems);
  }
  return { status: 200, body: scaleOf(commitUpdate(call, stored, taken), call.type.custom) };
}

function scaleConflict(call: ObjectCall, stored: StoredObject, scale: Json): BodyAnswer | undefined {
  const { uid, resourceVersion } = isRecord(scale['metadata']) ? scale['metadata'] : {};
  const named = byPlural(call.type);
  if (typeof uid === 'string' && uid !== '' && uid !== stored.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`;
    return conflict({ ...named, name: `${named.name}/scale` }, call.name, why);
  }
  const isStale =
    typeof resourceVersion === 'string' &&
    resourceVersion !== '' &&
    resourceVersion !== stored.metadata.resourceVersion;
  return isStale ? conflict(named, call.name, MODIFIED_MEANWHILE) : undefined;
}
