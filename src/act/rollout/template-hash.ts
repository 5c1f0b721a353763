import { createHash } from 'node:crypto';
import type { PodTemplate } from '../../domain/kubernetes.ts';

/** `sha256:` and 64 hex digits of a pod template; the order of its keys makes no difference. */
export function templateHash(template: PodTemplate): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(sorted(template)))
    .digest('hex')}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
