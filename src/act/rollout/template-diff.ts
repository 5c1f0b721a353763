import { cleanLine } from '../../domain/clean-text.ts';

/** More lines than this are only counted. */
const MAX_LINES = 40;
const MAX_VALUE = 160;

/**
 * What changes from one pod template to another, line by line, for people: `- spec.containers[app].image: cart:2` and
 * `+ spec.containers[app].image: cart:1`, at most 40 lines. Items of lists that have names are compared by name. The value of
 * an environment variable that looks like a secret is not shown. Empty where nothing changes.
 */
export function templateDiff(before: unknown, after: unknown): string {
  const old = leavesOf(before);
  const young = leavesOf(after);
  const lines: string[] = [];
  for (const path of new Set([...old.keys(), ...young.keys()])) {
    const was = old.get(path);
    const is = young.get(path);
    if (was === is) continue;
    if (was !== undefined) lines.push(`- ${lineOf(path, was)}`);
    if (is !== undefined) lines.push(`+ ${lineOf(path, is)}`);
  }
  if (lines.length <= MAX_LINES) return lines.join('\n');
  return [...lines.slice(0, MAX_LINES - 1), `... and ${lines.length - MAX_LINES + 1} more lines`].join('\n');
}

/** The name of an environment variable whose value is nobody's business. */
const SECRET_VARIABLE = /\.env\[[^\]]*(?:pass|pwd|secret|token|key|credential)[^\]]*\]\.value$/i;
/** So much of a digest tells two of them apart. */
const DIGEST = /\bsha256:([0-9a-f]{12})[0-9a-f]{52}\b/g;

function lineOf(path: string, value: string): string {
  if (SECRET_VARIABLE.test(path)) return `${cleanLine(path)}: ***`;
  return cleanLine(`${path}: ${value.replace(DIGEST, 'sha256:$1')}`, path.length + MAX_VALUE);
}

/** Every value of a document that holds no other, as text, by its path. */
function leavesOf(document: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  collect(document, '', leaves);
  return leaves;
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  const parts = partsOf(value, path);
  for (const [at, part] of parts ?? []) collect(part, at, leaves);
  const isLeaf = parts === undefined || parts.length === 0;
  if (isLeaf && value !== undefined && path !== '') leaves.set(path, textOf(value));
}

/** What a list or an object is made of, each with its path; undefined for everything else. */
function partsOf(value: unknown, path: string): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return keysOf(value).map((key, index) => [`${path}[${key}]`, value[index]]);
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).map(([key, part]) => [path === '' ? key : `${path}.${key}`, part]);
}

/** By name where every item has one of its own, so that an item that moves or goes does not change all others. */
function keysOf(items: readonly unknown[]): readonly string[] {
  const names = items.map(nameOf).filter((name) => name !== undefined);
  return new Set(names).size === items.length ? names : items.map((_, index) => String(index));
}

function textOf(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value);
}

/** Text that nobody takes for a number or a word of JSON, and that holds nothing invisible. */
const PLAIN = /^(?!-?\d)(?!(?:true|false|null)$)[!#-~]+$/;

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('name' in item)) return undefined;
  return typeof item.name === 'string' ? item.name : undefined;
}
