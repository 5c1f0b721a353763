import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compileQuery } from '../../src/adapters/prometheus/query.ts';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../src/adapters/prometheus/signal-templates.ts';
import { makePrometheusSource } from '../../src/adapters/prometheus/source.ts';
import type { SignalName } from '../../src/domain/diagnosis.ts';

const run = promisify(execFile);

/** The program in AUTOHEAL_COMPONENTS or on PATH; undefined where it is in neither. */
function find(program: string): string | undefined {
  const folders = [process.env['AUTOHEAL_COMPONENTS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const prometheus = find('prometheus');
const promtool = find('promtool');
const required = process.env['AUTOHEAL_REQUIRE_ALL'] === '1';
const present = required || (prometheus !== undefined && promtool !== undefined);
const describeReal = present ? describe : describe.skip;
const why = present ? '' : ' (skipped: prometheus and promtool are neither on PATH nor in AUTOHEAL_COMPONENTS)';

const web = { workload: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods: ['web-1-a', 'web-1-b'] };
const hostile = {
  workload: { kind: 'Deployment', namespace: '"} or vector(1) #', name: 'a"b\\c\n' },
  pods: ['web-1-a", "x', '.*', '\\', '\n', '\uD800', '(', '|', '日本', '𝄞', '\uFFFD'],
};

const HOURS = 2;
const STEP = 30;

interface Series {
  readonly metric: string;
  readonly labels: string;
  /** The value so many seconds after the start of the two hours. */
  readonly at: (seconds: number) => number;
}

/** Requests doubled and errors began an hour before the end, when a rollout gave the pods other names. */
function history(): readonly Series[] {
  const end = HOURS * 3_600;
  const turn = end - 3_000;
  const series: Series[] = [];
  const add = (metric: string, labels: string, at: Series['at']): void => void series.push({ metric, labels, at });
  const counter = (metric: string, labels: string, perSecond: number): void =>
    add(metric, labels, (seconds) => perSecond * Math.max(0, seconds - turn));
  for (const [pod, errors] of [
    ['web-1-a', 9],
    ['web-1-b', 1],
  ] as const) {
    const of = `namespace="shop",pod="${pod}"`;
    const app = `${of},container="app"`;
    counter('container_cpu_usage_seconds_total', app, 0.4);
    // The sum over the pod and its network container, which must not count.
    counter('container_cpu_usage_seconds_total', `${of},container=""`, 0.5);
    counter('container_cpu_usage_seconds_total', `${of},container="POD"`, 0.1);
    add('kube_pod_container_resource_limits', `${app},resource="cpu",unit="core"`, () => 0.5);
    add('kube_pod_container_resource_limits', `${app},resource="memory",unit="byte"`, () => 1_000);
    counter('container_cpu_cfs_throttled_periods_total', app, 3);
    counter('container_cpu_cfs_periods_total', app, 10);
    add('container_memory_working_set_bytes', app, (s) => (pod === 'web-1-a' ? 900 - (end - s) / 10 : 500));
    counter('http_requests_total', `${of},code="200"`, 20 - errors);
    counter('http_requests_total', `${of},code="503"`, errors);
    counter('http_request_duration_seconds_bucket', `${of},le="0.1"`, 0);
    counter('http_request_duration_seconds_bucket', `${of},le="1"`, 20);
    counter('http_request_duration_seconds_bucket', `${of},le="+Inf"`, 20);
    counter('http_client_requests_total', `${of},code="200"`, 6);
    counter('http_client_requests_total', `${of},code="404"`, 2);
    counter('http_client_requests_total', `${of},code="503"`, 1);
    counter('http_client_requests_total', `${of},code="timeout"`, 1);
  }
  const before = 'namespace="shop",pod="web-0-a"';
  add('http_requests_total', `${before},code="200"`, (s) => 20 * s);
  add('http_request_duration_seconds_bucket', `${before},le="0.1"`, (s) => 20 * s);
  add('http_request_duration_seconds_bucket', `${before},le="1"`, (s) => 20 * s);
  add('http_request_duration_seconds_bucket', `${before},le="+Inf"`, (s) => 20 * s);
  // A neighbour whose name begins alike, and the same pod name in another namespace: neither may count.
  add('http_requests_total', 'namespace="shop",pod="web-admin-console-9",code="503"', (s) => 999 * s);
  counter('http_requests_total', 'namespace="other",pod="web-1-a",code="503"', 999);
  return series;
}

/** OpenMetrics text of two hours that end now. */
function openMetrics(now: number): string {
  const from = now - HOURS * 3_600;
  const lines: string[] = [];
  for (const { metric, labels, at } of history()) {
    for (let seconds = 0; seconds <= HOURS * 3_600; seconds += STEP) {
      lines.push(`${metric}{${labels}} ${at(seconds)} ${from + seconds}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** What a kubelet and kube-state-metrics expose now; scraped by the real Prometheus. */
const EXPOSITION = `
kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="cache"} 91
kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="cache"} 100
kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="of-a-neighbour"} 99
kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="of-a-neighbour"} 100
kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data-db-0"} 42
kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data-db-0"} 100
kube_pod_spec_volumes_persistentvolumeclaims_info{namespace="shop",pod="web-1-a",persistentvolumeclaim="cache",volume="v"} 1
`;

interface Running {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A real Prometheus on loopback that knows the two hours before now and scrapes the exposition every second. */
async function start(): Promise<Running> {
  if (prometheus === undefined || promtool === undefined) {
    throw new Error('AUTOHEAL_REQUIRE_ALL is set, but prometheus and promtool are not to be found');
  }
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-prometheus-'));
  const exporter = createServer((_, response) => response.setHeader('content-type', 'text/plain').end(EXPOSITION));
  let child: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (child !== undefined) await kill(child);
    exporter.closeAllConnections();
    exporter.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await new Promise<void>((listening) => exporter.listen(0, '127.0.0.1', listening));
    const address = exporter.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    writeFileSync(join(folder, 'history.txt'), openMetrics(Math.floor(Date.now() / 1_000)));
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: pods
    honor_labels: true
    static_configs: [{ targets: ['127.0.0.1:${address.port}'] }]
`,
    );
    const data = join(folder, 'data');
    await run(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.txt'), data]);
    child = spawn(prometheus, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--web.listen-address=127.0.0.1:0',
    ]);
    return { url: `http://${await listeningAddress(child)}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function listeningAddress(child: ChildProcess): Promise<string> {
  let log = '';
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`prometheus ended with ${code}: ${log.slice(-2_000)}`)));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
      const address = /msg="Listening on"[^\n]*address=(127\.0\.0\.1:\d+)/.exec(log)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
}

/** The signals once the wanted one is there: the first scrape takes a moment. */
async function signalsWith(
  source: ReturnType<typeof makePrometheusSource>,
  wanted: SignalName,
): ReturnType<typeof source.signals> {
  for (let tries = 0; tries < 50; tries++) {
    const signals = await source.signals(web).catch(() => ({}));
    if (wanted in signals) return signals;
    await pause(200);
  }
  throw new Error(`${wanted} never came`);
}

describeReal(`the default templates against a real Prometheus${why}`, () => {
  let real: Running | undefined;

  beforeAll(async () => {
    real = await start();
  });
  afterAll(async () => {
    await real?.stop();
  });

  test('promtool reads the query, whatever the names hold', async () => {
    for (const target of [web, { ...web, pods: [] }, hostile]) {
      const query = compileQuery(DEFAULT_SIGNAL_TEMPLATES)(target);

      const { stdout } = await run(promtool ?? 'promtool', ['--experimental', 'promql', 'format', query]);

      expect(stdout.match(/label_replace\(/g)).toHaveLength(14);
    }
  });

  test('every signal comes down to the number that it should be', async () => {
    const source = makePrometheusSource({
      url: real?.url ?? '',
      timeoutMs: 5_000,
      templates: DEFAULT_SIGNAL_TEMPLATES,
    });

    const signals = await signalsWith(source, 'volume_used_ratio');

    expect(signals).toEqual({
      cpu_per_limit: expect.closeTo(0.8, 2),
      throttled_ratio: expect.closeTo(0.3, 2),
      memory_per_limit: expect.closeTo(0.9, 2),
      memory_growth_per_limit: expect.closeTo(0.06, 2),
      request_rate: expect.closeTo(40, 0),
      request_rate_baseline: expect.closeTo(20, 0),
      error_ratio: expect.closeTo(0.25, 2),
      error_ratio_baseline: 0,
      error_spread: expect.closeTo(1.8, 2),
      latency_p99_seconds: expect.closeTo(0.991, 2),
      latency_p99_baseline_seconds: expect.closeTo(0.099, 3),
      dependency_error_ratio: expect.closeTo(0.2, 2),
      // Nothing tells how often the containers restarted: unknown, not zero.
      volume_used_ratio: expect.closeTo(0.91, 5),
    });
  });

  test('a claim of a StatefulSet is found by its name where nothing says who mounts it', async () => {
    const source = makePrometheusSource({
      url: real?.url ?? '',
      timeoutMs: 5_000,
      templates: DEFAULT_SIGNAL_TEMPLATES,
    });
    await signalsWith(source, 'volume_used_ratio');

    const signals = await source.signals({
      workload: { kind: 'StatefulSet', namespace: 'shop', name: 'db' },
      pods: ['db-0'],
    });

    expect(signals).toEqual({ volume_used_ratio: expect.closeTo(0.42, 5) });
  });

  test('hostile names find nothing and break nothing', async () => {
    const source = makePrometheusSource({
      url: real?.url ?? '',
      timeoutMs: 5_000,
      templates: DEFAULT_SIGNAL_TEMPLATES,
    });

    await expect(source.signals(hostile)).resolves.toEqual({});
    await expect(source.signals({ workload: { ...web.workload, name: '.*' }, pods: hostile.pods })).resolves.toEqual(
      {},
    );
  });

  test('one request stays far below its time-out', async () => {
    const source = makePrometheusSource({ url: real?.url ?? '', templates: DEFAULT_SIGNAL_TEMPLATES });
    const pods = Array.from({ length: 100 }, (_, index) => `web-7c9f6d5b8-${index}`);
    const times: number[] = [];

    for (let index = 0; index < 20; index++) {
      const began = performance.now();
      await source.signals({ ...web, pods });
      times.push(performance.now() - began);
    }

    const median = times.toSorted((a, b) => a - b)[10] ?? Infinity;
    expect(median).toBeLessThan(800);
  });
});
