import { CAUSE_NAMES } from './cause-names.ts';

/** A pattern has its `*` at the end or nowhere: elsewhere it would match nothing, and protect nothing. */
export const pattern = { type: 'string', minLength: 1, pattern: '^[^*]*\\*?$' } as const;

/** A time in whole seconds, up to a week. */
export function seconds(value: number, description: string, minimum = 0): object {
  return { type: 'integer', minimum, maximum: 604_800, default: value, description };
}

/** A closed object; with `default` where it may be left out. */
export function closed(
  properties: Readonly<Record<string, object>>,
  description: string,
  rest: Readonly<Record<string, unknown>> = { default: {} },
): object {
  return { type: 'object', additionalProperties: false, description, ...rest, properties };
}

/** A text of at least one character. */
export function nonEmpty(description: string): object {
  return { type: 'string', minLength: 1, description };
}

/** At least one pattern. */
export function patterns(description: string): object {
  return { type: 'array', minItems: 1, items: pattern, description };
}

/** At least one cause, each a name that exists: one that is misspelt would match nothing. */
export function causes(description: string): object {
  return { type: 'array', minItems: 1, items: { enum: CAUSE_NAMES }, description };
}
