import { parseQuantity } from '../../domain/quantity.ts';

/** Labels and annotations that say nothing about the program: a restart, the controller's own hash. */
const INCIDENTAL: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/restartedAt',
  'pod-template-hash',
  'controller-revision-hash',
]);

/**
 * Whether a pod template runs the same program with the same settings as another one that came before it: they differ in
 * nothing but the mark of a restart, and in limits and requests that were raised. Lower limits are another setting.
 */
export function isSameProgram(template: unknown, before: unknown): boolean {
  const [now, then] = [split(template), split(before)];
  if (now.rest !== then.rest || now.rest === '') return false;
  return [...then.amounts].every(([place, amount]) => (now.amounts.get(place) ?? Number.POSITIVE_INFINITY) >= amount);
}

interface Split {
  /** The template as text, without what is incidental and without the amounts; empty where there is no template. */
  readonly rest: string;
  /** Requests and limits by their place, as numbers. */
  readonly amounts: ReadonlyMap<string, number>;
}

function split(template: unknown): Split {
  if (typeof template !== 'object' || template === null) return { rest: '', amounts: new Map() };
  const amounts = new Map<string, number>();
  const rest = JSON.stringify(stripped(template, '', amounts));
  return { rest, amounts };
}

/** The value with sorted keys, without what is incidental, its amounts put into the map instead. */
function stripped(value: unknown, place: string, amounts: Map<string, number>): unknown {
  if (Array.isArray(value)) return value.map((each, index) => stripped(each, `${place}/${index}`, amounts));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    // Controllers write some of what is absent as null or empty.
    .filter(([key, each]) => !INCIDENTAL.has(key) && each !== null && each !== undefined && key !== 'creationTimestamp')
    .flatMap(([key, each]): [string, unknown][] => {
      const here = `${place}/${key}`;
      if (/\/resources\/(?:limits|requests)\/[^/]+$/.test(here)) {
        amounts.set(here, parseQuantity(String(each)) ?? Number.NaN);
        return [];
      }
      const inner = stripped(each, here, amounts);
      return isEmpty(inner) ? [] : [[key, inner]];
    });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
