import type { PlannedWrite, Undo } from '../../../src/domain/remedy.ts';
import { valueAt } from '../../../src/act/objects.ts';
import type { ObjectStore, StoredObject } from '../../../src/simulator/objects.ts';

/** Where an object is stored. */
export interface Place {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The object that a path names, whichever subresource of it. */
export function placeOf(path: string): Place {
  const parts = path.split('/').filter((part) => part !== '');
  const rest = parts.slice(parts[0] === 'apis' ? 3 : 2);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [resource = '', name = ''] = namespaced ? rest.slice(2) : rest;
  return { resource, name: decodeURIComponent(name), namespace: namespaced ? rest[1] : undefined };
}

/** The place that a write leaves something at: that of its undo where it creates. */
export function placeOfWrite({ write, undo, target }: PlannedWrite): Place {
  const place = placeOf(undo === undefined || write.method !== 'POST' ? write.path : undo.path);
  return place.name === '' ? { ...place, name: target.name } : place;
}

export function placeOfUndo({ path }: Undo): Place {
  return placeOf(path);
}

export function at(objects: ObjectStore, { resource, namespace, name }: Place): StoredObject {
  const object = objects.get(resource, namespace, name);
  if (object === undefined) throw new Error(`there is no ${resource} ${name}`);
  return object;
}

export function keyOf({ resource, namespace = '', name }: Place): string {
  return `${resource}/${namespace}/${name}`;
}

/** The same object with another value at a JSON pointer, as somebody else would leave it. */
export function disturbed(object: StoredObject, pointer: string): StoredObject {
  const copy = structuredClone(object);
  const tokens = pointer.split('/').slice(1).map(unescape);
  const last = tokens.pop() ?? '';
  let parent: unknown = copy;
  for (const token of tokens) parent = childOf(parent, token);
  if (typeof parent === 'object' && parent !== null)
    Object.assign(parent, { [last]: another(valueAt(object, pointer)) });
  return copy;
}

function unescape(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function childOf(parent: unknown, token: string): unknown {
  if (typeof parent !== 'object' || parent === null) return undefined;
  if (!Object.hasOwn(parent, token)) Object.assign(parent, { [token]: {} });
  return (parent as Record<string, unknown>)[token]; // An object, checked above.
}

function another(value: unknown): unknown {
  if (typeof value === 'number') return value + 7;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return `${value}0`;
  if (Array.isArray(value)) return [...(value as readonly unknown[]), { name: 'another' }]; // An array, checked here.
  return typeof value === 'object' && value !== null ? { ...value, another: 'value' } : 'another';
}
