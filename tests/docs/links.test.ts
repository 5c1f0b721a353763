import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { ROOT, textOf } from '../rules/shipped.ts';
import { deadLinks, type Project } from './links.ts';
import { anchorsOf, fencesOf, linksOf, slugOf } from './markdown.ts';

/** What git knows, and what is new and not ignored: a page counts before it is committed. */
function projectFiles(): readonly string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return files.filter((file) => file !== '');
}

function foldersOf(file: string): readonly string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}

function projectOf(files: readonly string[], read: (path: string) => string): Project {
  const known = new Set(files.flatMap((file) => [file, ...foldersOf(file)]));
  return {
    has: (path) => path === '.' || known.has(path),
    page: (path) => (path.endsWith('.md') && known.has(path) ? read(path) : undefined),
  };
}

const files = projectFiles();
const pages = files.filter((file) => file.endsWith('.md')).sort();
const project = projectOf(files, textOf);

describe('links of the pages', () => {
  test('there are pages, and they have links', () => {
    expect(pages.length).toBeGreaterThan(40);
    expect(pages.flatMap((page) => linksOf(textOf(page))).length).toBeGreaterThan(100);
  });

  test.each(pages)('%s links to nothing that is not there', (page) => {
    expect(deadLinks(page, project)).toEqual([]);
  });

  test('every page of docs/ can be reached from README.md', () => {
    const reached = new Set<string>();
    const toRead = ['README.md'];
    for (let page = toRead.pop(); page !== undefined; page = toRead.pop()) {
      if (reached.has(page)) continue;
      reached.add(page);
      toRead.push(...targetsOf(page));
    }

    expect(pages.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([]);
  });
});

/** The pages that a page links to. */
function targetsOf(page: string): readonly string[] {
  const folder = page.includes('/') ? page.slice(0, page.lastIndexOf('/') + 1) : '';
  return linksOf(textOf(page)).flatMap((link) => {
    const { pathname } = new URL(link, `https://pages.invalid/${folder}`);
    const path = decodeURIComponent(pathname.slice(1));
    return pages.includes(path) ? [path] : [];
  });
}

describe('a link that leads nowhere is found', () => {
  const texts: Readonly<Record<string, string>> = {
    'README.md': '# Top\n\n## A `b` & c!\n\n## Same\n\n## Same\n',
    'docs/other.md': '# Other\n',
    'docs/picture.svg': '<svg/>',
  };
  const small = (text: string): Project =>
    projectOf([...Object.keys(texts), 'docs/page.md'], (path) =>
      path === 'docs/page.md' ? text : (texts[path] ?? ''),
    );

  test.each([
    { name: 'a file that is not there', text: '[a](missing.md)', why: 'there is no such file' },
    { name: 'a file outside of the project', text: '[a](../../x.md)', why: 'there is no such file' },
    { name: 'a picture that is not there', text: '![a](pictures/a.svg)', why: 'there is no such file' },
    { name: 'a picture in HTML', text: '<img width="3" src="a.svg">', why: 'there is no such file' },
    { name: 'a heading that is not there', text: '[a](../README.md#nope)', why: 'no such heading' },
    { name: 'a heading of its own', text: '[a](#nope)', why: 'no such heading' },
    { name: 'a number too high', text: '[a](../README.md#same-2)', why: 'no such heading' },
    { name: 'an anchor of a picture', text: '[a](picture.svg#x)', why: 'only pages have anchors' },
    { name: 'a reference', text: '[a][b]\n\n[b]: missing.md', why: 'there is no such file' },
    { name: 'a path from the root', text: '[a](/README.md)', why: 'absolute path' },
    { name: 'an address without TLS', text: '[a](http://example.org)', why: 'not https' },
    { name: 'the second link of a line', text: '[a](other.md) [b](missing.md "title")', why: 'there is no such file' },
  ])('$name', ({ text, why }) => {
    const dead = deadLinks('docs/page.md', small(text));

    expect(dead).toHaveLength(1);
    expect(dead[0]).toContain(why);
  });

  test.each([
    { name: 'a file, a folder, a heading', text: '[a](other.md) [b](../docs/) [c](../README.md#a-b--c)' },
    { name: 'a heading that comes again', text: '[a](../README.md#same-1)' },
    { name: 'its own heading', text: '# Here\n\n[a](#here)' },
    {
      name: 'an address with TLS, one of this machine, a mail',
      text: '[a](https://a.org/x) <http://localhost:1> [b](mailto:a@b.c)',
    },
    { name: 'code', text: '`[a](missing.md)` and ``[a](`missing.md)``\n\n```md\n[a](missing.md)\n```\n' },
    { name: 'a comment', text: '<!-- [a](missing.md) -->' },
  ])('$name is none', ({ text }) => {
    expect(deadLinks('docs/page.md', small(text))).toEqual([]);
  });
});

describe('markdown', () => {
  test.each([
    { heading: 'What it answers', slug: 'what-it-answers' },
    { heading: '`policy.limits`', slug: 'policylimits' },
    { heading: 'A & B, C/D', slug: 'a--b-cd' },
    { heading: 'See [this](there.md)', slug: 'see-this' },
  ])('the anchor of $heading is $slug', ({ heading, slug }) => {
    expect(slugOf(heading)).toBe(slug);
  });

  test('a heading in a block is none', () => {
    expect([...anchorsOf('# A\n\n```sh\n# B\n```\n\n## C\n')]).toEqual(['a', 'c']);
  });

  test('a block has its language, its text and the heading above it', () => {
    const page = '# A\n\n```yaml\na: 1\n\nb: 2\n```\n\n## B\n\n~~~~\n~~~\n~~~~\n';

    expect(fencesOf(page)).toEqual([
      { language: 'yaml', text: 'a: 1\n\nb: 2', heading: 'A' },
      { language: '', text: '~~~', heading: 'B' },
    ]);
  });
});
