import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { AutoHealError } from '../domain/errors.ts';
import type { Config } from './config.ts';
import { crossChecks } from './cross-checks.ts';
import type { RemedyOptions } from './policy-schema.ts';
import { configSchema } from './schema.ts';

/** One thing that is wrong with the configuration, and where. */
export interface ConfigProblem {
  /** 1-based; absent when no line of the file is to blame. */
  readonly line?: number;
  readonly column?: number;
  /** `policy.scale.maxReplicas`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** What a configuration may refer to from outside the file. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  /** The remedies that the policy may name. */
  readonly remedies: RemedyOptions;
}

export type LoadedConfig =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

const compiled = new WeakMap<RemedyOptions, ValidateFunction<Config>>();

/** The validator for a catalogue of remedies; compiled once for each. */
function validatorFor(remedies: RemedyOptions): ValidateFunction<Config> {
  const known = compiled.get(remedies);
  if (known !== undefined) return known;
  const ajv = new Ajv({ allErrors: true, useDefaults: true, discriminator: true, strict: true, strictRequired: false });
  const validate = ajv.compile<Config>(configSchema(remedies));
  compiled.set(remedies, validate);
  return validate;
}

/**
 * The configuration of a YAML text with defaults filled in, or every problem at once, each with its place. `${NAME}` in a
 * string stands for an environment variable, `${file:PATH}` for the trimmed content of a file.
 */
export function loadConfig(text: string, around: Surroundings): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { line, column: col, path: '', message: error.message };
  });
  if (syntax.length > 0) return { kind: 'invalid', problems: syntax };
  const unresolved = substitute(document, around, lines);
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  const place = (pointer: readonly string[]): Pick<ConfigProblem, 'line' | 'column'> =>
    placeOf(document, pointer, lines);
  const validate = validatorFor(around.remedies);
  if (!validate(value)) {
    const problems = (validate.errors ?? []).filter(isTelling).map((error) => schemaProblem(error, place));
    return { kind: 'invalid', problems: [...unresolved, ...problems] };
  }
  const crossed = crossChecks(value).map((problem) => ({ ...place(problem.path.split('.')), ...problem }));
  const problems = [...unresolved, ...crossed];
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'ok', config: value };
}

/** All problems as text, one per line, as `file:line:column path: message`. */
export function describeProblems(file: string, problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ line, column, path, message }) => {
      const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
      return `${place} ${path === '' ? '' : `${path}: `}${message}`;
    })
    .join('\n');
}

/** @throws AutoHealError `CONFIG_INVALID` listing all problems. */
export function configOrThrow(file: string, loaded: LoadedConfig): Config {
  if (loaded.kind === 'ok') return loaded.config;
  throw new AutoHealError('CONFIG_INVALID', describeProblems(file, loaded.problems));
}

function substitute(document: Document, around: Surroundings, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return;
      node.value = node.value.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
        const found = resolve(name, around);
        if (found.kind === 'found') return found.value;
        const { line, col } = lines.linePos(node.range?.[0] ?? 0);
        problems.push({ line, column: col, path: '', message: found.why });
        return whole;
      });
    },
  });
  return problems;
}

function resolve(
  name: string,
  around: Surroundings,
): { readonly kind: 'found'; readonly value: string } | { readonly kind: 'missing'; readonly why: string } {
  if (name.startsWith('file:')) {
    const path = name.slice('file:'.length);
    try {
      return { kind: 'found', value: around.readFile(path).trim() };
    } catch {
      return { kind: 'missing', why: `\${file:${path}}: the file cannot be read` };
    }
  }
  const value = around.env[name];
  return value === undefined
    ? { kind: 'missing', why: `environment variable ${name} is not set` }
    : { kind: 'found', value };
}

/** Whether an error says something by itself: those of the enclosing `oneOf` only repeat that its parts failed. */
function isTelling(error: ErrorObject): boolean {
  return error.keyword !== 'oneOf' && error.keyword !== 'discriminator';
}

function schemaProblem(
  error: ErrorObject,
  place: (pointer: readonly string[]) => Pick<ConfigProblem, 'line' | 'column'>,
): ConfigProblem {
  const pointer = error.instancePath.split('/').slice(1).map(unescapePointer);
  const extra = error.keyword === 'additionalProperties' ? String(error.params['additionalProperty']) : undefined;
  const at = extra === undefined ? pointer : [...pointer, extra];
  const message =
    extra === undefined ? `${error.message ?? error.keyword}${allowed(error)}` : `unknown key; check its spelling`;
  return { ...place(at), path: at.join('.'), message };
}

function allowed(error: ErrorObject): string {
  const values: unknown = error.params['allowedValues'];
  return Array.isArray(values) ? `: ${values.join(', ')}` : '';
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The place of a path in the file; of its nearest enclosing key where the path itself is not written there. */
function placeOf(document: Document, path: readonly string[], lines: LineCounter): { line?: number; column?: number } {
  let node: unknown = document.contents;
  let position: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) break;
      position = (pair.key as Node).range?.[0]; // isScalar above: keys of parsed maps are nodes.
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (!isMap(node) && !isScalar(node)) break;
      position = node.range?.[0];
    } else break;
  }
  if (position === undefined) return {};
  const { line, col } = lines.linePos(position);
  return { line, column: col };
}
