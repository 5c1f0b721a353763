import { isRecord, setField } from './json.ts';

/** The target after a JSON merge patch: null removes a field, objects merge, everything else replaces. Source: RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) {
    return patch;
  }
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [field, part] of Object.entries(patch)) {
    if (part === null) {
      delete merged[field];
    } else {
      setField(merged, field, mergePatch(Object.hasOwn(merged, field) ? merged[field] : undefined, part));
    }
  }
  return merged;
}
