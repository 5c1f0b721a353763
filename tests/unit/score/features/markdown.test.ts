import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

import { FEATURES } from '../../../../src/score/features/features.ts';
import { featuresAsMarkdown } from '../../../../src/score/features/markdown.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/features.md');

test('docs/features.md is what it prints: npm run -s autoheal -- features > docs/features.md', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(featuresAsMarkdown());
});

test('every feature has one line, in order', () => {
  const lines = [...featuresAsMarkdown().matchAll(/^\| `([a-z_]+)`/gm)].map(([, name]) => name);

  expect(lines).toEqual(FEATURES.map(({ name }) => name));
});
