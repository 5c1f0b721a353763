import type { LabelSelector } from './kubernetes.ts';

/**
 * The selector as the API's `labelSelector` parameter takes it. Empty for a selector that selects everything.
 *
 * @throws Error for an operator that Kubernetes does not have; the API server never stores one.
 */
export function selectorText(selector: LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${values.join(',')})`;
      case 'NotIn':
        return `${key} notin (${values.join(',')})`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        throw new Error(`unknown selector operator ${operator}`);
    }
  });
  return [...equal, ...expressions].join(',');
}

/**
 * Whether the selector selects these labels. An empty selector selects everything, and so does an
 * operator that is not known: selectors say which budgets hold, and one more is the careful side.
 */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every(
    ({ key, operator, values = [] }) => holds(operator, labels[key], values) ?? true,
  );
}

/** Whether an operator that all selectors know holds for a label's value; undefined for one that is not among those. */
export function holds(operator: unknown, value: string | undefined, values: readonly unknown[]): boolean | undefined {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return undefined;
  }
}
