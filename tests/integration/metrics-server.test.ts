import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { startMetricsServer, type MetricsServer } from '../../src/simulator/metrics-server.ts';

describe('the metrics server', () => {
  let server: MetricsServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  const cases = [
    { name: 'a scrape', method: 'GET', path: '/metrics', status: 200, body: 'up{pod="é"} 1\n' },
    { name: 'a scrape with a query', method: 'GET', path: '/metrics?x=1', status: 200, body: 'up{pod="é"} 1\n' },
    { name: 'another path', method: 'GET', path: '/', status: 404, body: 'there is only GET /metrics\n' },
    { name: 'a write', method: 'POST', path: '/metrics', status: 405, body: 'only GET\n' },
  ] as const;

  test.each(cases)('answers $name with $status', async ({ method, path, status, body }) => {
    server = await startMetricsServer({ metricsText: () => 'up{pod="é"} 1\n' });

    const answer = await request(`${server.url}${path}`, { method });

    expect(answer.statusCode).toBe(status);
    await expect(answer.body.text()).resolves.toBe(body);
  });

  test('says which format it is, and makes the text anew for each scrape', async () => {
    let scrapes = 0;
    server = await startMetricsServer({ metricsText: () => `scrapes ${++scrapes}\n` });

    const first = await request(`${server.url}/metrics`);
    const second = await request(`${server.url}/metrics`);

    expect(first.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    await expect(first.body.text()).resolves.toBe('scrapes 1\n');
    await expect(second.body.text()).resolves.toBe('scrapes 2\n');
  });

  test('an exposition that cannot be made is a failed scrape, not an empty one', async () => {
    server = await startMetricsServer({
      metricsText: () => {
        throw new Error('no world');
      },
    });

    const answer = await request(`${server.url}/metrics`);

    expect(answer.statusCode).toBe(500);
    await answer.body.dump();
  });

  test('a port that is taken is said at once', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo; // It listens on a TCP port.

    await expect(startMetricsServer({ metricsText: () => '', port })).rejects.toThrow('EADDRINUSE');

    await new Promise((closed) => other.close(closed));
  });

  test('closing ends connections that are kept alive', async () => {
    const running = await startMetricsServer({ metricsText: () => 'up 1\n' });
    await (await request(`${running.url}/metrics`)).body.dump();

    await running.close();

    await expect(request(`${running.url}/metrics`)).rejects.toThrow();
  });
});
