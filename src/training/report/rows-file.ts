import { Ajv } from 'ajv';

import { errorText } from '../../domain/errors.ts';
import { CLASSES } from '../../score/by-model.ts';
import { FEATURES, FEATURE_VERSION } from '../../score/features/features.ts';
import type { FeatureList, ReplayedRow } from './replayed-rows.ts';

/** Rows as read, or the first problems that were found, each with the number of its line. */
export type ReadRows =
  | { readonly kind: 'ok'; readonly rows: readonly ReplayedRow[]; readonly list: FeatureList }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** A file of more characters is refused before it is looked at. */
const MOST_CHARACTERS = 400 * 1024 * 1024;
const SHOWN_PROBLEMS = 10;

interface Line extends Omit<ReplayedRow, 'group'> {
  readonly group: number | string;
}

const ajv = new Ajv({ strict: true, strictTypes: false });

const isList = ajv.compile<FeatureList>({
  type: 'object',
  required: ['features', 'featureVersion'],
  properties: {
    features: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', minLength: 1, maxLength: 200 },
    },
    featureVersion: { type: 'integer', minimum: 0 },
  },
});

const minutes = { type: 'number', minimum: 0 } as const;
const text = { type: 'string', maxLength: 200 } as const;
const isLine = ajv.compile<Line>({
  type: 'object',
  required: ['group', 'remedy', 'features', 'label', 'cost', 'costNone', 'kind'],
  properties: {
    group: { type: ['integer', 'string'], maxLength: 200 },
    decision: { type: 'integer', minimum: 0 },
    remedy: { ...text, minLength: 1 },
    kind: text,
    features: { type: 'array', minItems: 1, items: { type: ['number', 'null'] } },
    label: { type: 'integer', minimum: 0, maximum: CLASSES.length - 1 },
    cost: minutes,
    costNone: minutes,
    weight: { type: 'number', exclusiveMinimum: 0 },
  },
});

/**
 * Reads JSON lines, one row a line. A first line `{"features": [names], "featureVersion": 1}` names the features; without it
 * they are those of the product where there are as many, and otherwise called by their number. Incidents are numbered in the
 * order in which they come. Never throws.
 */
export function readRows(content: string): ReadRows {
  if (content.length > MOST_CHARACTERS) return invalid([`more than ${MOST_CHARACTERS} characters`]);
  const lines = content.split('\n');
  const named = listOf(lines[0] ?? '');
  if (named !== undefined) lines[0] = ''; // The other lines keep their numbers.
  const { found, problems } = linesOf(lines, named);
  const [first] = found;
  if (problems.length > 0) return invalid(problems);
  if (first === undefined) return invalid(['there are no rows']);
  return { kind: 'ok', rows: numbered(found), list: named ?? defaultList(first.features.length) };
}

/** Every line that is a row, up to the tenth problem. All have as many features as are named, or as the first has. */
function linesOf(
  lines: readonly string[],
  named: FeatureList | undefined,
): { readonly found: readonly Line[]; readonly problems: readonly string[] } {
  const found: Line[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const parsed = onlyOnce(rowOf(line, named?.features.length ?? found[0]?.features.length), seen);
    if (parsed.kind === 'row') found.push(parsed.row);
    else if (problems.push(`line ${index + 1}: ${parsed.why}`) >= SHOWN_PROBLEMS) break;
  }
  return { found, problems };
}

function numbered(lines: readonly Line[]): readonly ReplayedRow[] {
  const groups = new Map<number | string, number>();
  return lines.map((line) => {
    const group = groups.get(line.group) ?? groups.size;
    groups.set(line.group, group);
    return { ...line, group };
  });
}

/** What the first line says about the features; undefined where it is a row or no JSON. */
function listOf(line: string): FeatureList | undefined {
  const parsed = parse(line);
  if (parsed.kind === 'nothing' || !isList(parsed.value) || isLine(parsed.value)) return undefined;
  return { features: parsed.value.features, featureVersion: parsed.value.featureVersion };
}

function defaultList(count: number): FeatureList {
  if (count === FEATURES.length) {
    return { features: FEATURES.map(({ name }) => name), featureVersion: FEATURE_VERSION };
  }
  return { features: Array.from({ length: count }, (_, place) => `feature_${place}`), featureVersion: 0 };
}

type ParsedRow = { readonly kind: 'row'; readonly row: Line } | { readonly kind: 'nothing'; readonly why: string };

/** A remedy that stands twice in one decision means that two decisions are taken for one: every figure about choices would be wrong. */
function onlyOnce(parsed: ParsedRow, seen: Set<string>): ParsedRow {
  if (parsed.kind === 'nothing') return parsed;
  const { group, decision = 0, remedy } = parsed.row;
  const key = JSON.stringify([group, decision, remedy]);
  if (seen.has(key))
    return { kind: 'nothing', why: `${remedy} stands twice in decision ${decision} of group ${group}` };
  seen.add(key);
  return parsed;
}

function rowOf(line: string, width: number | undefined): ParsedRow {
  const parsed = parse(line);
  if (parsed.kind === 'nothing') return parsed;
  if (!isLine(parsed.value)) return { kind: 'nothing', why: ajv.errorsText(isLine.errors) };
  const { length } = parsed.value.features;
  if (width !== undefined && length !== width) {
    return { kind: 'nothing', why: `${length} features, not ${width}` };
  }
  return { kind: 'row', row: parsed.value };
}

function parse(
  line: string,
): { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'nothing'; readonly why: string } {
  try {
    return { kind: 'value', value: JSON.parse(line) };
  } catch (error) {
    return { kind: 'nothing', why: `no JSON: ${errorText(error)}` };
  }
}

function invalid(problems: readonly string[]): ReadRows {
  return { kind: 'invalid', problems };
}
