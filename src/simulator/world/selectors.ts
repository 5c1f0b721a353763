import type { LabelSelector } from '../../domain/kubernetes.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels satisfy a selector. An empty or absent selector matches nothing here: no controller may own everything. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  const expressions = selector?.matchExpressions ?? [];
  if (pairs.length + expressions.length === 0) {
    return false;
  }
  return (
    pairs.every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => expressionMatches(expression, labels))
  );
}

function expressionMatches(
  expression: { readonly key: string; readonly operator: string; readonly values?: readonly string[] },
  labels: Labels,
): boolean {
  const value = labels[expression.key];
  const listed = value !== undefined && (expression.values ?? []).includes(value);
  switch (expression.operator) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
