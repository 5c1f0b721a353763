import { type Json, isRecord, sameJson, setField } from './json.ts';

/**
 * The keys by which lists of objects merge, by the name of the field. `primitives` are lists of plain values that merge as
 * sets; every list that is not named is replaced whole. Source: the `patchMergeKey` tags of the built-in kinds.
 */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  hostAliases: 'ip',
  hostIPs: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  podIPs: 'ip',
  resourceClaims: 'name',
  schedulingGates: 'name',
  secrets: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
};
const PRIMITIVE_SETS: ReadonlySet<string> = new Set(['finalizers', 'podCIDRs']);

const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/**
 * The document after a strategic merge patch: objects merge, lists of the built-in kinds merge by their keys, null removes,
 * and the `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` directives are obeyed. Neither argument
 * is changed. Source: apimachinery `strategicpatch`.
 */
export function strategicPatch(document: unknown, patch: unknown): unknown {
  return isRecord(patch) ? mergeMaps(isRecord(document) ? document : {}, patch) : patch;
}

function mergeMaps(original: Json, patch: Json): Json {
  if (patch['$patch'] === 'replace') {
    return withoutDirectives(patch);
  }
  if (patch['$patch'] === 'delete') {
    return {};
  }
  const merged: Record<string, unknown> = { ...original };
  dropUnretained(merged, patch['$retainKeys']);
  for (const [field, part] of Object.entries(patch)) {
    if (field.startsWith(DELETE_FROM_LIST)) {
      deleteFromList(merged, field.slice(DELETE_FROM_LIST.length), part);
    }
  }
  for (const [field, part] of Object.entries(patch)) {
    if (!isDirective(field)) {
      mergeField(merged, field, part);
    }
  }
  for (const [field, order] of Object.entries(patch)) {
    if (field.startsWith(ELEMENT_ORDER)) {
      reorder(merged, field.slice(ELEMENT_ORDER.length), order);
    }
  }
  return merged;
}

function isDirective(field: string): boolean {
  return (
    field === '$patch' ||
    field === '$retainKeys' ||
    field.startsWith(DELETE_FROM_LIST) ||
    field.startsWith(ELEMENT_ORDER)
  );
}

function mergeField(merged: Record<string, unknown>, field: string, part: unknown): void {
  const before = Object.hasOwn(merged, field) ? merged[field] : undefined;
  if (part === null) {
    delete merged[field];
  } else if (isRecord(part)) {
    setField(merged, field, mergeMaps(isRecord(before) ? before : {}, part));
  } else if (Array.isArray(part)) {
    setField(merged, field, mergeLists(field, Array.isArray(before) ? before : [], part));
  } else {
    setField(merged, field, part);
  }
}

function dropUnretained(merged: Record<string, unknown>, retained: unknown): void {
  if (!Array.isArray(retained)) {
    return;
  }
  for (const field of Object.keys(merged)) {
    if (!retained.includes(field)) {
      delete merged[field];
    }
  }
}

function deleteFromList(merged: Record<string, unknown>, field: string, values: unknown): void {
  const before = merged[field];
  if (Array.isArray(before) && Array.isArray(values)) {
    merged[field] = before.filter((value) => !values.includes(value));
  }
}

function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  if (field !== 'ports') {
    return MERGE_KEYS[field];
  }
  // A container's ports merge by containerPort, a Service's by port; the items tell which they are.
  return items.some((item) => isRecord(item) && Object.hasOwn(item, 'containerPort')) ? 'containerPort' : 'port';
}

function mergeLists(field: string, original: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  if (PRIMITIVE_SETS.has(field)) {
    return [...original, ...patch.filter((value) => !original.includes(value))];
  }
  const key = mergeKeyOf(field, [...original, ...patch]);
  const plain = patch.filter((item) => !(isRecord(item) && Object.hasOwn(item, '$patch')));
  const replaces = patch.some((item) => isRecord(item) && item['$patch'] === 'replace');
  if (key === undefined || replaces || !patch.every(isRecord)) {
    return plain.map((item) => (isRecord(item) ? withoutDirectives(item) : item));
  }
  const kept = original.filter((item) => !isDeleted(item, key, patch));
  return mergeByKey(
    kept,
    patch.filter((item) => item['$patch'] !== 'delete'),
    key,
  );
}

function isDeleted(item: unknown, key: string, patch: readonly Json[]): boolean {
  return patch.some((entry) => entry['$patch'] === 'delete' && isRecord(item) && sameJson(entry[key], item[key]));
}

/**
 * Items that the patch names come in its order, before the items that only the server has, unless the server's own order of
 * two items says otherwise. Source: apimachinery `mergeSortedSlice`; a container that a patch adds comes first.
 */
function mergeByKey(original: readonly unknown[], patch: readonly Json[], key: string): readonly unknown[] {
  const named: { readonly at: number; readonly item: Json }[] = [];
  const used = new Set<number>();
  for (const entry of patch) {
    const at = original.findIndex((item) => isRecord(item) && sameJson(item[key], entry[key]));
    const before = at === -1 ? undefined : original[at];
    if (at !== -1) {
      used.add(at);
    }
    named.push({ at, item: mergeMaps(isRecord(before) ? before : {}, entry) });
  }
  const merged: unknown[] = [];
  let next = 0;
  for (const [at, item] of original.entries()) {
    if (used.has(at)) {
      continue;
    }
    for (let head = named[next]; head !== undefined && !(head.at !== -1 && at < head.at); head = named[next]) {
      merged.push(head.item);
      next += 1;
    }
    merged.push(item);
  }
  return [...merged, ...named.slice(next).map(({ item }) => item)];
}

function reorder(merged: Record<string, unknown>, field: string, order: unknown): void {
  const items = merged[field];
  if (!Array.isArray(items) || !Array.isArray(order)) {
    return;
  }
  const key = mergeKeyOf(field, items);
  const rankOf = (item: unknown): number => {
    const rank = order.findIndex((entry) =>
      key !== undefined && isRecord(entry) && isRecord(item) ? sameJson(entry[key], item[key]) : sameJson(entry, item),
    );
    return rank === -1 ? order.length : rank;
  };
  merged[field] = items.toSorted((left, right) => rankOf(left) - rankOf(right));
}

/** What a patch adds as new holds neither directives nor nulls. */
function withoutDirectives(part: Json): Json {
  const clean: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(part)) {
    if (value !== null && !isDirective(field)) {
      setField(clean, field, isRecord(value) ? withoutDirectives(value) : value);
    }
  }
  return clean;
}
