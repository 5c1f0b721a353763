import type { LabelSelector } from '../../domain/kubernetes.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels satisfy a selector. An empty or absent selector matches nothing here: no controller may own everything. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels, matchExpressions = NO_EXPRESSIONS } = selector ?? {};
  let isEmpty = matchExpressions.length === 0;
  // Asked for every pod of a namespace whenever one of them changes.
  for (const key in matchLabels) {
    if (labels[key] !== matchLabels[key]) {
      return false;
    }
    isEmpty = false;
  }
  return !isEmpty && matchExpressions.every((expression) => expressionMatches(expression, labels));
}

const NO_EXPRESSIONS: NonNullable<LabelSelector['matchExpressions']> = [];

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
