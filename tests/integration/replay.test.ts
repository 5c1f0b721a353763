import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const WEBHOOK = join(ROOT, 'tests/fixtures/webhooks/KubePodCrashLooping.json');
const OBJECTS = join(ROOT, 'tests/fixtures/clusters/kube-prometheus-stack.json');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-replay-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function replay(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', MAIN, 'replay', ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, out: stdout, err: stderr };
}

function fileOf(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('autoheal replay of a saved webhook on saved objects', () => {
  test('tells people whom the alert means, why, and what would be done', () => {
    const { status, out, err } = replay(WEBHOOK, '--objects', OBJECTS);

    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain('Deployment shop/cart');
    expect(out).toContain('owned by ReplicaSet cart-7d9c5b8f6, owned by Deployment cart; label pod decided');
    expect(out).toContain('Likely causes');
    expect(out).toContain('Decision');
  });

  test('tells scripts the same in JSON', () => {
    const { status, out, err } = replay(WEBHOOK, '--objects', OBJECTS, '--json');

    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      incidents: [
        {
          alerts: [{ alertname: 'KubePodCrashLooping' }],
          location: {
            kind: 'located',
            workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
            pods: ['cart-7d9c5b8f6-x2x4z'],
            decidedBy: 'pod',
          },
          missing: [],
          verdict: { kind: expect.any(String) },
        },
      ],
      ignored: [],
      rejected: [],
    });
  });

  test.each([
    {
      name: 'a webhook that is none exits 65',
      args: () => [fileOf('slack.json', { text: 'cart is down' }), '--objects', OBJECTS],
      expected: { status: 65, out: '', says: /^autoheal: \S+slack\.json: version and alerts missing.*\n$/ },
    },
    {
      name: 'objects that are no List exit 78',
      args: () => [WEBHOOK, '--objects', fileOf('pod.json', { apiVersion: 'v1', kind: 'Pod' })],
      expected: { status: 78, out: '', says: /^autoheal: \S+pod\.json is not a Kubernetes List: .*\n$/ },
    },
  ])('$name, with one sentence that names the file', ({ args, expected: { says, ...expected } }) => {
    const ended = replay(...args());

    expect(ended).toMatchObject(expected);
    expect(ended.err).toMatch(says);
  });
});
