import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Agent, request } from 'undici';
import { parse as parseYaml } from 'yaml';
import { FAULTS, makeFaults, parseFault, type Faults } from '../../k8s/demo/faults.ts';
import { makeDemoServer, type DemoDeps } from '../../k8s/demo/server.ts';
import { filesOf, ROOT } from '../../k8s/tools/chart-files.ts';
import { parse, type Rendered } from '../../k8s/tools/golden.ts';
import { actionId, HEAL_PATH_ANNOTATION, HEAL_PORT_ANNOTATION, MODE_ANNOTATION } from '../../src/domain/remedy.ts';
import { makeHealEndpoints } from '../../src/adapters/heal-endpoints.ts';
import { describeWithParts } from '../support/parts.ts';
import { customProblemsOf } from './support/custom-kinds.ts';
import { problemsOf } from './support/models.ts';
import { securityProblems, workloadsOf } from './support/pods.ts';

const DEMO = join(ROOT, 'k8s/demo');
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

interface Running {
  readonly url: string;
  readonly faults: Faults;
  readonly slept: readonly number[];
  readonly crashes: () => number;
  readonly pass: (ms: number) => void;
}

/** The real server on a loopback socket, at a time that the test sets. */
async function start(given: Partial<DemoDeps> = {}): Promise<Running> {
  let time = 1_000_000;
  let crashes = 0;
  const slept: number[] = [];
  const faults = makeFaults({ now: () => time });
  const server = makeDemoServer({
    faults,
    now: () => time,
    sleep: async (ms) => {
      slept.push(ms);
      time += ms;
    },
    random: () => 0.4,
    crash: () => {
      crashes += 1;
    },
    draining: () => false,
    ...given,
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    slept,
    crashes: () => crashes,
    pass: (ms) => {
      time += ms;
    },
  };
}

async function ask(
  url: string,
  options: {
    readonly method?: 'GET' | 'POST' | 'DELETE';
    readonly body?: string;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { statusCode, body } = await request(url, { method: 'GET', ...options });
  return { status: statusCode, text: await body.text() };
}

describe('the demo workload', () => {
  test.each([
    { name: 'data', path: '/data', status: 200, says: '"items"' },
    { name: 'health', path: '/health', status: 200, says: '"ok":true' },
    { name: 'healthz', path: '/healthz', status: 200, says: '"ok":true' },
    { name: 'metrics', path: '/metrics', status: 200, says: 'http_requests_total' },
    { name: 'another path', path: '/../etc//', status: 404, says: '/simulate-error' },
    { name: 'the wrong method', path: '/heal?x=1', status: 405, says: 'POST' },
  ])('answers $name', async ({ path, status, says }) => {
    const { url } = await start();

    const answer = await ask(`${url}${path}`);

    expect(answer.status).toBe(status);
    expect(answer.text).toContain(says);
  });

  const ailments: readonly {
    readonly fault: object;
    readonly path: string;
    readonly status: number;
  }[] = [
    { fault: { kind: 'errors', strength: 0.5 }, path: '/data', status: 500 },
    { fault: { kind: 'errors', strength: 0.3 }, path: '/data', status: 200 },
    { fault: { kind: 'unready' }, path: '/health', status: 503 },
    { fault: { kind: 'unready' }, path: '/healthz', status: 200 },
    { fault: { kind: 'hang' }, path: '/healthz', status: 503 },
    { fault: { kind: 'hang' }, path: '/health', status: 503 },
  ];

  test.each(ailments)('with $fault, $path answers $status until it is healed', async ({ fault, path, status }) => {
    const { url } = await start();

    const begun = await ask(`${url}/simulate-error`, { method: 'POST', body: JSON.stringify(fault) });
    const ill = await ask(`${url}${path}`);
    const healing = await ask(`${url}/heal`, { method: 'POST', body: '{}' });
    const well = await ask(`${url}${path}`);

    expect([begun.status, ill.status, healing.status, well.status]).toEqual([202, status, 200, 200]);
  });

  test('a fault ends by itself', async () => {
    const { url, pass } = await start();
    await ask(`${url}/simulate-error`, { method: 'POST', body: '{"kind":"unready","seconds":60}' });

    pass(59_999);
    const before = await ask(`${url}/health`);
    pass(1);
    const after = await ask(`${url}/health`);

    expect([before.status, after.status]).toEqual([503, 200]);
  });

  test('a leak keeps memory with time, until it is healed', () => {
    const faults = makeFaults({ now: () => 0 });
    faults.begin({ kind: 'leak', strength: 2, seconds: 60 });

    faults.pass(3);
    const kept = faults.leakedBytes();
    const ended = faults.heal();
    faults.pass(3);

    expect(kept).toBe(6 * 1024 * 1024);
    expect(ended).toBe(1);
    expect(faults.leakedBytes()).toBe(0);
  });

  test('is slow, ends, and counts what it answered in the names of the default signals', async () => {
    const { url, slept, crashes } = await start();
    await ask(`${url}/simulate-error`, { method: 'POST', body: '{"kind":"latency","strength":700}' });
    await ask(`${url}/simulate-error`, { method: 'POST', body: '{"kind":"crash"}' });
    await ask(`${url}/data`);
    await ask(`${url}/no-such-path`, { method: 'DELETE' });

    const { text } = await ask(`${url}/metrics`);

    expect(slept).toEqual([700]);
    expect(crashes()).toBe(1);
    expect(text).toContain('http_requests_total{method="GET",route="/data",code="200"} 1');
    expect(text).toContain('http_requests_total{method="other",route="none",code="404"} 1');
    expect(text).toContain('http_request_duration_seconds_bucket{route="/data",le="0.5"} 0');
    expect(text).toContain('http_request_duration_seconds_bucket{route="/data",le="1"} 1');
    expect(text).toContain('demo_fault_strength{kind="latency"} 700');
  });

  test('a call of the heal endpoint that is sent again heals once', async () => {
    const { url, faults } = await start();
    const headers = { 'idempotency-key': 'inc-1/1' };
    faults.begin({ kind: 'errors', strength: 1, seconds: 60 });
    const first = await ask(`${url}/heal`, { method: 'POST', headers });
    faults.begin({ kind: 'errors', strength: 1, seconds: 60 });

    const again = await ask(`${url}/heal`, { method: 'POST', headers });
    const another = await ask(`${url}/heal`, { method: 'POST', headers: { 'idempotency-key': 'inc-2/1' } });

    expect([first.text, again.text, another.text]).toEqual(['{"healed":1}\n', '{"healed":1}\n', '{"healed":1}\n']);
    expect(faults.active()).toEqual([]);
  });

  test("AutoHeal's own adapter heals it", async () => {
    const { url, faults } = await start();
    faults.begin({ kind: 'unready', strength: 1, seconds: 60 });
    const { hostname, port } = new URL(url);
    const dispatcher = new Agent({
      connect: { lookup: (_name, _options, found) => found(null, [{ address: hostname, family: 4 }]) },
    });
    closing.push(() => dispatcher.close());
    const endpoints = makeHealEndpoints({ timeoutMs: 2000, dispatcher });

    const answer = await endpoints.call(
      { method: 'POST', url: `http://autoheal-demo.autoheal-demo.svc:${port}/heal` },
      actionId('inc-1', 1),
    );

    expect(answer).toMatchObject({ kind: 'ok' });
    expect(faults.active()).toEqual([]);
  });

  test.each([
    { name: 'no JSON', body: 'errors', says: 'not a JSON object' },
    { name: 'no object', body: 'null', says: 'not a JSON object' },
    { name: 'an unknown kind', body: '{"kind":"fire"}', says: 'kind must be one of errors' },
    { name: 'a kind of every object', body: '{"kind":"constructor"}', says: 'kind must be one of' },
    { name: 'too strong a fault', body: '{"kind":"errors","strength":1.5}', says: 'at most 1' },
    { name: 'no strength', body: '{"kind":"leak","strength":0}', says: 'above 0' },
    { name: 'a fault for ever', body: '{"kind":"leak","seconds":1e9}', says: 'at most 3600' },
  ])('refuses $name', async ({ body, says }) => {
    const { url, faults } = await start();

    const { status, text } = await ask(`${url}/simulate-error`, { method: 'POST', body });

    expect(status).toBe(400);
    expect(text).toContain(says);
    expect(faults.active()).toEqual([]);
  });

  test('refuses a body that is too large', async () => {
    const { url } = await start();

    const { status } = await ask(`${url}/simulate-error`, { method: 'POST', body: 'x'.repeat(5000) });

    expect(status).toBe(413);
  });

  test('every kind begins without more than its name', () => {
    const parsed = Object.keys(FAULTS).map((kind) => parseFault(JSON.stringify({ kind })).kind);

    expect(new Set(parsed)).toEqual(new Set(['ok']));
  });

  test('runs as its pod runs it: from a mounted ConfigMap, by Node alone, and ends with 0 when it is told to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-demo-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    // The kubelet mounts a ConfigMap as links into a folder that it exchanges as a whole.
    mkdirSync(join(folder, '..2026'));
    symlinkSync('..2026', join(folder, '..data'));
    for (const file of generatedFiles()) {
      copyFileSync(join(DEMO, file), join(folder, '..2026', file));
      symlinkSync(join('..data', file), join(folder, file));
    }
    const child = spawn(process.execPath, [join(folder, 'main.ts')], {
      env: { PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    closing.push(() => void child.kill('SIGKILL'));
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const line = await new Promise<string>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      child.once('exit', (code) => resolve(`ended with ${code}: ${errors}`));
    });
    const { at } = JSON.parse(line) as { readonly at: AddressInfo };

    const { status } = await ask(`http://127.0.0.1:${at.port}/healthz`);
    const ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    child.kill('SIGTERM');
    // The signal reaches the process when its event loop comes to it.
    let draining = await ask(`http://127.0.0.1:${at.port}/health`);
    for (let tries = 0; tries < 200 && draining.status === 200; tries += 1) {
      draining = await ask(`http://127.0.0.1:${at.port}/health`);
    }

    expect(status).toBe(200);
    expect(draining.status).toBe(503);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(errors).toBe('');
  });
});

test('the load generator asks for data at a steady rate, and ends with 0 when it is told to', async () => {
  let asked = 0;
  let enough = (): void => undefined;
  const fifty = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const { url } = await start({
    random: () => {
      asked += 1;
      if (asked === 50) enough();
      return 0.4;
    },
  });
  const child = spawn(process.execPath, [join(DEMO, 'load.ts')], {
    env: { LOAD_URL: `${url}/data`, LOAD_PER_SECOND: '100' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  closing.push(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

  await fifty;
  child.kill('SIGTERM');

  expect(await ended).toEqual({ code: 0, signal: null });
  expect((await ask(`${url}/metrics`)).text).toMatch(
    /http_requests_total\{method="GET",route="\/data",code="200"\} \d{2}/,
  );
});

function generatedFiles(): readonly string[] {
  const { configMapGenerator } = parseYaml(readFileSync(join(DEMO, 'kustomization.yaml'), 'utf8')) as {
    readonly configMapGenerator: readonly { readonly files: readonly string[] }[];
  }; // As it stands there.
  return configMapGenerator.flatMap(({ files }) => files);
}

describe('the objects of the demo workload', () => {
  const files = filesOf(DEMO, '.yaml').filter((file) => file !== 'kustomization.yaml');
  const objects = files.flatMap((file) => parse(readFileSync(join(DEMO, file), 'utf8')));

  test('have only fields that their kinds have, and the restricted Pod Security level', () => {
    const problems = objects.flatMap((object) =>
      object.kind === 'ServiceMonitor' ? customProblemsOf(object) : problemsOf(object),
    );

    expect(objects.length).toBeGreaterThan(5);
    expect(problems).toEqual([]);
    expect(workloadsOf(objects).flatMap(({ pod }) => securityProblems(pod))).toEqual([]);
  });

  test('name the heal endpoint to AutoHeal by its annotations, and keep it off the load generator', () => {
    const annotations = objects
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata }) => (metadata as { readonly annotations?: object }).annotations);

    expect(annotations).toEqual([
      { [HEAL_PATH_ANNOTATION]: '/heal', [HEAL_PORT_ANNOTATION]: 'http' },
      { [MODE_ANNOTATION]: 'off' },
    ]);
  });

  test('scale between 2 and 10 by CPU and memory, up after half a minute, down after three', () => {
    const autoscaler = objects.find(({ kind }) => kind === 'HorizontalPodAutoscaler');

    expect(autoscaler?.['spec']).toMatchObject({
      minReplicas: 2,
      maxReplicas: 10,
      metrics: [
        { resource: { name: 'cpu', target: { averageUtilization: 50 } } },
        { resource: { name: 'memory', target: { averageUtilization: 70 } } },
      ],
      behavior: { scaleUp: { stabilizationWindowSeconds: 30 }, scaleDown: { stabilizationWindowSeconds: 180 } },
    });
    expect(objects.find(({ kind }) => kind === 'Deployment')?.['spec']).not.toHaveProperty('replicas');
  });

  test('probe only routes that there are', async () => {
    const { url } = await start();
    const paths = [...new Set(JSON.stringify(objects).match(/(?<="httpGet":\{"path":")[^"]+/g))];

    const answers = await Promise.all(paths.map((path) => ask(`${url}${path}`)));

    expect(paths.toSorted()).toEqual(['/health', '/healthz']);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describeWithParts('the kustomization of the demo workload', ['kubectl'], (parts) => {
  test('holds every file that the workload imports', () => {
    const part = parts.get('kubectl');
    const { status, stdout } = spawnSync(part?.kind === 'program' ? part.path : 'kubectl', ['kustomize', DEMO], {
      encoding: 'utf8',
      timeout: 30_000,
    });

    const built: readonly Rendered[] = parse(stdout);
    const configMap = built.find(({ kind }) => kind === 'ConfigMap');
    const sources = filesOf(DEMO, '.ts');

    expect(status).toBe(0);
    expect(built.flatMap(problemsOf)).toEqual([]);
    expect(Object.keys(configMap?.['data'] ?? {}).toSorted()).toEqual([...sources, 'package.json'].toSorted());
    // Both Deployments mount it by the name that it was given.
    expect(JSON.stringify(built).split(`"configMap":{"name":"${configMap?.metadata.name}"}`).length).toBe(3);
  });
});
