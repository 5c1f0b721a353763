import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { ROOT } from '../../rules/shipped.ts';
import { presentText } from '../pages.ts';
import { DEMO_PAGES, TRANSCRIPT } from './demo-pages.ts';

// Runs the demo (about three minutes) and writes its output into docs/pictures and README.md: `npm run pictures`.
// `-- --from FILE` takes an output that was saved before instead.

const DEMO_MS = 10 * 60_000;

/** The output of `npm run demo -- --once`. Throws when it does not end well: a failed demo is no picture. */
async function runDemo(): Promise<string> {
  const demo = spawn(process.execPath, ['src/main.ts', 'demo', '--once'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: DEMO_MS,
  });
  const [out, [code, signal]] = await Promise.all([text(demo.stdout), once(demo, 'close')]);
  if (code !== 0) throw new Error(`the demo ended with ${String(code ?? signal)}`);
  return out;
}

const { values } = parseArgs({ options: { from: { type: 'string' } } });
const out = values.from === undefined ? await runDemo() : readFileSync(values.from, 'utf8');
writeFileSync(join(ROOT, TRANSCRIPT), out.trimEnd() + '\n');
for (const { path, make } of DEMO_PAGES) {
  const present = path.endsWith('.md') ? presentText(path) : '';
  writeFileSync(join(ROOT, path), await make(present));
  process.stdout.write(`${path}\n`);
}
