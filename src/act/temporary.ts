import type { KubernetesObject } from '../domain/kubernetes.ts';
import { HELD_BY_ANNOTATION, ORIGINAL_ANNOTATION } from '../domain/remedy.ts';
import { valueAt } from './objects.ts';
import { sameJson } from './same-json.ts';

/** What a change that is meant for a time adds to its write and to its undo. */
export interface TemporaryMarks {
  /** For `metadata.annotations` of the write, beside the action id. */
  readonly annotations: Readonly<Record<string, string>>;
  /** For the undo: what the write leaves, the hold included. */
  readonly expect: Readonly<Record<string, unknown>>;
  /** For the undo: the values from before the first temporary change, and none of the annotations. */
  readonly restore: Readonly<Record<string, unknown>>;
}

/**
 * The marks of a change that AutoHeal itself takes back later. `changes` is JSON pointer -> the value that is written there,
 * for values that the API server stores as they are sent: numbers, texts, booleans, `null` to remove one.
 *
 * Several such changes of one object may overlap: each remembers what stood there before the first of them, and whoever
 * changed it last holds the object and puts all of it back. The undo of an earlier one then finds that it does not hold the
 * object any more. A value that somebody else has changed in between is not AutoHeal's to put back: it stays.
 */
export function temporaryMarks(
  object: KubernetesObject,
  actionId: string,
  changes: Readonly<Record<string, unknown>>,
): TemporaryMarks {
  const earlier = heldChanges(object);
  const held: Record<string, Held> = { ...earlier };
  for (const [pointer, left] of Object.entries(changes)) {
    // Before the first change there may have been nothing: null, which is as good to put back as a value.
    const known = earlier[pointer];
    held[pointer] = { was: known === undefined ? (valueAt(object, pointer) ?? null) : known.was, left };
  }
  const expect: Record<string, unknown> = {};
  const restore: Record<string, unknown> = {};
  for (const [pointer, { was, left }] of Object.entries(held)) {
    // The undo compares with what it reads, and there is nothing to read where a value was removed.
    if (left !== null) expect[pointer] = left;
    restore[pointer] = was;
  }
  const annotations = { [HELD_BY_ANNOTATION]: actionId, [ORIGINAL_ANNOTATION]: JSON.stringify(held) };
  return {
    annotations,
    // The fields first: a field that was changed says more than a hold that is gone.
    expect: { ...expect, [HELD_BY_POINTER]: actionId },
    restore: { ...restore, [HELD_BY_POINTER]: null, [ORIGINAL_POINTER]: null },
  };
}

/** What stood at a pointer before AutoHeal changed it, and what AutoHeal left there. */
interface Held {
  readonly was: unknown;
  readonly left: unknown;
}

const HELD_BY_POINTER = annotationPointer(HELD_BY_ANNOTATION);
const ORIGINAL_POINTER = annotationPointer(ORIGINAL_ANNOTATION);

/** The JSON pointer of an annotation. */
function annotationPointer(name: string): string {
  return `/metadata/annotations/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The changes that still stand as AutoHeal left them; the annotation may hold anything. */
function heldChanges(object: KubernetesObject): Readonly<Record<string, Held>> {
  const { annotations = {} } = object.metadata;
  if (annotations[HELD_BY_ANNOTATION] === undefined) return {};
  const kept: Record<string, Held> = {};
  for (const [pointer, entry] of Object.entries(parsed(annotations[ORIGINAL_ANNOTATION]))) {
    // Nothing else is ever held: an annotation that says otherwise was not written by AutoHeal.
    if (!/^\/(spec|metadata\/labels)\//.test(pointer) || !isHeld(entry)) continue;
    if (sameJson(valueAt(object, pointer) ?? null, entry.left)) kept[pointer] = entry;
  }
  return kept;
}

function parsed(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isHeld(value: unknown): value is Held {
  return typeof value === 'object' && value !== null && 'was' in value && 'left' in value;
}
