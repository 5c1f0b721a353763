// npm run crash -- --kills 200 [--json]
import { parseArgs } from 'node:util';
import { crash } from './crash.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
let state = Number(values.seed) >>> 0;
if (!Number.isInteger(kills) || kills < 1) {
  process.stderr.write('usage: npm run crash -- [--kills N] [--seed N] [--json]\n');
  process.exit(64);
}

/** mulberry32: repeatable from the seed. */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const report = await crash({ kills, random, progress: (line) => process.stderr.write(`${line}\n`) });
for (const [name, value] of Object.entries(report)) process.stdout.write(`${name.padEnd(18)} ${String(value)}\n`);
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
if (report.lost > 0 || report.duplicate_writes > 0 || report.chain_problems > 0) process.exitCode = 1;
