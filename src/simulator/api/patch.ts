import { mediaType, parseBody } from './body.ts';
import { type Call, type ObjectCall, storedOf } from './context.ts';
import { jsonPatch } from './json-patch.ts';
import { type Json, isRecord } from './json.ts';
import { mergePatch } from './merge-patch.ts';
import {
  type BodyAnswer,
  Refusal,
  badRequest,
  failure,
  invalid,
  requiredValue,
  unsupportedMediaType,
} from './status.ts';
import { strategicPatch } from './strategic-patch.ts';
import { createObject, updateObject, wholeChange } from './write.ts';

const APPLY = 'application/apply-patch+yaml';

/** Answers a PATCH of an object itself, server-side apply (which may create) included. */
export function patchObject(call: ObjectCall): BodyAnswer {
  const make = readPatch(call);
  if (make instanceof Refusal) {
    return make.answer;
  }
  const isApply = mediaType(call.request.contentType) === APPLY;
  if (isApply && storedOf(call) === undefined) {
    const applied = make({});
    return applied instanceof Refusal ? applied.answer : createObject(call, applied);
  }
  return updateObject(call, wholeChange(call.type, 'patch', make));
}

/** How the patch in the body changes an object, or why it cannot be taken: 415 for a content type that is no patch. */
export function readPatch(call: Call): ((shown: Json) => Json | Refusal) | Refusal {
  const type = mediaType(call.request.contentType);
  const apply = PATCHES[type];
  if (apply === undefined || (call.type.custom && type === 'application/strategic-merge-patch+json')) {
    return new Refusal(unsupportedMediaType());
  }
  const patch = parseBody(call.request.body ?? '', type === APPLY);
  if (patch instanceof Refusal) {
    return patch;
  }
  return (shown) => {
    const patched = apply(shown, patch, call);
    if (patched instanceof Refusal || isRecord(patched)) {
      return patched;
    }
    return new Refusal(unprocessable());
  };
}

type ApplyPatch = (shown: Json, patch: unknown, call: Call) => unknown;

const PATCHES: Readonly<Record<string, ApplyPatch>> = {
  'application/json-patch+json': (shown, patch) => {
    const answer = jsonPatch(shown, patch);
    switch (answer.kind) {
      case 'patched':
        return answer.document;
      case 'malformed':
        return new Refusal(badRequest(answer.why));
      case 'failed':
        return new Refusal(unprocessable());
    }
  },
  'application/merge-patch+json': (shown, patch) =>
    isRecord(patch) ? mergePatch(shown, patch) : new Refusal(badRequest('error decoding patch: it is not an object')),
  'application/strategic-merge-patch+json': (shown, patch) =>
    isRecord(patch)
      ? strategicPatch(shown, patch)
      : new Refusal(badRequest('error decoding patch: it is not an object')),
  [APPLY]: applyConfiguration,
};

/** Server-side apply without field ownership: the configuration is merged in, and nobody is ever in conflict. */
function applyConfiguration(shown: Json, patch: unknown, call: Call): unknown {
  if (!isRecord(patch)) {
    return new Refusal(badRequest('the applied configuration is not an object'));
  }
  if ((call.query['fieldManager'] ?? '') === '') {
    const problem = requiredValue('fieldManager', 'is required for apply patch');
    return new Refusal(invalid({ group: 'meta.k8s.io', name: 'PatchOptions' }, '', [problem]));
  }
  return call.type.custom ? mergePatch(shown, patch) : strategicPatch(shown, patch);
}

/** The bare 422 of a JSON patch that does not fit. */
function unprocessable(): BodyAnswer {
  const message = 'the server rejected our request due to an error in our request';
  return failure({ status: 422, reason: 'Invalid', message, details: {} });
}
