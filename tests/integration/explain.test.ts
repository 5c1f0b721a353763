import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../src/act/catalogue.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer, type ApiServer } from '../../src/simulator/api/server.ts';
import { makeObjectStore } from '../../src/simulator/objects.ts';
import { makeSimClock } from '../../src/simulator/world/clock.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import { advance, makeWorld } from '../../src/simulator/world/world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
let folder = '';
let api: ApiServer;
const writes: WriteRecord[] = [];

/** A cluster whose checkout has had a bad rollout, standing still; it is read by a process of its own. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-explain-'));
  const time = makeSimClock(Date.now() - 200_000);
  const store = makeObjectStore({ now: time.now });
  const world = makeWorld({ store, seed: 7, scenario: DEMO_WORLD });
  world.inject({ id: 'ill', kind: 'bad-rollout-crash', target: { namespace: 'shop', service: 'checkout' } });
  advance(world, time, 180);
  api = await startApiServer({
    store,
    logs: ({ namespace, pod, container, previous }) => world.logs(namespace, pod, container, previous),
    onWrite: (record) => writes.push(record),
  });
  writeFileSync(
    join(folder, 'autoheal.yaml'),
    JSON.stringify({ cluster: { server: api.url }, policy: { mode: 'auto' } }),
  );
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function autoheal(...args: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const options = { cwd: folder, timeout: 30_000, maxBuffer: 16 * 1024 * 1024 };
    execFile(process.execPath, ['--no-warnings', MAIN, ...args], options, (error, out, err) => {
      done({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

function alertFile(labels: object): string {
  const path = join(folder, 'alert.json');
  writeFileSync(path, JSON.stringify({ labels }));
  return path;
}

const CRASHING = { alertname: 'KubePodCrashLooping', namespace: 'shop', deployment: 'checkout', severity: 'critical' };

describe('autoheal explain', () => {
  test('shows for every remedy whether it applies, what it would send, and what the API server says; writes nothing', async () => {
    const { code, out, err } = await autoheal('explain', alertFile(CRASHING), '--config', 'autoheal.yaml', '--json');

    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [explained] = JSON.parse(out) as { remedies: { remedy: string }[] }[]; // As explain.ts prints it.
    expect(explained).toMatchObject({ location: { workload: { kind: 'Deployment', name: 'checkout' } } });
    expect(explained?.remedies.map(({ remedy }) => remedy).toSorted()).toEqual(
      ['none', ...CATALOGUE.map(({ name }) => name)].toSorted(),
    );
    expect(explained?.remedies[0]).toMatchObject({
      remedy: 'rollback',
      applies: true,
      diff: expect.stringContaining('image'),
      requests: [
        {
          write: { method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/deployments/checkout' },
          answer: { kind: 'ok' },
        },
      ],
    });
    expect(writes.length).toBeGreaterThan(0);
    expect(writes.filter(({ dryRun }) => !dryRun)).toEqual([]);
  });

  test('says the same to people', async () => {
    const { code, out } = await autoheal('explain', alertFile(CRASHING), '--config', 'autoheal.yaml');

    expect(code).toBe(0);
    expect(out).toContain('Deployment shop/checkout');
    expect(out).toMatch(/yes rollback: score 0\.\d+, costs [\d.]+ ready-replica-minutes/);
    expect(out).toContain('the API server: accepted in a dry run');
    expect(out).toMatch(/no ensure-hpa: does-not-cure/);
    expect(out).toContain('Verdict: do rollback (mode auto)');
  });

  test('an alert that names nothing is said to name nothing', async () => {
    const { code, out } = await autoheal('explain', alertFile({ alertname: 'Odd' }), '--config', 'autoheal.yaml');

    expect(code).toBe(0);
    expect(out).toContain('no workload can be named');
  });

  test.each([
    { name: 'no JSON', content: 'not json', message: /is not JSON/ },
    { name: 'no alert', content: '{"alerts":3}', message: /alert\.json/ },
  ])('$name is an error that says which file', async ({ content, message }) => {
    writeFileSync(join(folder, 'alert.json'), content);

    const { code, err } = await autoheal('explain', 'alert.json', '--config', 'autoheal.yaml');

    expect(code).not.toBe(0);
    expect(err).toMatch(message);
  });
});

describe('autoheal remedies', () => {
  test('lists every remedy from its declaration', async () => {
    const { code, out } = await autoheal('remedies', '--json');

    expect(code).toBe(0);
    const listed = JSON.parse(out) as { name: string }[]; // As remedies.ts prints it.
    expect(listed.map(({ name }) => name)).toEqual(CATALOGUE.map(({ name }) => name));
    for (const each of listed) {
      expect(each).toMatchObject({
        cures: expect.anything(),
        refusals: expect.anything(),
        undoes: expect.anything(),
        rbac: expect.anything(),
      });
    }
  });

  test('says which of them a policy allows', async () => {
    writeFileSync(join(folder, 'few.yaml'), 'policy: { remedies: [none, rollback] }');

    const { out } = await autoheal('remedies', '--config', 'few.yaml');

    expect(out).toContain('rollback (on)');
    expect(out).toContain('restart-pod (off)');
  });

  test('docs/remedies.md is what it prints: npm run -s autoheal -- remedies --markdown > docs/remedies.md', async () => {
    const { out } = await autoheal('remedies', '--markdown');

    expect(readFileSync(join(ROOT, 'docs/remedies.md'), 'utf8')).toBe(out);
  });
});
