import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-cli-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', MAIN, ...args], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

function writeConfig(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A service on a free port whose cluster cannot be reached: everything that arrives stays in the journal. */
async function startService(storePath: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const config = writeConfig(
    'serve.yaml',
    `server: { port: 0 }\nstore: { path: ${storePath} }\ncluster: { server: "http://127.0.0.1:1" }\n`,
  );
  const child = spawn(process.execPath, ['--no-warnings', MAIN, 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((done, fail) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /"url":"([^"]+)"/.exec(said);
      if (found?.[1] !== undefined) done(found[1]);
    });
    child.once('exit', () => fail(new Error(said)));
  });
  return { child, url };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => {
    child.once('exit', done);
  });
}

function webhook(name: string): string {
  const labels = { alertname: 'AutoHealPodCrashLooping', namespace: 'shop', pod: name };
  const alert = {
    status: 'firing',
    labels,
    annotations: {},
    startsAt: new Date().toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
  };
  return JSON.stringify({ version: '4', status: 'firing', receiver: 'autoheal', groupKey: 'g', alerts: [alert] });
}

describe('autoheal', () => {
  test.each(['serve', 'demo', 'check', 'doctor', 'replay', 'incidents', 'approve', 'deny', 'undo', 'audit'])(
    '%s explains itself',
    (command) => {
      const { status, out } = run(command, '--help');

      expect(status).toBe(0);
      expect(out).toContain(`autoheal ${command}`);
    },
  );

  test('check prints all problems with their places and exits 78', () => {
    const file = writeConfig('wrong.yaml', 'policy:\n  mdoe: auto\n  maxRungs: 0\n');

    const { status, out } = run('check', '--config', file);

    expect(status).toBe(78);
    expect(out).toContain(`${file}:2:3 policy.mdoe: unknown key`);
    expect(out).toContain(`${file}:3:3 policy.maxRungs`);
  });

  test('serve refuses to start on an unknown key', () => {
    const file = writeConfig('unknown.yaml', 'polciy: { mode: auto }\n');

    const { status, err } = run('serve', '--config', file);

    expect(status).toBe(78);
    expect(err).toContain('polciy: unknown key');
  });
});

describe('serve', () => {
  test('ends within ten seconds of SIGTERM, with everything that it acknowledged in the journal', async () => {
    const path = join(folder, 'serve.db');
    const { child, url } = await startService(path);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const answer = await request(`${url}/alert`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: webhook(`cart-${index}`),
        });
        await answer.body.dump();
        return answer.statusCode;
      }),
    );
    const before = Date.now();

    child.kill('SIGTERM');
    const code = await ended(child);

    expect(code).toBe(0);
    expect(Date.now() - before).toBeLessThan(10_000);
    expect(answers).toEqual(answers.map(() => 200));
    const store = await openSqliteStore({ path });
    const { deliveries } = await store.queues(Date.now());
    const incidents = await store.incidents({ limit: 100 });
    await store.close();
    expect(deliveries + incidents.length).toBe(40);
  }, 30_000);

  test('audit verify is content with its journal, and finds an event that was changed', async () => {
    const path = join(folder, 'audit.db');
    const store = await openSqliteStore({ path });
    await store.appendDeliveries([
      { id: 'd1', receivedAt: 1, body: webhook('a') },
      { id: 'd2', receivedAt: 2, body: webhook('b') },
    ]);
    await store.close();
    const clean = run('audit', 'verify', '--store', path);
    const head = /head ([0-9a-f]{64})/.exec(clean.out)?.[1] ?? '';
    const noted = run('audit', 'verify', '--store', path, '--head', head);
    const otherHead = run('audit', 'verify', '--store', path, '--head', 'f'.repeat(64));

    const raw = new DatabaseSync(path);
    const triggers = raw.prepare("select name from sqlite_master where type = 'trigger'").all();
    for (const { name } of triggers) raw.exec(`drop trigger "${String(name)}"`);
    raw.exec("update events set body = replace(body, 'shop', 'shod') where seq = 1");
    raw.close();
    const tampered = run('audit', 'verify', '--store', path, '--json');

    expect(clean).toMatchObject({ status: 0, out: expect.stringContaining('2 events, 0 problems') });
    expect(noted.status).toBe(0);
    expect(otherHead.status).toBe(1);
    expect(tampered.status).toBe(1);
    expect(JSON.parse(tampered.out)).toMatchObject({ problems: [{ seq: 1 }] });
  }, 30_000);
});
