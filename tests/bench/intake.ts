import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { startLoad, type Load, type Measured } from './load.ts';
import { listen, makeBare, makeDurable } from './servers.ts';

export interface IntakeBenchOptions {
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly connections: number;
}

export interface IntakeRound {
  readonly durable: Measured;
  readonly bare: Measured;
}

export interface IntakeBenchReport {
  readonly connections: number;
  readonly rounds: readonly IntakeRound[];
  /** Medians over the rounds. */
  readonly durablePerSecond: number;
  readonly barePerSecond: number;
  /** Durable intake's throughput as a share of the bare route's. */
  readonly ratio: number;
  /** The bare route's processor time as a share of durable intake's: the same question without the disk's part in it. */
  readonly cpuRatio: number;
  readonly webhooksPerCommit: number;
  /** Whether the journal holds exactly the webhooks that were answered 200. */
  readonly allJournalled: boolean;
}

/** The share of a bare route's throughput that durable intake is meant to reach. */
export const AIMED_RATIO = 0.5;

const TOKEN = 'token-of-the-benchmark';
const WARM_UP_SECONDS = 1.5;

/**
 * Measures how many webhooks a second are answered with every one of them on disk (the real server and journal on SQLite),
 * beside a bare Fastify route that only parses and validates the same bodies. Both run in this process and take turns, so
 * that whatever else the machine does falls on both; the load comes from a process of its own, and is the same for both.
 */
export async function runIntakeBench(options: IntakeBenchOptions): Promise<IntakeBenchReport> {
  const { rounds: count, secondsPerRound, connections } = options;
  const folder = await mkdtemp(join(tmpdir(), 'autoheal-intake-'));
  const store = await openSqliteStore({ path: join(folder, 'autoheal.db') });
  const counter = { commits: 0, webhooks: 0 };
  const durable = makeDurable(store, { token: TOKEN, counter });
  const bare = makeBare();
  const load = await startLoad(TOKEN);
  try {
    const ports = { durable: await listen(durable), bare: await listen(bare) };
    const measure = (port: number, seconds: number): ReturnType<Load['run']> =>
      load.run({ port, seconds, connections });

    await measure(ports.bare, WARM_UP_SECONDS);
    let answered = (await measure(ports.durable, WARM_UP_SECONDS)).accepted;
    const rounds: IntakeRound[] = [];
    for (let round = 0; round < count; round += 1) {
      // Whoever comes second has a warmer machine: they take turns at that too.
      const early = round % 2 === 0 ? undefined : await measure(ports.bare, secondsPerRound);
      const kept = await measure(ports.durable, secondsPerRound);
      answered += kept.accepted;
      rounds.push({ durable: kept, bare: early ?? (await measure(ports.bare, secondsPerRound)) });
    }
    const journalled = (await store.queues(Date.now())).deliveries;
    return {
      connections,
      rounds,
      durablePerSecond: median(rounds.map((round) => round.durable.perSecond)),
      barePerSecond: median(rounds.map((round) => round.bare.perSecond)),
      ratio: median(rounds.map((round) => round.durable.perSecond / round.bare.perSecond)),
      cpuRatio: median(rounds.map((round) => round.bare.cpuMicros / round.durable.cpuMicros)),
      webhooksPerCommit: counter.webhooks / counter.commits,
      allJournalled: journalled === answered && rounds.every((round) => round.durable.failed + round.bare.failed === 0),
    };
  } finally {
    await load.stop();
    await Promise.all([durable.close(), bare.close()]);
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The report as a table for people. */
export function intakeTable(report: IntakeBenchReport): string {
  const heads = ['', 'per s', 'p50 ms', 'p99 ms', 'busy', 'cpu us', 'load'];
  const lines = report.rounds.flatMap(({ durable, bare }, index) => [
    ['durable', ...cells(durable), `round ${index + 1}`],
    ['bare', ...cells(bare), `ratio ${(durable.perSecond / bare.perSecond).toFixed(2)}`],
  ]);
  const { durablePerSecond, barePerSecond, ratio, cpuRatio, webhooksPerCommit } = report;
  return [
    `intake at ${report.connections} connections: webhooks a second, each on disk before its answer, beside a bare Fastify route`,
    ...[heads, ...lines].map((line) => line.map((cell) => cell.padStart(9)).join(' ')),
    `median: durable ${durablePerSecond.toFixed(0)}/s, bare ${barePerSecond.toFixed(0)}/s, ratio ${ratio.toFixed(2)} ` +
      `(aim: at least ${AIMED_RATIO}), cpu ratio ${cpuRatio.toFixed(2)}, ${webhooksPerCommit.toFixed(1)} webhooks per commit`,
    `every webhook answered 200 is in the journal: ${report.allJournalled ? 'yes' : 'NO'}`,
  ].join('\n');
}

function cells(measured: Measured): readonly string[] {
  const { perSecond, p50, p99, busy, cpuMicros, loadCpu } = measured;
  return [
    perSecond.toFixed(0),
    p50.toFixed(1),
    p99.toFixed(1),
    busy.toFixed(2),
    cpuMicros.toFixed(1),
    loadCpu.toFixed(2),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
