import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defaultGuards } from '../../src/decide/default-guards.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { filesIn, ROOT, textOf } from '../rules/shipped.ts';
import { fencesOf, proseOf } from './markdown.ts';

/** Pages that speak of commands, metrics and messages. */
const GUIDES = ['README.md', 'SECURITY.md', ...filesIn('docs', '.md').map((name) => `docs/${name}`)];
const GUIDE_CASES = GUIDES.map((name) => ({ name, text: textOf(name) }));

const exposition = (await makeMetrics({ version: '0', remedies: ['rollback'] }).expose()).body;

describe('what the guides name is there', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { readonly scripts: Readonly<Record<string, string>> }; // Our own file.
  const targets = new Set([...textOf('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name ?? ''));

  test.each(GUIDE_CASES)('scripts and targets of $name', ({ text }) => {
    const runs = [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    const makes = [...text.matchAll(/(?:`|^\$ )make ([a-z-]+)/gm)].map(([, name = '']) => name);

    expect(runs.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(makes.filter((name) => !targets.has(name))).toEqual([]);
  });

  test.each(GUIDE_CASES)('metrics of $name', ({ text }) => {
    const named = [
      ...text.matchAll(/\bautoheal_[a-z_]+(?:_total|_seconds|_depth|_state|_error|_drift|_brier|_open)\b/g),
    ];
    const missing = named.filter(([name]) => !exposition.includes(`# TYPE ${name} `)).map(([name]) => name);

    expect([...new Set(missing)]).toEqual([]);
  });

  test('the guides do name some', () => {
    const all = GUIDE_CASES.map(({ text }) => text).join('\n');

    expect(all).toContain('npm run bench');
    expect(all).toContain('make demo');
    expect(all).toContain('autoheal_refusals_total');
  });
});

describe('docs/policy.md', () => {
  const page = textOf('docs/policy.md');

  test('has every guard by the name that people read when it fails', () => {
    const { workload, chosen, rightBefore } = defaultGuards({ monitoringNamespaces: [] });
    const names = [...new Set([...workload, ...chosen, ...rightBefore].map(({ name }) => name))];

    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
  });

  test('names refusals that exist', () => {
    const table = page.slice(page.indexOf('## Guards'), page.indexOf('## Examples'));
    const codes = [...table.matchAll(/`([a-z]+-[a-z-]+)`/g)]
      .map(([, code = '']) => code)
      .filter((code) => code !== 'run-job');

    expect(codes).toContain('budget-spent');
    expect(codes.filter((code) => !exposition.includes(`code="${code}"`))).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => textOf(`src/${file}`))
    .join('\n');
  // A message is split by what the code fills in.
  const parts = [...proseOf(textOf('docs/troubleshooting.md')).matchAll(/^\| [^|`]*`([^`]+)`/gm)]
    .flatMap(([, message = '']) => message.split(/…|: /))
    .map((part) => part.trim())
    .filter((part) => part.length > 6);

  test('quotes messages', () => {
    expect(parts.length).toBeGreaterThan(40);
  });

  test.each(parts.map((name) => ({ name })))('the code says "$name"', ({ name }) => {
    // Prose in the code may be broken over lines or escaped, but not where these are quoted.
    expect(source.includes(name) || exposition.includes(name) || rulesText().includes(name)).toBe(true);
  });
});

function rulesText(): string {
  return filesIn('rules', '.rules.yml')
    .map((file) => textOf(`rules/${file}`))
    .join('\n');
}

describe('console blocks', () => {
  test.each(GUIDE_CASES)('$name names no path of one machine', ({ text }) => {
    const commands = fencesOf(text).filter(({ language }) => language === 'console' || language === 'sh');

    expect(commands.filter((block) => /\/(home|root|work|Users)\//.test(block.text))).toEqual([]);
  });
});
