import { parentPort, workerData } from 'node:worker_threads';
import { Pool } from 'undici';

/** One round of load: as many webhooks as the connections can carry in the time. */
export interface LoadOrder {
  readonly port: number;
  readonly seconds: number;
  readonly connections: number;
}

export interface LoadResult {
  readonly accepted: number;
  /** Anything that was not answered 200. */
  readonly failed: number;
  readonly seconds: number;
  /** Milliseconds from the request to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
}

const { bodies, headers } = workerData as {
  // What `intake.ts` starts this thread with.
  readonly bodies: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
};

async function run(order: LoadOrder): Promise<LoadResult> {
  const pool = new Pool(`http://127.0.0.1:${order.port}`, { connections: order.connections });
  const latencies: number[] = [];
  let failed = 0;
  const startedAt = performance.now();
  const until = startedAt + order.seconds * 1000;

  async function send(first: number): Promise<void> {
    for (let index = first; performance.now() < until; index += 1) {
      const body = bodies[index % bodies.length] ?? '';
      const sentAt = performance.now();
      const answer = await pool.request({ method: 'POST', path: '/alert', headers, body });
      await answer.body.dump();
      if (answer.statusCode === 200) latencies.push(performance.now() - sentAt);
      else failed += 1;
    }
  }

  await Promise.all(Array.from({ length: order.connections }, (_, index) => send(index)));
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { accepted: sorted.length, failed, seconds, p50: at(0.5), p99: at(0.99) };
}

parentPort?.on('message', (order: LoadOrder) => {
  void run(order).then((result) => parentPort?.postMessage(result, []));
});
