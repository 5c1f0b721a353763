import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Pool } from 'undici';

import { BEARER, makeIntake, recorded, TOKEN, type Intake } from '../fakes/intake.ts';

const WEBHOOK = recorded('first-alert');
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function listen(...args: Parameters<typeof makeIntake>): Promise<Intake & { readonly port: number }> {
  const intake = makeIntake(...args);
  await intake.app.listen({ host: '127.0.0.1', port: 0 });
  cleanups.push(() => intake.app.close());
  const { port } = intake.app.server.address() as AddressInfo; // A TCP listener has an address of this kind.
  return { ...intake, port };
}

function makePool(port: number, connections: number): Pool {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  cleanups.push(() => pool.close());
  return pool;
}

function head(fields: readonly string[]): string {
  return ['POST /alert HTTP/1.1', 'Host: x', `Authorization: Bearer ${TOKEN}`, ...fields, '', ''].join('\r\n');
}

/** Everything that a raw connection is sent until the server closes it. */
async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

describe('the server on a real socket', () => {
  test('webhooks of many connections share commits, and every one of them is in the journal', async () => {
    const intake = await listen();
    const pool = makePool(intake.port, 32);

    const answers = await Promise.all(
      Array.from({ length: 640 }, async () => {
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path: '/alert',
          headers: BEARER,
          body: WEBHOOK,
        });
        await body.dump();
        return statusCode;
      }),
    );

    expect(new Set(answers)).toEqual(new Set([200]));
    expect(intake.store.deliveries).toHaveLength(640);
    expect(new Set(intake.store.deliveries.map(({ id }) => id)).size).toBe(640);
    expect(intake.store.commits.length).toBeLessThan(400);
  });

  test('one connection is kept for the next webhook', async () => {
    const intake = await listen();
    let connections = 0;
    intake.app.server.on('connection', () => (connections += 1));
    const pool = makePool(intake.port, 1);

    for (let time = 0; time < 5; time += 1) {
      const { body } = await pool.request({ method: 'POST', path: '/alert', headers: BEARER, body: WEBHOOK });
      await body.dump();
    }

    expect(connections).toBe(1);
    expect(intake.store.deliveries).toHaveLength(5);
  });

  test('a body in chunks, cut in the middle of a character, is kept whole', async () => {
    const intake = await listen();
    const bytes = Buffer.from(recorded('utf8-labels'));
    const middle = bytes.indexOf(Buffer.from('ö')) + 1;
    async function* chunks(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, middle);
      yield bytes.subarray(middle);
    }

    const { statusCode, body } = await makePool(intake.port, 1).request({
      method: 'POST',
      path: '/alert',
      headers: BEARER,
      body: Readable.from(chunks()),
    });
    await body.dump();

    expect(statusCode).toBe(200);
    expect(intake.store.deliveries[0]?.body).toBe(recorded('utf8-labels'));
  });

  test.each([
    { name: 'told beforehand', fields: ['Content-Length: 9000000'], send: 'x'.repeat(10) },
    { name: 'found out on the way', fields: ['Transfer-Encoding: chunked'], send: `2000\r\n${'x'.repeat(8192)}\r\n` },
  ])('413, then the connection is closed: $name', async ({ fields, send }) => {
    const intake = await listen({ limits: { bodyLimit: 4096 } });
    const socket = connect(intake.port, '127.0.0.1');

    socket.write(head(fields) + send);
    const answer = await untilClosed(socket);

    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('PAYLOAD_TOO_LARGE');
    expect(intake.store.deliveries).toEqual([]);
  });

  test.each([
    { name: 'a body that never ends', text: `${head(['Content-Length: 1000'])}{"version"` },
    { name: 'headers that never end', text: 'POST /alert HTTP/1.1\r\nHost: x\r\nX-Slow: ' },
    { name: 'nothing at all', text: '' },
  ])('a slow sender is let go, with 503 and never 408: $name', async ({ text }) => {
    const intake = await listen({ limits: { requestTimeoutMs: 400, headersTimeoutMs: 300 } });
    const socket = connect(intake.port, '127.0.0.1');

    socket.write(text);
    const answer = await untilClosed(socket);

    expect(answer).toMatch(/^(HTTP\/1\.1 503 |$)/);
    expect(intake.store.deliveries).toEqual([]);
  });

  test('a sender that goes away in the middle leaves nothing behind', async () => {
    const intake = await listen({ limits: { bodiesInFlight: 100_000 } });
    const socket = connect(intake.port, '127.0.0.1');
    const received = once(intake.app.server, 'request');
    socket.write(`${head(['Content-Length: 99000'])}{"version"`);
    const [request] = (await received) as [IncomingMessage]; // Node's own event.

    socket.destroy();
    await new Promise((resolve) => request.once('close', resolve));
    const { statusCode, body } = await makePool(intake.port, 1).request({
      method: 'POST',
      path: '/alert',
      headers: BEARER,
      body: WEBHOOK + ' '.repeat(90_000),
    });
    await body.dump();

    expect(statusCode).toBe(200);
    expect(intake.store.deliveries).toHaveLength(1);
  });

  test.each([
    { name: 'no HTTP', text: 'hello\r\n\r\n', status: '400' },
    { name: 'headers without end', text: `POST /alert HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, status: '431' },
    { name: 'two lengths', text: head(['Content-Length: 5', 'Transfer-Encoding: chunked']), status: '400' },
  ])('what is no request is answered $status: $name', async ({ text, status }) => {
    const intake = await listen();
    const socket = connect(intake.port, '127.0.0.1');

    socket.write(text);
    const answer = await untilClosed(socket);

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('PAYLOAD_INVALID'.slice(0, 7));
    expect(answer.length).toBeLessThan(400);
  });

  test('closing the server lets running webhooks finish', async () => {
    const intake = await listen();
    let release = (): void => undefined;
    const committing = new Promise<void>((resolve) => {
      intake.store.beforeCommit = () => {
        resolve();
        return new Promise((go) => (release = go));
      };
    });
    const pool = makePool(intake.port, 1);

    const running = pool.request({ method: 'POST', path: '/alert', headers: BEARER, body: WEBHOOK });
    await committing;
    const closing = intake.app.close();
    release();
    const { statusCode, body } = await running;
    await body.dump();
    await closing;

    expect(statusCode).toBe(200);
    expect(intake.store.deliveries).toHaveLength(1);
  });
});
