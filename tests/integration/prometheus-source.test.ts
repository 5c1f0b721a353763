import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../src/adapters/prometheus/signal-templates.ts';
import { makePrometheusSource } from '../../src/adapters/prometheus/source.ts';
import { SIGNAL_NAMES } from '../../src/domain/diagnosis.ts';
import type { Log } from '../../src/ports/log.ts';

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
}

const target = { workload: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods: ['web-1-a'] };
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

/** A Prometheus on loopback that answers as it is told, and remembers what it was asked. */
async function serve(
  answer: (response: ServerResponse, request: number) => void,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      asked.push({ path: request.url ?? '', headers: request.headers, form: new URLSearchParams(body) });
      answer(response, asked.length);
    });
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

function vector(samples: readonly (readonly [Record<string, string>, string])[], more: object = {}): string {
  const result = samples.map(([metric, value]) => ({ metric, value: [1_700_000_000.1, value] }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result }, ...more });
}

function sinkLog(lines: unknown[]): Log {
  const add = (fields: unknown): void => void lines.push(fields);
  const log: Log = { debug: add, info: add, warn: add, error: add, child: () => log };
  return log;
}

describe('makePrometheusSource', () => {
  test('asks once, by POST, for all signals of the workload', async () => {
    const { url, asked } = await serve((response) => response.end(vector([])));

    await makePrometheusSource({
      url: `${url}/prom/`,
      headers: { authorization: 'Bearer t' },
      templates: DEFAULT_SIGNAL_TEMPLATES,
    }).signals(target);

    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ path: '/prom/api/v1/query', headers: { authorization: 'Bearer t' } });
    const query = asked[0]?.form.get('query') ?? '';
    for (const name of SIGNAL_NAMES) expect(query.includes(`"f", "${name}"`)).toBe(!name.startsWith('node_'));
    expect(query).toContain('namespace="shop",pod=~"(web-1-a)"');
    expect(asked[0]?.form.get('timeout')).toBe('800ms');
  });

  test('takes finite numbers by name; absent, NaN and infinite ones are left out', async () => {
    const { url } = await serve((response) =>
      response.end(
        vector([
          [{ f: 'error_ratio' }, '0.25'],
          [{ f: 'restarts' }, '0'],
          [{ f: 'latency_p99_seconds' }, 'NaN'],
          [{ f: 'error_spread' }, '+Inf'],
          [{ f: 'no_such_signal' }, '1'],
        ]),
      ),
    );

    const signals = await makePrometheusSource({ url, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    expect(signals).toEqual({ error_ratio: 0.25, restarts: 0 });
  });

  test('what is more than one number is left out and logged, and so are the warnings of Prometheus', async () => {
    const lines: unknown[] = [];
    const { url } = await serve((response) =>
      response.end(
        vector(
          [
            [{ f: 'error_ratio', pod: 'a' }, '0.5'],
            [{ f: 'request_rate' }, '1'],
            [{ f: 'request_rate' }, '2'],
            [{ f: 'restarts' }, '3'],
          ],
          { warnings: ['a shard is away'], infos: ['not a counter'] },
        ),
      ),
    );

    const source = makePrometheusSource({ url, templates: DEFAULT_SIGNAL_TEMPLATES, log: sinkLog(lines) });
    const signals = await source.signals(target);

    expect(signals).toEqual({ restarts: 3 });
    expect(lines).toEqual([
      {
        workload: target.workload,
        remarks: [
          'a shard is away',
          'not a counter',
          'error_ratio was left out: it is not one sample without labels',
          'request_rate was left out: it is not one sample without labels',
        ],
      },
    ]);
  });

  test.each([
    {
      name: 'a query that it cannot read',
      status: 400,
      body: '{"status":"error","error":"parse error"}',
      code: 'PORT_CLIENT',
    },
    { name: 'a query that fails', status: 422, body: '{"status":"error","error":"many-to-many"}', code: 'PORT_CLIENT' },
    { name: 'no credentials', status: 401, body: '', code: 'PORT_AUTH' },
    { name: 'no right', status: 403, body: '', code: 'PORT_AUTH' },
    { name: 'too many requests', status: 429, body: '', code: 'PORT_RATE_LIMITED' },
    { name: 'a redirect, which is not followed', status: 302, body: '', code: 'PORT_CLIENT' },
    { name: 'a failure', status: 500, body: '<html>', code: 'PORT_SERVER' },
    { name: 'unavailable', status: 503, body: '', code: 'PORT_SERVER' },
    { name: 'a time-out of its own', status: 504, body: '', code: 'PORT_TIMEOUT' },
    { name: 'no JSON', status: 200, body: '<html>', code: 'PORT_SERVER' },
    {
      name: 'another shape',
      status: 200,
      body: '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
      code: 'PORT_SERVER',
    },
    { name: 'an answer without end', status: 200, body: `"${'x'.repeat(300 * 1024)}"`, code: 'PORT_SERVER' },
  ])('answered with $name: $code, without a second try', async ({ status, body, code }) => {
    const { url, asked } = await serve((response) => response.writeHead(status, { location: '/elsewhere' }).end(body));

    const answer = makePrometheusSource({ url, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    await expect(answer).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  test('says what Prometheus found wrong', async () => {
    const { url } = await serve((response) => response.writeHead(400).end('{"status":"error","error":"bad \\"x\\""}'));

    const answer = makePrometheusSource({ url, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    await expect(answer).rejects.toThrow('prometheus: answered 400: bad');
  });

  test('a silent server: PORT_TIMEOUT after the time given', async () => {
    const { url } = await serve(() => {});

    const answer = makePrometheusSource({ url, timeoutMs: 60, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    await expect(answer).rejects.toMatchObject({ code: 'PORT_TIMEOUT', message: 'prometheus: timed out after 60 ms' });
  });

  test('an answer that stops in the middle: PORT_TIMEOUT', async () => {
    const { url } = await serve((response) => void response.writeHead(200).write('{"status":'));

    const answer = makePrometheusSource({ url, timeoutMs: 60, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    await expect(answer).rejects.toMatchObject({ code: 'PORT_TIMEOUT' });
  });

  test('a connection that breaks is tried once more', async () => {
    const { url, asked } = await serve((response, request) => {
      if (request === 1) response.destroy();
      else response.end(vector([[{ f: 'restarts' }, '2']]));
    });

    const signals = await makePrometheusSource({ url, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    expect(signals).toEqual({ restarts: 2 });
    expect(asked).toHaveLength(2);
  });

  test('and no more than once', async () => {
    const { url, asked } = await serve((response) => response.destroy());

    const answer = makePrometheusSource({ url, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    await expect(answer).rejects.toMatchObject({ code: 'PORT_UNREACHABLE', retryable: true });
    expect(asked).toHaveLength(2);
  });

  test('nobody listens: PORT_UNREACHABLE, without the credentials of the address', async () => {
    const { url } = await serve(() => {});
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
    const secret = url.replace('http://', 'http://user:hunter2@');

    const answer = makePrometheusSource({ url: secret, templates: DEFAULT_SIGNAL_TEMPLATES }).signals(target);

    await expect(answer).rejects.toMatchObject({
      code: 'PORT_UNREACHABLE',
      message: 'prometheus: cannot be reached (ECONNREFUSED)',
    });
    const error = await answer.catch((caught: unknown) => caught);
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });
});
