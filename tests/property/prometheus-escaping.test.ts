import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { compileQuery } from '../../src/adapters/prometheus/query.ts';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../src/adapters/prometheus/signal-templates.ts';
import { compileTemplate } from '../../src/adapters/prometheus/template.ts';

interface Lexed {
  /** The query with every string replaced by one sign. */
  readonly skeleton: string;
  /** What Prometheus would understand each string to be. */
  readonly strings: readonly string[];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" };

/** Prometheus' string syntax, written anew: fails where its lexer or strutil.Unquote would. */
function lex(query: string): Lexed {
  let skeleton = '';
  const strings: string[] = [];
  for (let at = 0; at < query.length; at++) {
    const char = query.charAt(at);
    if (char !== '"' && char !== "'") {
      skeleton += char;
      continue;
    }
    const { value, end } = lexString(query, at);
    strings.push(value);
    skeleton += '§';
    at = end;
  }
  return { skeleton, strings };
}

function lexString(query: string, start: number): { value: string; end: number } {
  const quote = query.charAt(start);
  let value = '';
  let at = start + 1;
  while (query.charAt(at) !== quote) {
    const char = query.charAt(at);
    if (at >= query.length || char === '\n') throw new Error('a string does not end');
    if (char === '\uFFFD') throw new Error('invalid UTF-8 rune');
    if (char === '\\') {
      const { text, length } = unescape(query.slice(at + 1, at + 10), quote);
      value += text;
      at += 1 + length;
    } else {
      value += char;
      at += 1;
    }
  }
  return { value, end: at };
}

function unescape(rest: string, quote: string): { text: string; length: number } {
  const hex = /^(?:u([0-9a-f]{4})|U([0-9a-f]{8}))/.exec(rest);
  if (hex !== null) {
    return { text: String.fromCodePoint(Number.parseInt(hex[1] ?? hex[2] ?? '', 16)), length: hex[0].length };
  }
  const escape = rest.charAt(0);
  const plain = ESCAPES[escape];
  const otherQuote = (escape === '"' || escape === "'") && escape !== quote;
  if (plain === undefined || otherQuote) throw new Error(`a bad escape ${escape}`);
  return { text: plain, length: 1 };
}

/** Names as an attacker would choose them, beside ordinary and random ones. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('"', "'", '`', '\\', '\n', '}', '{', ')', '(', ',', '#', '|', '.', '$', '\u0000', 'a'),
  }),
  fc.constantFrom('web', 'a.b', '"} or vector(1) #', '\\', '\\"', '{{pods}}', '$1', '$&', '\uD800', '.*'),
);
const target = fc.record({
  workload: fc.record({ kind: name, namespace: name, name }),
  pods: fc.array(name, { minLength: 1, maxLength: 4 }),
});
const benign = { workload: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods: ['web-1-a'] };

test('no name can change the query: only the strings that were meant for it differ', () => {
  const makeQuery = compileQuery(DEFAULT_SIGNAL_TEMPLATES);
  const expected = lex(makeQuery(benign));

  fc.assert(
    fc.property(target, (hostile) => {
      const { skeleton, strings } = lex(makeQuery(hostile));

      expect(skeleton).toBe(expected.skeleton);
      expect(strings).toHaveLength(expected.strings.length);
      for (const [index, text] of expected.strings.entries()) {
        if (text === 'shop') expect(strings[index]).toBe(hostile.workload.namespace.toWellFormed());
        else if (!text.includes('web')) expect(strings[index]).toBe(text);
      }
    }),
    { numRuns: 300 },
  );
});

test('the pods of the query match themselves and nothing else', () => {
  const template = compileTemplate('t', 'x{a=~"{{pods}}",b=~\'{{pods}}\',c!~"{{workload}}"}');

  fc.assert(
    fc.property(target, fc.string({ unit: 'binary' }), ({ workload, pods }, other) => {
      const makeQuery = compileQuery({ ...DEFAULT_SIGNAL_TEMPLATES, restarts: 'x{a=~"{{pods}}",b=~\'{{pods}}\'}' });
      const strings = lex(makeQuery({ workload, pods })).strings;
      const start = strings.indexOf('memory_growth_per_limit') + 2;
      const known = new Set(pods.map((pod) => pod.toWellFormed()));

      for (const text of strings.slice(start + 1, start + 3)) {
        const pattern = new RegExp(`^(?:${text})$`, 'u');
        for (const pod of known) expect(pattern.test(pod)).toBe(true);
        if (!known.has(other.toWellFormed())) expect(pattern.test(other.toWellFormed())).toBe(false);
      }
      const any = { kind: 'any-of', patterns: ['p'] } as const;
      const [, , workloadPattern = ''] = lex(
        template({
          namespace: { kind: 'text', text: '' },
          workload: { kind: 'text', text: workload.name },
          kind: { kind: 'text', text: '' },
          pods: any,
          pods_of_any_age: any,
        }),
      ).strings;
      expect(new RegExp(`^(?:${workloadPattern})$`, 'u').test(workload.name.toWellFormed())).toBe(true);
    }),
    { numRuns: 500 },
  );
});
