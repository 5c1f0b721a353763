import { sameJson } from '../../src/act/same-json.ts';
/** A patch that the API server would answer with 422. */
export class PatchFailed extends Error {}

type Json = Record<string, unknown>;

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** RFC 6902, as far as objects go: test, add, replace, remove. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new PatchFailed('a JSON patch is a list');
  const result: unknown = structuredClone(document);
  for (const operation of patch as { op: string; path: string; value?: unknown }[]) {
    const tokens = operation.path
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = tokens.pop() ?? '';
    let parent: unknown = result;
    for (const token of tokens) parent = isObject(parent) ? parent[token] : undefined;
    if (!isObject(parent)) throw new PatchFailed(`${operation.path}: no parent`);
    apply(operation, parent, last);
  }
  return result;
}

function apply(operation: { op: string; path: string; value?: unknown }, parent: Json, last: string): void {
  const exists = Object.hasOwn(parent, last);
  switch (operation.op) {
    case 'test':
      if (!sameJson(parent[last], operation.value)) throw new PatchFailed(`${operation.path}: test failed`);
      return;
    case 'add':
      parent[last] = structuredClone(operation.value);
      return;
    case 'replace':
      if (!exists) throw new PatchFailed(`${operation.path}: nothing to replace`);
      parent[last] = structuredClone(operation.value);
      return;
    case 'remove':
      if (!exists) throw new PatchFailed(`${operation.path}: nothing to remove`);
      delete parent[last];
      return;
    default:
      throw new PatchFailed(`unknown operation ${operation.op}`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
