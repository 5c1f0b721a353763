import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '../../src/adapters/model-file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { train } from '../../src/cli/train.ts';
import { FEATURE_LIST } from '../../src/score/features/features.ts';

let folder = '';
let rows = '';

/** Rows of made-up incidents in which the first feature tells the answer. */
function rowLines(): string {
  const lines: object[] = [FEATURE_LIST];
  for (let group = 0; group < 60; group += 1) {
    const helps = group % 2;
    const features = FEATURE_LIST.features.map((_, place) => (place === 0 ? helps : (group * 7 + place) % 5));
    lines.push({ group, remedy: 'rollback', kind: 'k', features, label: helps === 1 ? 2 : 1, cost: 0, costNone: 1 });
    lines.push({ group, remedy: 'none', kind: 'k', features, label: 1, cost: 1, costNone: 1 });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-train-'));
  rows = join(folder, 'rows.jsonl');
  writeFileSync(rows, rowLines());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('autoheal train', () => {
  test('makes a model that the service can use, the same from the same rows, with or without an empty journal', async () => {
    const journal = join(folder, 'autoheal.db');
    const store = await openSqliteStore({ path: journal });
    await store.close();
    const options = { simulate: 12, seed: 4, rows, json: true };

    await train({ ...options, out: join(folder, 'a.json') });
    await train({ ...options, out: join(folder, 'b.json'), journal });
    const loaded = loadModel(join(folder, 'a.json'));

    expect(loaded).toMatchObject({ kind: 'loaded', model: { id: expect.stringMatching(/^[0-9a-f]{8}$/) } });
    expect(readFileSync(join(folder, 'b.json'), 'utf8')).toBe(readFileSync(join(folder, 'a.json'), 'utf8'));
  }, 60_000);

  test.each([
    { name: 'rows that are not there', given: { rows: 'nowhere.jsonl' }, says: 'the rows cannot be read' },
    { name: 'too few stories', given: { simulate: 3 }, says: '--simulate must be a whole number of at least 12' },
    { name: 'a seed that is none', given: { simulate: 12, seed: 0.5 }, says: '--seed one from 1' },
  ])('says what is wrong with $name', async ({ given, says }) => {
    const out = join(folder, 'never.json');

    const failure = await train({ simulate: 12, seed: 1, out, ...given }).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) });
  });
});

describe('the model on disk', () => {
  test.each([
    { name: 'a file that is not there', text: undefined, kind: 'missing', says: 'cannot be read' },
    { name: 'a file that is cut off', text: '{"format":1', kind: 'invalid', says: 'is not JSON' },
  ])('$name: says so and throws nothing', ({ text, kind, says }) => {
    const file = join(folder, `${kind}.json`);
    if (text !== undefined) writeFileSync(file, text);

    expect(loadModel(file)).toMatchObject({ kind, why: expect.stringContaining(says) });
  });
});
