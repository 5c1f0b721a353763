import { isRecord, sameJson, setField } from './json.ts';

/** A patch that cannot be read at all (`malformed`), or one whose operations do not fit the document (`failed`). */
export type JsonPatchAnswer =
  | { readonly kind: 'patched'; readonly document: unknown }
  | { readonly kind: 'malformed' | 'failed'; readonly why: string };

interface Operation {
  readonly op: string;
  readonly path: readonly string[];
  readonly from: readonly string[] | undefined;
  readonly value: unknown;
}

/** The most operations that one patch may have. Source: apiserver `maxJSONPatchOperations`. */
const MAX_OPERATIONS = 10_000;

const NEED_FROM: ReadonlySet<string> = new Set(['move', 'copy']);
const NEED_VALUE: ReadonlySet<string> = new Set(['add', 'replace']);

class PatchFailure extends Error {}

/**
 * The document after all operations; it is not changed itself. Source: RFC 6902, except that `test` against null succeeds
 * where the member is missing, as the library of the real API server has it.
 */
export function jsonPatch(document: unknown, patch: unknown): JsonPatchAnswer {
  if (!Array.isArray(patch)) {
    return { kind: 'malformed', why: 'error decoding patch: the patch is not a list of operations' };
  }
  if (patch.length > MAX_OPERATIONS) {
    return { kind: 'malformed', why: `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}` };
  }
  let current: unknown = document;
  try {
    for (const entry of patch) {
      const operation = readOperation(entry);
      if (operation === undefined) {
        return { kind: 'malformed', why: 'error decoding patch: an operation is malformed' };
      }
      current = applyOperation(current, operation);
    }
  } catch (error) {
    if (error instanceof PatchFailure) {
      return { kind: 'failed', why: error.message };
    }
    throw error;
  }
  return { kind: 'patched', document: current };
}

function readOperation(entry: unknown): Operation | undefined {
  if (!isRecord(entry) || typeof entry['op'] !== 'string') {
    return undefined;
  }
  const { op, value } = entry;
  const path = readPointer(entry['path']);
  const from = entry['from'] === undefined ? undefined : readPointer(entry['from']);
  const lacksFrom = NEED_FROM.has(op) && from === undefined;
  const lacksValue = NEED_VALUE.has(op) && !Object.hasOwn(entry, 'value');
  return path === undefined || lacksFrom || lacksValue ? undefined : { op, path, from, value };
}

/** The steps of a JSON pointer. Source: RFC 6901. */
function readPointer(text: unknown): readonly string[] | undefined {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
    return undefined;
  }
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function applyOperation(document: unknown, operation: Operation): unknown {
  const { op, path, from, value } = operation;
  switch (op) {
    case 'add':
    case 'replace':
      return edit(document, path, { kind: op, value });
    case 'remove':
      return edit(document, path, { kind: op });
    case 'copy':
      return edit(document, path, { kind: 'add', value: read(document, from ?? []) });
    case 'move': {
      const moved = read(document, from ?? []);
      return edit(edit(document, from ?? [], { kind: 'remove' }), path, { kind: 'add', value: moved });
    }
    case 'test':
      return tested(document, path, value);
    default:
      throw new PatchFailure(`unexpected kind: ${op}`);
  }
}

function tested(document: unknown, path: readonly string[], value: unknown): unknown {
  const parent = path.length === 0 ? undefined : read(document, path.slice(0, -1));
  const missing = isRecord(parent) && !Object.hasOwn(parent, path.at(-1) ?? '');
  const actual = missing ? null : read(document, path);
  if (!sameJson(actual, value ?? null)) {
    throw new PatchFailure(`testing value /${path.join('/')} failed`);
  }
  return document;
}

function read(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const step of path) {
    if (Array.isArray(value)) {
      value = value[existingIndex(value, step)];
    } else if (isRecord(value) && Object.hasOwn(value, step)) {
      value = value[step];
    } else {
      throw new PatchFailure(`missing path: /${path.join('/')}`);
    }
  }
  return value;
}

type Edit = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' };

/** A copy of the document with one place edited; everything beside the path is shared. */
function edit(document: unknown, path: readonly string[], change: Edit): unknown {
  const [step, ...rest] = path;
  if (step === undefined) {
    return change.kind === 'remove' ? null : change.value;
  }
  if (Array.isArray(document)) {
    return rest.length === 0 ? editItem(document, step, change) : editBelowItem(document, step, { rest, change });
  }
  if (!isRecord(document)) {
    throw new PatchFailure(`missing path: ${step}`);
  }
  const exists = Object.hasOwn(document, step);
  if (!exists && (rest.length > 0 || change.kind !== 'add')) {
    throw new PatchFailure(`missing path: ${step}`);
  }
  const copy: Record<string, unknown> = { ...document };
  if (rest.length === 0 && change.kind === 'remove') {
    delete copy[step];
  } else {
    setField(copy, step, edit(document[step], rest, change));
  }
  return copy;
}

function editBelowItem(
  items: readonly unknown[],
  step: string,
  below: { readonly rest: readonly string[]; readonly change: Edit },
): unknown[] {
  const index = existingIndex(items, step);
  return items.with(index, edit(items[index], below.rest, below.change));
}

function editItem(items: readonly unknown[], step: string, change: Edit): unknown[] {
  if (change.kind === 'add') {
    const at = step === '-' || step === String(items.length) ? items.length : existingIndex(items, step);
    return items.toSpliced(at, 0, change.value);
  }
  const index = existingIndex(items, step);
  return change.kind === 'remove' ? items.toSpliced(index, 1) : items.with(index, change.value);
}

function existingIndex(items: readonly unknown[], step: string): number {
  const index = /^(0|[1-9]\d*)$/.test(step) ? Number(step) : items.length;
  if (index >= items.length) {
    throw new PatchFailure(`index out of bounds: ${step}`);
  }
  return index;
}
