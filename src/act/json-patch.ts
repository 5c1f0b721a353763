import type { KubernetesObject } from '../domain/kubernetes.ts';

export type JsonPatchOperation = Readonly<Record<string, unknown>>;

/**
 * The JSON patch that makes these changes, but only to this version of this object, and annotates it in the same write. For
 * changes that a merge cannot express: a map that is replaced as a whole, an element of a list.
 */
export function markedPatch(
  object: KubernetesObject,
  annotations: Readonly<Record<string, string>>,
  operations: readonly JsonPatchOperation[],
): readonly JsonPatchOperation[] {
  const { uid, resourceVersion } = object.metadata;
  const marks: readonly JsonPatchOperation[] =
    object.metadata.annotations === undefined
      ? [{ op: 'add', path: '/metadata/annotations', value: annotations }]
      : Object.entries(annotations).map(([key, value]) => ({ op: 'add', path: annotationPointer(key), value }));
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    ...operations,
    ...marks,
  ];
}

/** The JSON pointer of an annotation. */
export function annotationPointer(key: string): string {
  return `/metadata/annotations/${escapePointer(key)}`;
}

/** One part of a JSON pointer. Source: RFC 6901. */
export function escapePointer(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
