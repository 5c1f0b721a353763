import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { format } from 'prettier';
import { CHART, chartFiles, filesOf, ROOT } from './chart-files.ts';
import { goldenFiles } from './golden.ts';

// Makes what the chart, the plain manifests and their golden files take from elsewhere: `node k8s/tools/update.ts`. Helm is
// needed for what is rendered. Tests hold every one of these files to what this makes.

async function write(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await format(text, { filepath: path, singleQuote: true, printWidth: 120, trailingComma: 'all' }));
  process.stdout.write(`${relative(ROOT, path)}\n`);
}

for (const [folder, ending] of [
  ['files/rules', '.rules.yml'],
  ['files/dashboards', '.json'],
] as const) {
  for (const name of filesOf(join(CHART, folder), ending)) rmSync(join(CHART, folder, name));
}
for (const { path, text } of chartFiles()) await write(join(CHART, path), text);
for (const { path, text } of goldenFiles()) await write(path, text);
