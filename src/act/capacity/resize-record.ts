import type { KubernetesObject } from '../../domain/kubernetes.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { fieldOf } from './pod-requests.ts';

/**
 * Annotation on a workload: which limits AutoHeal raised, from what, to what and when. A program that leaks eats every limit
 * it is given: without a memory of what stood there at first each raise would be the reason for the next.
 */
export const RESIZED_ANNOTATION = 'autoheal.io/resized';

export type Resource = 'cpu' | 'memory';

/** The last raise of one limit. */
export interface Raise {
  /** The limit from before the first raise, a quantity. */
  readonly original: string;
  /** The limit that the last raise left. */
  readonly left: string;
  /** Epoch milliseconds of the last raise. */
  readonly at: number;
}

/** Of the containers that were raised last; nobody has more. */
const MAX_ENTRIES = 10;

/** The last raise of a container's limit; undefined where there was none, or the annotation says nothing that AutoHeal wrote. */
export function lastRaise(
  annotations: Readonly<Record<string, string>>,
  container: string,
  resource: Resource,
): Raise | undefined {
  const entry = entriesOf(annotations).find(([key]) => key === keyOf(container, resource));
  return entry?.[1];
}

/** The annotation's new text, with one raise more. */
export function withRaise(
  { metadata }: KubernetesObject,
  { container, resource }: { readonly container: string; readonly resource: Resource },
  raise: Raise,
): string {
  const key = keyOf(container, resource);
  const others = entriesOf(metadata.annotations ?? {}).filter(([each]) => each !== key);
  const newest = others.sort((a, b) => b[1].at - a[1].at).slice(0, MAX_ENTRIES - 1);
  return JSON.stringify(Object.fromEntries([[key, raise], ...newest]));
}

function keyOf(container: string, resource: Resource): string {
  return `${container}/${resource}`;
}

function entriesOf(annotations: Readonly<Record<string, string>>): [string, Raise][] {
  const parsed = parsedOrUndefined(annotations[RESIZED_ANNOTATION]);
  if (typeof parsed !== 'object' || parsed === null) return [];
  return Object.entries(parsed).flatMap(([key, entry]): [string, Raise][] => {
    const [original, left, at] = ['original', 'left', 'at'].map((field) => fieldOf(entry, field));
    const isRaise =
      typeof original === 'string' &&
      typeof left === 'string' &&
      typeof at === 'number' &&
      parseQuantity(original) !== undefined &&
      parseQuantity(left) !== undefined;
    return isRaise ? [[key, { original, left, at }]] : [];
  });
}

function parsedOrUndefined(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
