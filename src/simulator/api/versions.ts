import { sameJson } from './json.ts';
import type { NewObject, StoredMetadata, StoredObject, UpdateOptions } from './stored.ts';

/** Kinds that have a spec but whose generation the real API server leaves out. */
const NO_GENERATION: ReadonlySet<string> = new Set([
  'APIService',
  'HorizontalPodAutoscaler',
  'Lease',
  'LimitRange',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Service',
]);

/** The suffix alphabet of `generateName`: no vowels, so no words. Source: apimachinery `util/rand`. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A time as Kubernetes writes it: RFC 3339, UTC, whole seconds. */
export function timestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** The object with its identity, before it has a resourceVersion. A generated name ends in five characters made from the uid. */
export function firstVersion(
  object: NewObject,
  identity: { readonly uid: string; readonly now: number },
): StoredObject {
  const { generateName, name, namespace, ...rest } = object.metadata;
  const { spec, status, ...other } = object;
  return {
    ...other,
    metadata: {
      name: name ?? `${generateName ?? ''}${suffixOf(identity.uid)}`,
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace === undefined ? {} : { namespace }),
      ...rest,
      uid: identity.uid,
      resourceVersion: '',
      ...(spec === undefined || NO_GENERATION.has(object.kind) ? {} : { generation: 1 }),
      creationTimestamp: timestamp(identity.now),
    },
    ...(spec === undefined ? {} : { spec: { ...spec } }),
    ...(status === undefined ? {} : { status: { ...status } }),
  };
}

/**
 * The object that replaces a stored one: identity and creation stay, the generation grows by one when the spec changed or the
 * deletion began, and the resourceVersion is still the stored one's. With `statusOnly` nothing but the status is taken.
 */
export function nextVersion(stored: StoredObject, wanted: StoredObject, options?: UpdateOptions): StoredObject {
  const next = options?.statusOnly === true ? withStatus(stored, wanted) : wanted;
  const { generation: _given, ...given } = next.metadata;
  const { uid, resourceVersion, creationTimestamp } = stored.metadata;
  const generation = nextGeneration(stored, next, options?.countAnnotations === true);
  const counted = generation === undefined ? {} : { generation };
  return { ...next, metadata: { ...given, uid, resourceVersion, ...counted, creationTimestamp } };
}

/** The object with a resourceVersion. */
export function withVersion(object: StoredObject, resourceVersion: number): StoredObject {
  const metadata: StoredMetadata = { ...object.metadata, resourceVersion: String(resourceVersion) };
  return { ...object, metadata };
}

function withStatus(stored: StoredObject, from: StoredObject): StoredObject {
  const { status: _dropped, ...rest } = stored;
  return from.status === undefined ? rest : { ...rest, status: from.status };
}

function nextGeneration(stored: StoredObject, next: StoredObject, countAnnotations: boolean): number | undefined {
  const { generation, deletionTimestamp } = stored.metadata;
  if (generation === undefined) {
    return undefined;
  }
  const deletionBegins = deletionTimestamp === undefined && next.metadata.deletionTimestamp !== undefined;
  const annotated = countAnnotations && !sameJson(stored.metadata.annotations, next.metadata.annotations);
  return deletionBegins || annotated || !sameJson(stored.spec, next.spec) ? generation + 1 : generation;
}

function suffixOf(uid: string): string {
  let seed = 0;
  for (const char of uid) {
    seed = (Math.imul(seed, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  }
  let suffix = '';
  for (let index = 0; index < 5; index += 1) {
    suffix += SUFFIX_ALPHABET[seed % SUFFIX_ALPHABET.length] ?? 'x';
    seed = Math.floor(seed / SUFFIX_ALPHABET.length);
  }
  return suffix;
}
