import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import type { LoadMessage, LoadOrder, LoadResult } from './intake-load.ts';

export interface Measured extends LoadResult {
  readonly perSecond: number;
  /** Share of the time in which the server's event loop was busy, 0..1. Well below 1 means that the load was the limit. */
  readonly busy: number;
  /** Processor time of the server's whole process for each webhook, in microseconds. Waiting for the disk is not in it. */
  readonly cpuMicros: number;
}

export interface Load {
  /** One round of load on POST /alert of a server of this process; one at a time. */
  run(order: LoadOrder): Promise<Measured>;
  stop(): Promise<void>;
}

/** A process of its own that posts the recorded webhooks. Also for measuring the whole app: it needs no more than a port. */
export async function startLoad(token: string): Promise<Load> {
  const child = fork(new URL('./intake-load.ts', import.meta.url), { execArgv: ['--no-warnings'] });
  const exited = once(child, 'exit');
  function send(message: LoadMessage): void {
    child.send(message);
  }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  send({ setup: { bodies: await recordedBodies(), headers } });

  return {
    async run(order) {
      const before = performance.eventLoopUtilization();
      const cpu = process.cpuUsage();
      send({ order });
      const answered = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
      if (answered === undefined) throw new Error('the process that makes the load ended');
      const [result] = answered as [LoadResult]; // What `intake-load.ts` answers.
      const { user, system } = process.cpuUsage(cpu);
      const { utilization } = performance.eventLoopUtilization(before);
      return {
        ...result,
        perSecond: result.accepted / result.seconds,
        busy: utilization,
        cpuMicros: (user + system) / result.accepted,
      };
    },
    async stop() {
      child.kill();
      await exited;
    },
  };
}

async function recordedBodies(): Promise<readonly string[]> {
  const folder = join(import.meta.dirname, '../fixtures/webhooks');
  const files = (await readdir(folder)).filter((file) => file.startsWith('recorded-')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.map((text) => JSON.stringify(JSON.parse(text))); // Alertmanager sends no white space.
}
