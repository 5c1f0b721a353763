const strings = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } as const;

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

/** At least one pattern; how they match is for the reader to say. */
export function patterns(description: string): object {
  return { ...strings, description };
}
