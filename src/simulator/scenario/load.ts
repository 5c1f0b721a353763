import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { faultProblems } from './compile.ts';
import { SCENARIO_SCHEMA } from './schema.ts';
import { worldOf } from './world-of.ts';
import { baseProblems, worldProblems, type Problem } from './world-problems.ts';
import type { Scenario } from './written.ts';

export type LoadedScenario =
  | { readonly kind: 'loaded'; readonly scenario: Scenario }
  /** Every problem as `FILE:LINE:COLUMN path: what is wrong, and what to do`. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const MOST_BYTES = 1_000_000;
const AJV_OPTIONS = { allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true };
let validator: ValidateFunction<Scenario> | undefined;

/**
 * The scenario of a YAML text, or everything that is wrong with it. `where` names the file in problems. A scenario that is
 * loaded can be compiled: its names are there, its world has room, and every fault has a target that can take it.
 */
export function loadScenario(text: string, where: string): LoadedScenario {
  if (text.length > MOST_BYTES) return { kind: 'invalid', problems: [`${where}: is larger than a scenario can be`] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const say = ({ path, message }: Problem): string => {
    const place = placeOf(document, path.map(String), lines);
    return `${where}${place}${path.length === 0 ? '' : ` ${path.join('.')}`}: ${message}`;
  };
  if (document.errors.length > 0) {
    const syntax = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return `${where}:${line}:${col}: ${message}`;
    });
    return { kind: 'invalid', problems: syntax };
  }
  const checked = check(document.toJS({ maxAliasCount: 100 }) ?? {});
  return checked.kind === 'loaded' ? checked : { kind: 'invalid', problems: checked.problems.map(say) };
}

type Checked =
  | { readonly kind: 'loaded'; readonly scenario: Scenario }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** The schema first, then what the world is made of, then who can fall ill in it: each needs the one before. */
function check(value: unknown): Checked {
  validator ??= new Ajv(AJV_OPTIONS).compile<Scenario>(SCENARIO_SCHEMA);
  if (!validator(value)) return { kind: 'invalid', problems: (validator.errors ?? []).map(schemaProblem) };
  const { world, faults } = value;
  const based = baseProblems(world);
  if (based.length > 0) return { kind: 'invalid', problems: based };
  const spec = worldOf(value);
  const found = [...worldProblems(spec, world)];
  const problems = found.length > 0 ? found : faultProblems(spec, faults);
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'loaded', scenario: value };
}

function schemaProblem({ instancePath, keyword, params, message }: ErrorObject): Problem {
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  const extra: unknown = params['additionalProperty'];
  if (keyword === 'additionalProperties' && typeof extra === 'string') {
    return { path: [...path, extra], message: 'unknown key; check its spelling' };
  }
  const one: unknown = params['allowedValue'];
  const several: unknown = params['allowedValues'] ?? (one === undefined ? undefined : [one]);
  const allowed = Array.isArray(several) ? `: ${several.map(String).join(', ')}` : '';
  return { path, message: `${message ?? keyword}${allowed}` };
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** `:LINE:COLUMN` of a path in the file, or of its nearest enclosing key; empty where no line is to blame. */
function placeOf(document: Document, path: readonly string[], lines: LineCounter): string {
  let node: unknown = document.contents;
  let position = isNode(node) ? node.range?.[0] : undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined || !isNode(pair.key)) break;
      position = pair.key.range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (!isNode(item)) break;
      position = item.range?.[0];
      node = item;
    } else break;
  }
  if (position === undefined) return '';
  const { line, col } = lines.linePos(position);
  return `:${line}:${col}`;
}
