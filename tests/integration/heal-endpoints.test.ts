import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Agent } from 'undici';
import { makeHealEndpoints } from '../../src/adapters/heal-endpoints.ts';

const URL_OF_CART = 'http://cart.shop.svc:8080/heal';

let server: Server | undefined;
let agent: Agent | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await agent?.close();
});

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Seen {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** A server on loopback that stands for every Service; `answer` undefined holds the connection. */
async function behind(
  answer: Answer | 'hold' | 'reset',
): Promise<{ endpoints: ReturnType<typeof makeHealEndpoints>; seen: Seen[] }> {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    seen.push({ method: request.method, path: request.url, headers: request.headers });
    if (answer === 'hold') return;
    if (answer === 'reset') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { endpoints: endpointsTo(port), seen };
}

function endpointsTo(port: number): ReturnType<typeof makeHealEndpoints> {
  agent = new Agent();
  // The port of the Service stands for the port of the server on loopback.
  const dispatcher = agent.compose(
    (dispatch) => (options, handler) => dispatch({ ...options, origin: `http://127.0.0.1:${port}` }, handler),
  );
  return makeHealEndpoints({ timeoutMs: 300, dispatcher });
}

const call = { method: 'POST', url: URL_OF_CART } as const;

describe('a heal endpoint', () => {
  test('is called once, with the action id and an empty object', async () => {
    const { endpoints, seen } = await behind({ status: 200, body: 'reset 3 caches' });

    expect(await endpoints.call(call, 'inc-1/1')).toEqual({ kind: 'ok', status: 200, body: 'reset 3 caches' });
    expect(seen).toMatchObject([{ method: 'POST', path: '/heal', headers: { 'idempotency-key': 'inc-1/1' } }]);
  });

  test.each([
    { name: 'an error', answer: { status: 500, body: 'no' }, message: /answered 500: no/ },
    { name: 'a path that is not there', answer: { status: 404 }, message: /answered 404/ },
    {
      name: 'a redirect',
      answer: { status: 307, headers: { location: 'http://elsewhere.example/' } },
      message: /redirect, which is not followed/,
    },
  ])('$name is a refusal, and nothing else is called', async ({ answer, message }) => {
    const { endpoints, seen } = await behind(answer);

    const result = await endpoints.call(call, 'inc-1/1');

    expect(result).toMatchObject({ kind: 'refused', status: answer.status, message: expect.stringMatching(message) });
    expect(seen).toHaveLength(1);
  });

  test('an answer without end is cut off', async () => {
    const { endpoints } = await behind({ status: 200, body: 'x'.repeat(100_000) });

    const result = await endpoints.call(call, 'inc-1/1');

    expect(result).toMatchObject({ kind: 'ok' });
    expect(result.kind === 'ok' && result.body.length).toBe(4096);
  });

  test.each(['hold', 'reset'] as const)(
    '%s: nobody knows whether it did anything, and it is not called again',
    async (how) => {
      const { endpoints, seen } = await behind(how);

      expect(await endpoints.call(call, 'inc-1/1')).toMatchObject({ kind: 'maybe' });
      expect(seen).toHaveLength(1);
    },
  );

  test('nobody there: nothing was sent', async () => {
    const { endpoints } = await behind({ status: 200 });
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));

    expect(await endpoints.call(call, 'inc-1/1')).toMatchObject({ kind: 'refused', status: 0 });
  });

  test.each([
    'http://cart.shop.svc.evil.example/heal',
    'http://169.254.169.254/latest/meta-data',
    'http://localhost:8080/heal',
    'https://cart.shop.svc/heal',
    'http://user:secret@cart.shop.svc/heal',
    'http://cart.shop.svc/heal?to=http://evil.example',
    'file:///etc/passwd',
    'not a url',
  ])('%s is never called', async (url) => {
    const { endpoints, seen } = await behind({ status: 200 });

    expect(await endpoints.call({ method: 'POST', url }, 'inc-1/1')).toMatchObject({ kind: 'refused', status: 0 });
    expect(seen).toEqual([]);
  });
});
