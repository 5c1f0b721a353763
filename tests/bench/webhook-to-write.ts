import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';

import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { buildApp } from '../../src/app.ts';
import type { Config } from '../../src/config/config.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import { quantile } from './quantile.ts';
import { silent } from './servers.ts';
import { startSickCluster, type SickCluster, type Webhook } from './sick-cluster.ts';

export interface WebhookToWriteOptions {
  /** Deployments that are ill, and so webhooks; each is healed once. */
  readonly webhooks: number;
  /** Milliseconds from one webhook's write, or from giving it up, to the next webhook. */
  readonly pauseMs: number;
}

export interface WebhookToWriteReport {
  readonly webhooks: number;
  /** Webhooks whose write reached the API. Fewer than all of them makes the figures worthless. */
  readonly written: number;
  /** Milliseconds from just before the POST to the write's arrival at the API. NaN when nothing was written. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How incidents ended that never wrote, for those who must find out why. */
  readonly ends: readonly string[];
}

export const AIMED_P99_MS = 50;

const WARM_UP = 40;
const GIVE_UP_MS = 10_000;

/**
 * Measures how long it takes from a webhook's POST to the write that heals: intake, grouping, location, diagnosis, score,
 * decision, intent, dry run and write, each step committed to a SQLite file. The whole app runs with the real Kubernetes
 * adapter over HTTP; the API is the simulator on loopback in the same process, so the time that it takes is in the figures.
 * Prometheus and Alertmanager answer at once. The first webhooks warm up and do not count.
 */
export async function runWebhookToWriteBench(options: WebhookToWriteOptions): Promise<WebhookToWriteReport> {
  const folder = await mkdtemp(join(tmpdir(), 'autoheal-write-'));
  const writes = makeWrites();
  const cluster = await startSickCluster(options.webhooks + WARM_UP, {
    now: () => systemClock.now(),
    onWrite: ({ dryRun, status, path }) => {
      if (!dryRun && status < 300) writes.arrived(path);
    },
  });
  const ends: string[] = [];
  const parts = { metrics: cluster.metrics, alerts: cluster.alerts, log: silent };
  const app = await buildApp(configOf(cluster, folder), parts, {
    onStep(_before, after) {
      if (after.phase === 'closed') ends.push(`${after.outcome}: ${after.because}`);
    },
  });
  try {
    const url = `${await app.listen()}/alert`;
    const latencies: number[] = [];
    for (const [index, webhook] of cluster.webhooks.entries()) {
      const latency = await healOne(url, webhook, writes);
      if (latency !== undefined && index >= WARM_UP) latencies.push(latency);
      await systemClock.sleep(options.pauseMs);
    }
    const sorted = Float64Array.from(latencies).sort();
    return {
      webhooks: options.webhooks,
      written: sorted.length,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      max: quantile(sorted, 1),
      ends,
    };
  } finally {
    await app.stop(5_000);
    await cluster.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function healOne(url: string, webhook: Webhook, writes: Writes): Promise<number | undefined> {
  const watch = new AbortController();
  const written = writes.next(webhook.deployment);
  const sentAt = performance.now();
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: webhook.body,
  });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`a webhook was answered ${answer.statusCode}`);
  const late = systemClock.sleep(GIVE_UP_MS, watch.signal).then(() => undefined);
  const arrivedAt = await Promise.race([written, late]);
  watch.abort();
  return arrivedAt === undefined ? undefined : arrivedAt - sentAt;
}

interface Writes {
  arrived(path: string): void;
  /** Resolves with the time of the next write to a Deployment (`namespace/name`). */
  next(deployment: string): Promise<number>;
}

function makeWrites(): Writes {
  const waiting = new Map<string, (at: number) => void>();
  return {
    arrived(path) {
      const at = performance.now();
      const [, namespace, name] = /\/namespaces\/([^/]+)\/deployments\/([^/]+)/.exec(path) ?? [];
      const key = `${namespace}/${name}`;
      waiting.get(key)?.(at);
      waiting.delete(key);
    },
    next: (deployment) =>
      new Promise((resolve) => {
        waiting.set(deployment, resolve);
      }),
  };
}

function configOf(cluster: SickCluster, folder: string): Config {
  const yaml = JSON.stringify({
    server: { host: '127.0.0.1', port: 0 },
    store: { path: join(folder, 'autoheal.db') },
    cluster: { server: cluster.apiUrl },
    policy: { mode: 'auto', maxActionsPerHour: 1000 },
  });
  return configOrThrow('bench', loadConfig(yaml, { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS }));
}

/** The report for people. */
export function webhookToWriteTable(report: WebhookToWriteReport): string {
  const { webhooks, written, p50, p99, max, ends } = report;
  return [
    `webhook to write: one webhook at a time, from its POST to the healing write's arrival at the Kubernetes API`,
    `${written} of ${webhooks} webhooks led to a write; p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (aim: under ` +
      `${AIMED_P99_MS} ms), longest ${max.toFixed(1)} ms`,
    ...(written === webhooks ? [] : [...new Set(ends)].slice(0, 5)),
  ].join('\n');
}
