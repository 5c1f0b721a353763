import { connect, type Socket } from 'node:net';
import process from 'node:process';

import { quantile } from './quantile.ts';

/** What the process that makes the load is told first. */
export interface LoadSetup {
  readonly bodies: readonly string[];
  /** The request's headers except `host` and `content-length`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One round of load: as many webhooks as the connections can carry in the time, one at a time on each. */
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
  /** Share of one core that the load itself took, 0..1. Near 1 means that the load was the limit, not the server. */
  readonly loadCpu: number;
}

export type LoadMessage = { readonly setup: LoadSetup } | { readonly order: LoadOrder };

interface Round {
  readonly requests: readonly Buffer[];
  readonly until: number;
  readonly latencies: number[];
  failed: number;
}

// Requests are ready-made bytes on plain sockets: an HTTP client costs more than the server that is to be measured, and the
// two share the machine.
async function run(setup: LoadSetup, order: LoadOrder): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: order.connections }, () => open(order.port)));
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const round: Round = {
    requests: setup.bodies.map((body) => requestOf(setup.headers, body)),
    until: startedAt + order.seconds * 1000,
    latencies: [],
    failed: 0,
  };
  await Promise.all(sockets.map((socket, index) => keepPosting(socket, round, index)));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = Float64Array.from(round.latencies).sort();
  return {
    accepted: sorted.length,
    failed: round.failed,
    seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    loadCpu: (user + system) / 1e6 / seconds,
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function requestOf(headers: LoadSetup['headers'], body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST /alert HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}content-length: ${length}\r\n\r\n${body}`,
  );
}

/** Posts one body after the other until the round is over; resolves when the last answer is there or the socket is gone. */
function keepPosting(socket: Socket, round: Round, first: number): Promise<void> {
  return new Promise((resolve) => {
    let index = first;
    let sentAt = 0;
    let received = '';

    function post(): void {
      if (performance.now() >= round.until) {
        socket.end();
        return;
      }
      const request = round.requests[index % round.requests.length] ?? Buffer.alloc(0);
      index += 1;
      sentAt = performance.now();
      socket.write(request);
    }

    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      const complete = answerLength(received);
      if (complete === undefined || received.length < complete) return;
      if (received.startsWith('HTTP/1.1 200 ')) round.latencies.push(performance.now() - sentAt);
      else round.failed += 1;
      received = received.slice(complete);
      post();
    });
    socket.on('error', () => {
      round.failed += 1;
    });
    socket.on('close', () => resolve());
    post();
  });
}

/** Characters of the first answer, head and body; undefined while its head is not there. */
function answerLength(received: string): number | undefined {
  const head = received.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(received)?.[1];
  return head + 4 + Number(length ?? 0);
}

let setup: LoadSetup = { bodies: [], headers: {} };

process.on('message', (message: LoadMessage) => {
  if ('setup' in message) setup = message.setup;
  else void run(setup, message.order).then((result) => process.send?.(result));
});
