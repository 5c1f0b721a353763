import { describe, expect, test } from '@jest/globals';
import { CONFIG_SCHEMA, keysOf } from './configuration-page.ts';
import { PAGES, presentText, withPart } from './pages.ts';

describe('pages that are made from the code', () => {
  test.each(PAGES)('$path is as the code says; when this fails: npm run docs', async ({ path, make }) => {
    const present = presentText(path);

    expect(await make(present)).toBe(present);
  });

  test('a part that a page lacks is an error, not a page without it', () => {
    expect(() => withPart('<!-- a --> and no end', 'a', 'table')).toThrow('no part between');
  });
});

describe('the schema of the configuration', () => {
  test('says of every key what it means, in a sentence', () => {
    const keys = keysOf(CONFIG_SCHEMA);
    const silent = keys.filter(({ schema }) => !/^[^a-z].*[.]$|^`.*[.]$/.test(schema.description ?? ''));

    expect(keys.length).toBeGreaterThan(100);
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});
