import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'autoheal-messages-'));
/** What the service (or whatever is taken for it) answers to each path. */
const answers: Readonly<Record<string, { readonly status: number; readonly body: string }>> = {
  '/incidents/inc-1': {
    status: 404,
    body: '{"status":"error","code":"NOT_FOUND","message":"no incident has this id"}',
  },
  '/incidents/inc-2': {
    status: 401,
    body: '{"status":"error","code":"UNAUTHORIZED","message":"credentials are missing"}',
  },
  '/incidents/inc-3': { status: 502, body: '<html>\n<b>no \u001b[31mupstream</b>\n</html>' },
};
const server = createServer(({ url = '' }, response) => {
  const { status, body } = answers[url] ?? { status: 500, body: '' };
  response.writeHead(status).end(body);
});
let service = '';

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // An address of a port that is listened on.
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command without any cluster, configuration or service of this machine. */
function run(args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const env = { PATH: process.env['PATH'], HOME: folder, AUTOHEAL_URL: service };
  const child = spawn(process.execPath, ['--no-warnings', MAIN, ...args], { cwd: folder, env, timeout: 20_000 });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((done) => {
    child.once('close', (code) => done({ code, said }));
  });
}

describe('a number that is none', () => {
  test.each([
    { name: 'a port', args: ['simulate', '--port', 'abc'], says: "'--port <port>' argument 'abc' is invalid" },
    {
      name: 'a port that cannot be',
      args: ['demo', '--metrics-port', '70000'],
      says: 'a whole number from 0 to 65535',
    },
    { name: 'a seed', args: ['simulate', '--seed', '-1'], says: "'--seed <n>' argument '-1' is invalid" },
    { name: 'a limit', args: ['incidents', '--limit', '0'], says: 'a whole number from 1 to 500' },
  ])('$name is said to be one, by the name of its option', async ({ args, says }) => {
    const { code, said } = await run(args);

    expect(said).toContain(says);
    expect(code).toBe(1);
  });
});

describe('an answer that is an error', () => {
  test.each([
    { name: 'by the service: its words', id: 'inc-1', says: /answered 404: no incident has this id$/m },
    { name: 'for credentials: what to give', id: 'inc-2', says: /401: credentials are missing \(give the token with/ },
    {
      name: 'by another: its page, on one clean line',
      id: 'inc-3',
      says: /502: <html> ?<b>no upstream<\/b> ?<\/html>$/m,
    },
  ])('$name', async ({ id, says }) => {
    const { code, said } = await run(['incidents', id]);

    expect(said).toMatch(says);
    expect(said).not.toContain('"code"');
    expect(code).toBe(69);
  });
});

test('a reader that has enough and goes is no error', async () => {
  const env = { PATH: process.env['PATH'], HOME: folder };
  const child = spawn(process.execPath, ['--no-warnings', MAIN, 'remedies'], { env, timeout: 20_000 });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));

  child.stdout.destroy();
  const code = await new Promise((done) => {
    child.once('close', done);
  });

  expect(complaint).toBe('');
  expect(code).toBe(0);
});

describe('the doctor says what to do, once', () => {
  test('where the file is not there', async () => {
    const { said } = await run(['doctor', '--config', 'nowhere.yaml']);

    expect(said).toMatch(/^FAIL {4}configuration: nowhere\.yaml cannot be read: .*--config or AUTOHEAL_CONFIG/m);
    expect(said).not.toContain('correct');
  });

  test('where the file names what is not there: the place in it, and where to look', async () => {
    writeFileSync(join(folder, 'token.yaml'), "server:\n  auth: { mode: bearer, tokens: ['${NOT_SET}'] }\n");

    const { code, said } = await run(['doctor', '--config', 'token.yaml']);

    expect(said).toMatch(
      /^FAIL {4}configuration: token\.yaml:2:\d+ environment variable NOT_SET is not set: .*environment/m,
    );
    expect(code).toBe(1);
  });

  test('where there is no cluster', async () => {
    const { said } = await run(['doctor', '--only', 'kubernetes']);

    const [line = ''] = /^FAIL {4}kubernetes: .*$/m.exec(said) ?? [];
    expect(line).toContain('there is no kubeconfig and no service account: set cluster.kubeconfig or cluster.server');
    expect(line.match(/cluster\.server/g)).toHaveLength(1);
  });
});
