import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fastify, type FastifyInstance } from 'fastify';

import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { makeDeliveryIds } from '../../src/receive/delivery-id.ts';
import { makeJournal } from '../../src/receive/journal-batch.ts';
import { buildServer } from '../../src/receive/server.ts';
import { ALERT_SCHEMA, ENVELOPE_SCHEMA } from '../../src/receive/webhook-schema.ts';
import type { LoadOrder, LoadResult } from './intake-load.ts';

export interface IntakeBenchOptions {
  /** Print one line of JSON instead of a table. */
  readonly json: boolean;
  readonly rounds?: number;
  readonly secondsPerRound?: number;
  readonly connections?: number;
}

export interface Measured extends LoadResult {
  readonly perSecond: number;
  /** Share of the time in which the server's event loop was busy, 0..1. Well below 1 means that the load was the limit. */
  readonly busy: number;
}

export interface IntakeBenchReport {
  readonly rounds: readonly { readonly durable: Measured; readonly bare: Measured; readonly ratio: number }[];
  /** Medians over the rounds. */
  readonly durablePerSecond: number;
  readonly barePerSecond: number;
  readonly ratio: number;
  readonly webhooksPerCommit: number;
  /** Whether the journal holds exactly the webhooks that were answered 200. */
  readonly allJournalled: boolean;
}

/** The share of a bare route's throughput that durable intake is meant to reach. */
export const AIMED_RATIO = 0.5;

const TOKEN = 'token-of-the-benchmark';

/**
 * Measures how many webhooks a second are answered with every one of them on disk (the real server and journal on SQLite),
 * beside a bare Fastify route that only parses and validates the same bodies. Both run in this process and take turns, so
 * that whatever else the machine does falls on both; the load comes from a thread of its own.
 */
export async function runIntakeBench(options: IntakeBenchOptions): Promise<IntakeBenchReport> {
  const { rounds: count = 5, secondsPerRound: seconds = 2, connections = 64 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'autoheal-intake-'));
  const store = await openSqliteStore({ path: join(folder, 'autoheal.db') });
  const counter = { commits: 0, webhooks: 0 };
  const durable = makeDurable(store, counter);
  const bare = makeBare();
  const load = await startLoad(TOKEN);
  try {
    const ports = { durable: await listen(durable), bare: await listen(bare) };
    let answered = 0;
    async function measure(port: number, length: number): Promise<Measured> {
      const measured = await load.run({ port, seconds: length, connections });
      if (port === ports.durable) answered += measured.accepted;
      return measured;
    }

    await measure(ports.bare, 1);
    await measure(ports.durable, 1);
    const rounds: IntakeBenchReport['rounds'][number][] = [];
    for (let round = 0; round < count; round += 1) {
      const first = await measure(round % 2 === 0 ? ports.durable : ports.bare, seconds);
      const second = await measure(round % 2 === 0 ? ports.bare : ports.durable, seconds);
      const [durableRound, bareRound] = round % 2 === 0 ? [first, second] : [second, first];
      rounds.push({ durable: durableRound, bare: bareRound, ratio: durableRound.perSecond / bareRound.perSecond });
    }
    const journalled = (await store.queues(Date.now())).deliveries;
    const report: IntakeBenchReport = {
      rounds,
      durablePerSecond: median(rounds.map((round) => round.durable.perSecond)),
      barePerSecond: median(rounds.map((round) => round.bare.perSecond)),
      ratio: median(rounds.map((round) => round.ratio)),
      webhooksPerCommit: counter.webhooks / counter.commits,
      allJournalled: journalled === answered && rounds.every((round) => round.durable.failed + round.bare.failed === 0),
    };
    print(report, options.json);
    return report;
  } finally {
    await load.stop();
    await Promise.all([durable.close(), bare.close()]);
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function makeDurable(store: Store, counter: { commits: number; webhooks: number }): FastifyInstance {
  const appendDeliveries: Store['appendDeliveries'] = (batch) => {
    counter.commits += 1;
    counter.webhooks += batch.length;
    return store.appendDeliveries(batch);
  };
  return buildServer({
    journal: makeJournal({ store: { appendDeliveries }, clock, newDeliveryId: makeDeliveryIds(clock, randomUUID) }),
    store,
    clock,
    log: silent,
    telemetry: { webhook: () => undefined },
    auth: { mode: 'bearer', tokens: [TOKEN] },
    ready: () => ({ ok: true, problems: [] }),
    draining: () => false,
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
  });
}

// Fastify as its manual says to use it: its own JSON parser and a schema on the route.
function makeBare(): FastifyInstance {
  const app = fastify({
    logger: false,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allowUnionTypes: true } },
  });
  const body = {
    ...ENVELOPE_SCHEMA,
    properties: { ...ENVELOPE_SCHEMA.properties, alerts: { type: 'array', items: ALERT_SCHEMA } },
  };
  app.post('/alert', { schema: { body } }, () => ({ status: 'parsed' }));
  return app;
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo; // A TCP listener has an address of this kind.
  return port;
}

export interface Load {
  /** One round of load on POST /alert of a server of this process; one at a time. */
  run(order: LoadOrder): Promise<Measured>;
  stop(): Promise<void>;
}

/** A thread that posts the recorded webhooks. Also for measuring the whole app: it needs no more than a port. */
export async function startLoad(token: string): Promise<Load> {
  const worker = new Worker(new URL('./intake-load.ts', import.meta.url), {
    workerData: {
      bodies: await recordedBodies(),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    },
  });
  return {
    async run(order) {
      const before = performance.eventLoopUtilization();
      worker.postMessage(order, []);
      const [result] = (await once(worker, 'message')) as [LoadResult]; // What `intake-load.ts` answers.
      const { utilization } = performance.eventLoopUtilization(before);
      return { ...result, perSecond: result.accepted / result.seconds, busy: utilization };
    },
    async stop() {
      await worker.terminate();
    },
  };
}

async function recordedBodies(): Promise<readonly string[]> {
  const folder = join(import.meta.dirname, '../fixtures/webhooks');
  const files = (await readdir(folder)).filter((file) => file.startsWith('recorded-')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.map((text) => JSON.stringify(JSON.parse(text))); // Alertmanager sends no white space.
}

function print(report: IntakeBenchReport, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ bench: 'intake', ...report })}\n`);
    return;
  }
  const lines = report.rounds.map(({ durable, bare, ratio }, index) =>
    [`${index + 1}`, ...[durable, bare].flatMap(cells), ratio.toFixed(2)].map((cell) => cell.padStart(9)).join(' '),
  );
  const heads = ['round', 'durable/s', 'p50 ms', 'p99 ms', 'busy', 'bare/s', 'p50 ms', 'p99 ms', 'busy', 'ratio'];
  process.stdout.write(
    [
      'intake: webhooks a second, each on disk before its answer, beside a bare Fastify route that parses and validates',
      heads.map((cell) => cell.padStart(9)).join(' '),
      ...lines,
      `median: durable ${report.durablePerSecond.toFixed(0)}/s, bare ${report.barePerSecond.toFixed(0)}/s, ` +
        `ratio ${report.ratio.toFixed(2)} (aim: at least ${AIMED_RATIO}), ${report.webhooksPerCommit.toFixed(1)} webhooks per commit`,
      `every webhook answered 200 is in the journal: ${report.allJournalled ? 'yes' : 'NO'}`,
      '',
    ].join('\n'),
  );
}

function cells(measured: Measured): readonly string[] {
  const { perSecond, p50, p99, busy } = measured;
  return [perSecond.toFixed(0), p50.toFixed(1), p99.toFixed(1), busy.toFixed(2)];
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
