import { isDeepStrictEqual } from 'node:util';
import type { NewObject, ObjectStore, Resource, StoredObject } from '../../../src/simulator/objects.ts';
import { ACTION_ID_ANNOTATION } from '../../../src/domain/remedy.ts';

/** The namespace that every case plays in. */
export const SHOP = 'shop';

/** @throws Error where there is no such object. */
export function objectOf(objects: ObjectStore, resource: Resource, name: string, namespace?: string): StoredObject {
  const object = objects.get(resource, namespace ?? (CLUSTER_WIDE.has(resource) ? undefined : SHOP), name);
  if (object === undefined) throw new Error(`there is no ${resource} ${name}`);
  return object;
}

const CLUSTER_WIDE: ReadonlySet<Resource> = new Set(['nodes', 'namespaces']);

/** Merges into an object as JSON merge patches do: `null` removes. */
export function merge(objects: ObjectStore, resource: Resource, name: string, patch: object): StoredObject {
  return objects.update(resource, merged(objectOf(objects, resource, name), patch) as StoredObject); // A patch of fields.
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = isPlain(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function annotate(
  objects: ObjectStore,
  resource: Resource,
  name: string,
  annotations: Readonly<Record<string, string | null>>,
): void {
  merge(objects, resource, name, { metadata: { annotations } });
}

/** Puts another object of the same name in the place of one: a new uid. */
export function replace(objects: ObjectStore, resource: Resource, object: StoredObject): StoredObject {
  const { uid: _uid, resourceVersion: _version, ...metadata } = object.metadata;
  objects.remove(resource, metadata.namespace, metadata.name);
  return objects.create(resource, { ...object, metadata });
}

export function add(objects: ObjectStore, resource: Resource, object: NewObject): StoredObject {
  return objects.create(resource, object);
}

/** Pods of namespace shop whose name begins so, by name. */
export function podsOf(objects: ObjectStore, app: string): readonly StoredObject[] {
  return objects.list('pods', { namespace: SHOP }).filter(({ metadata }) => metadata.name.startsWith(`${app}-`));
}

/** Every object of a store, by resource and name. */
export type Picture = ReadonlyMap<string, StoredObject>;

export function pictureOf(objects: ObjectStore): Picture {
  const all = objects.resources().flatMap((resource) =>
    objects.list(resource).map((object) => {
      const { namespace = '', name } = object.metadata;
      return [`${resource}/${namespace}/${name}`, object] as const;
    }),
  );
  return new Map(all);
}

/** What differs between two pictures besides what each write moves and AutoHeal's own mark of it; one line each. */
export function differences(before: Picture, after: Picture): readonly string[] {
  const lines: string[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key), after.get(key)];
    if (was === undefined || is === undefined) lines.push(`${key} ${was === undefined ? 'was made' : 'is gone'}`);
    else if (!isDeepStrictEqual(essence(was), essence(is))) {
      lines.push(`${key}: ${JSON.stringify(essence(was))} -> ${JSON.stringify(essence(is))}`);
    }
  }
  return lines;
}

function essence(object: StoredObject): unknown {
  const { resourceVersion: _v, generation: _g, managedFields: _m, annotations = {}, ...metadata } = object.metadata;
  const { [ACTION_ID_ANNOTATION]: _mark, ...own } = annotations;
  return { ...object, metadata: { ...metadata, annotations: own } };
}
