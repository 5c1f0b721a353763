import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHART, chartFiles, filesOf } from '../../k8s/tools/chart-files.ts';
import { VERSION } from '../../src/version.ts';

function here(path: string): unknown {
  return parse(readFileSync(join(CHART, path), 'utf8'));
}

describe('what the chart takes from elsewhere (node k8s/tools/update.ts makes it)', () => {
  const made = chartFiles();

  test.each(made.map(({ path, text }) => [path, text]))('%s is as its source says', (path, text) => {
    expect(here(path)).toEqual(parse(text));
  });

  test('nothing is left over of rules and dashboards that are gone', () => {
    const kept = ['files/rules', 'files/dashboards'].flatMap((folder) =>
      filesOf(join(CHART, folder), '').map((name) => `${folder}/${name}`),
    );

    expect(kept.toSorted()).toEqual(
      made
        .map(({ path }) => path)
        .filter((path) => /^files\/(rules|dashboards)\//.test(path))
        .toSorted(),
    );
  });

  test('its README names every value', () => {
    const readme = readFileSync(join(CHART, 'README.md'), 'utf8');
    const values = here('values.yaml') as Readonly<Record<string, unknown>>; // A map, as Helm demands.
    const keys = Object.entries(values).flatMap(([key, value]) =>
      key === 'config' || typeof value !== 'object' || value === null || Array.isArray(value)
        ? [key]
        : Object.keys(value).map((inner) => `${key}.${inner}`),
    );
    // `a.b`, `.c` in one cell of the table is a.b and a.c.
    const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
    const named = new Set(
      rows.flatMap((row) => {
        const words = [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
        const group = words[0]?.split('.')[0] ?? '';
        return words.map((word) => (word.startsWith('.') ? `${group}${word}` : word));
      }),
    );
    const all = [...named];
    const missing = keys.filter((key) => {
      const [group = ''] = key.split('.');
      return !named.has(key) && !named.has(group) && !all.some((each) => each.startsWith(`${key}.`));
    });

    expect(missing).toEqual([]);
  });

  test('its version is that of the program', () => {
    expect(here('Chart.yaml')).toMatchObject({ version: VERSION, appVersion: VERSION });
  });
});
