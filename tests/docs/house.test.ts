import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { ROOT, textOf } from '../rules/shipped.ts';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
}).split('\n');

/** What lies directly in a folder: folders with a slash at their end. */
function inFolder(folder: string): readonly string[] {
  const below = files.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length));
  return [...new Set(below.map((path) => path.replace(/\/.*/, '/')))].sort();
}

/** Every name in backticks of a text. */
function quotedIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name);
}

const page = textOf('CONTRIBUTING.md');

describe('the plan of the house in CONTRIBUTING.md', () => {
  // The first column: `src/a/` `b/`, `c.ts`.
  const rows = page.split('\n').filter((line) => line.startsWith('| `src/'));
  const told = rows.flatMap((row) => quotedIn(row.split('|')[1] ?? '')).map((name) => name.replace(/^src\//, ''));

  test('has every room of src/, and no other', () => {
    expect([...told].sort()).toEqual(inFolder('src/'));
  });

  test('has every folder of tests/', () => {
    const names = quotedIn(page);
    const folders = inFolder('tests/').filter((name) => name.endsWith('/'));

    const missing = folders.filter((folder) => !names.some((name) => name.startsWith(`tests/${folder}`)));

    expect(folders.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  test('has what lies beside them', () => {
    const names = quotedIn(page);
    const folders = inFolder('').filter((name) => /^\w+\/$/.test(name) && !['src/', 'tests/'].includes(name));

    expect(folders).toContain('rules/');
    expect(folders.filter((folder) => !names.some((name) => name.startsWith(folder)))).toEqual([]);
  });

  test('names no folder that is not there', () => {
    const paths = quotedIn(page).filter((name) => /^(src|tests|k8s|grafana)\/[\w/]*\/$/.test(name));
    const gone = paths.filter((path) => !files.some((file) => file.startsWith(path)));

    expect(paths.length).toBeGreaterThan(20);
    expect(gone).toEqual([]);
  });
});

describe('the commands', () => {
  const targets = [...textOf('Makefile').matchAll(/^([a-z-]+):.*## /gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
  const readme = textOf('README.md');
  const table = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## More'));
  const documented = [...table.matchAll(/^\| `make ([a-z-]+)`/gm)].map(([, name = '']) => name);

  test('of the Makefile are all in the table of README.md, and no other', () => {
    expect([...documented].sort()).toEqual([...targets].sort());
    expect(documented).toEqual(expect.arrayContaining(['up', 'down', 'demo', 'test', 'lint', 'bench']));
  });

  test('of the Makefile are all declared phony: a file of that name stops none', () => {
    const phony = (/^\.PHONY: (.*)$/m.exec(textOf('Makefile'))?.[1] ?? '').split(' ');

    expect(phony).toEqual(expect.arrayContaining([...targets]));
  });
});
