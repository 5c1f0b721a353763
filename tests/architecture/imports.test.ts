import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');

const STAGES = ['receive', 'group', 'diagnose', 'score', 'decide', 'act', 'verify', 'notify'] as const;

/** What each room may import besides itself. `main` and `cli` may import everything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: ['domain'],
  ...Object.fromEntries(STAGES.map((stage) => [stage, ['domain', 'ports']])),
  config: ['domain'],
  telemetry: ['domain', 'ports'],
  adapters: ['domain', 'ports', 'notify', 'score'],
  simulator: ['domain', 'ports'],
  training: ['domain', 'score'],
  learn: ['domain', 'ports', 'score', 'decide', 'training'],
  lab: ['domain', 'ports', 'config', 'adapters', 'simulator', 'training', ...STAGES],
  doctor: ['domain', 'ports', 'config', 'adapters', 'score', 'learn', 'act', 'receive'],
  heal: ['domain', 'ports', ...STAGES],
};

/** heal.ts and the files beside it are one layer. */
const HEAL_FILES = new Set(['heal.ts', 'looks.ts', 'restores.ts', 'steps.ts', 'worker.ts']);

/** Third-party packages that live behind one wall each. */
const WALLS: Readonly<Record<string, RegExp>> = {
  fastify: /^receive\//,
  '@kubernetes/client-node': /^adapters\/kubernetes\//,
  kysely: /^adapters\/store\//,
  'node:sqlite': /^adapters\/store\//,
  pino: /^telemetry\//,
  'prom-client': /^telemetry\//,
  nodemailer: /^adapters\/email\//,
  '@slack/web-api': /^adapters\/slack\//,
  'ml-random-forest': /^training\//,
  commander: /^(main\.ts|cli\/)/,
};

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm);
  return [...found].map((match) => ({ file, target: match[1] ?? match[2] ?? '' }));
}

function roomOf(file: string): string {
  const first = file.split('/')[0] ?? '';
  return HEAL_FILES.has(first) ? 'heal' : first;
}

const imports = files.flatMap(importsOf);

describe('one direction of imports', () => {
  test('there are files to check', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(20);
  });

  test('every room imports only what lies below it', () => {
    const wrong = imports
      .filter(({ target }) => target.startsWith('.'))
      .map(({ file, target }) => ({ file, to: relative(src, resolve(join(src, dirname(file)), target)) }))
      .filter(({ file, to }) => {
        const allowed = MAY_IMPORT[roomOf(file)];
        return allowed !== undefined && roomOf(to) !== roomOf(file) && !allowed.includes(roomOf(to));
      })
      .map(({ file, to }) => `${file} -> ${to}`);

    expect(wrong).toEqual([]);
  });

  test('third-party packages stay behind their walls', () => {
    const wrong = imports
      .filter(({ file, target }) => WALLS[target] !== undefined && !WALLS[target].test(file))
      .map(({ file, target }) => `${file} -> ${target}`);

    expect(wrong).toEqual([]);
  });

  test('time and environment come in at the edge only', () => {
    const edge = /^(main\.ts|app\.ts|cli\/|adapters\/system-clock\.ts)/;
    const wrong = files
      .filter((file) => !edge.test(file))
      .filter((file) =>
        /\bDate\.now\(\)|new Date\(\)|process\.env\b/.test(withoutComments(readFileSync(join(src, file), 'utf8'))),
      );

    expect(wrong).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');
}
