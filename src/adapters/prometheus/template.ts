import { AutoHealError } from '../../domain/errors.ts';
import { escapeRegex, escapeString } from './escape.ts';

/** What a template may ask for. */
export const PLACEHOLDERS = ['namespace', 'workload', 'kind', 'pods', 'pods_of_any_age'] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

/**
 * What is put in. A list is several texts of which any may match; a pattern is a regular expression that is trusted as it
 * stands.
 */
export type TemplateValue =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'any-of'; readonly patterns: readonly string[] };

export type TemplateValues = Readonly<Record<Placeholder, TemplateValue>>;

/** A query with gaps, found to be safe to fill. */
export type Template = (values: TemplateValues) => string;

interface Gap {
  readonly placeholder: Placeholder;
  readonly quote: '"' | "'";
  readonly regex: boolean;
}

/**
 * Compiles a PromQL text with placeholders such as `{{namespace}}`. A placeholder has to stand inside a string in single or
 * double quotes; what is put in is escaped for that string, and for a regular expression where the string stands behind
 * `=~` or `!~`. So no value, whoever chose it, can be anything but a part of that string.
 *
 * `{{pods}}` and `{{pods_of_any_age}}` are regular expressions and stand only behind `=~` or `!~`.
 *
 * @throws AutoHealError `CONFIG_INVALID` for an unknown placeholder, one outside of a string or within backticks, a string
 *   that does not end, and `{{pods}}` behind an equals sign.
 */
export function compileTemplate(name: string, text: string): Template {
  const parts: (string | Gap)[] = [];
  let plain = '';
  for (const token of tokens(text)) {
    if (typeof token === 'string') {
      plain += token;
      continue;
    }
    parts.push(plain, gapOf(name, token));
    plain = '';
  }
  parts.push(plain);
  return (values) => parts.map((part) => (typeof part === 'string' ? part : fill(part, values))).join('');
}

interface Found {
  readonly placeholder: string;
  /** The quote of the string around it; empty outside of strings and in comments. */
  readonly quote: string;
  readonly regex: boolean;
}

/** Strings with their quotes, comments, placeholders outside of both, and single characters of the rest. */
const LEXEME = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`|#[^\n]*|\{\{\s*\w+\s*\}\}|[\s\S]/g;
const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

/** The text in pieces, and the placeholders between them. */
function* tokens(text: string): Generator<string | Found> {
  let before = '';
  for (const [lexeme] of text.matchAll(LEXEME)) {
    const quote = `"'\``.includes(lexeme.charAt(0)) ? lexeme.charAt(0) : '';
    const regex = /[=!]~\s*$/.test(before);
    let at = 0;
    for (const match of lexeme.matchAll(PLACEHOLDER)) {
      yield lexeme.slice(at, match.index);
      yield { placeholder: match[1] ?? '', quote: lexeme.length > 1 ? quote : '', regex };
      at = match.index + match[0].length;
    }
    yield lexeme.slice(at);
    // Only what stands directly before a string tells which matcher it belongs to.
    before = (before + lexeme).slice(-8);
  }
}

function gapOf(name: string, { placeholder, quote, regex }: Found): Gap {
  const known = PLACEHOLDERS.find((candidate) => candidate === placeholder);
  const written = `{{${placeholder}}}`;
  if (known === undefined) {
    throw invalid(name, `knows no ${written}, only ${PLACEHOLDERS.map((each) => `{{${each}}}`).join(', ')}`);
  }
  if (quote !== '"' && quote !== "'") {
    throw invalid(name, `has ${written} outside of a string in single or double quotes`);
  }
  if (known.startsWith('pods') && !regex) throw invalid(name, `has ${written} where no =~ or !~ stands before it`);
  return { placeholder: known, quote, regex };
}

function invalid(name: string, problem: string): AutoHealError {
  return new AutoHealError('CONFIG_INVALID', `The Prometheus template ${name} ${problem}.`);
}

function fill({ placeholder, quote, regex }: Gap, values: TemplateValues): string {
  const value = values[placeholder];
  if (value.kind === 'any-of') return escapeString(`(${value.patterns.join('|')})`, quote);
  return escapeString(regex ? escapeRegex(value.text) : value.text, quote);
}
