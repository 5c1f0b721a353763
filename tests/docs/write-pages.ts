import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../rules/shipped.ts';
import { PAGES, presentText } from './pages.ts';

// Writes the pages of docs/ that are made from the code, as pages.test.ts wants them: `npm run docs`.
for (const { path, make } of PAGES) {
  const present = existsSync(join(ROOT, path)) ? presentText(path) : '';
  writeFileSync(join(ROOT, path), await make(present));
  process.stdout.write(`${path}\n`);
}
