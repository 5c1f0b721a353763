import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { makeAlertmanagerSource } from '../../src/adapters/alertmanager.ts';

interface Recorded {
  readonly fingerprint: string;
  readonly labels: Record<string, string>;
}
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/alertmanager/api-v2-alerts.json', import.meta.url), 'utf8'),
) as { readonly all: readonly Recorded[]; readonly silenced: readonly Recorded[] }; // Recorded in that shape.

const SILENCED = '16158d28b72c65a9';
const INHIBITED = '7cfa1016bdd60e00';
const ODD = '12b01a9a0686a225';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function serve(answer: (response: ServerResponse) => void): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    answer(response);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

describe('makeAlertmanagerSource', () => {
  test('finds alerts by fingerprint in what a real Alertmanager answered, muted ones included', async () => {
    const { url, asked } = await serve((response) => response.end(JSON.stringify(recorded.all)));
    const source = makeAlertmanagerSource({
      url: `${url}/am/`,
      timeoutMs: 1_000,
      headers: { authorization: 'Bearer t' },
    });

    const alerts = await source.current([SILENCED, INHIBITED, ODD, '0000000000000000']);

    expect(asked).toEqual(['GET /am/api/v2/alerts?active=true&silenced=true&inhibited=true Bearer t']);
    expect(alerts.map((alert) => [alert.fingerprint, alert.silencedBy, alert.inhibitedBy])).toEqual([
      [ODD, [], []],
      [SILENCED, ['fb95fd23-2383-41cd-a5ee-53c94b02b9cb'], []],
      [INHIBITED, [], ['8f6472da0a450337']],
    ]);
    expect(alerts[0]).toEqual({
      fingerprint: ODD,
      status: 'firing',
      labels: recorded.all.find(({ fingerprint }) => fingerprint === ODD)?.labels,
      annotations: { description: expect.stringContaining('<!channel>') },
      startsAt: Date.parse('2026-11-21T03:47:32.762Z'),
      generatorURL: '',
      silencedBy: [],
      inhibitedBy: [],
    });
  });

  test('an alert that is not listed is over: nothing comes back for it', async () => {
    const { url } = await serve((response) => response.end('[]'));

    await expect(makeAlertmanagerSource({ url, timeoutMs: 1_000 }).current([ODD])).resolves.toEqual([]);
  });

  test('asks nothing where nothing is wanted', async () => {
    const { url, asked } = await serve((response) => response.end('[]'));

    await expect(makeAlertmanagerSource({ url, timeoutMs: 1_000 }).current([])).resolves.toEqual([]);

    expect(asked).toEqual([]);
  });

  test.each([
    { name: 'no credentials', status: 401, body: '', code: 'PORT_AUTH' },
    { name: 'not found', status: 404, body: '', code: 'PORT_CLIENT' },
    { name: 'unavailable', status: 503, body: '', code: 'PORT_SERVER' },
    { name: 'no JSON', status: 200, body: 'OK', code: 'PORT_SERVER' },
    { name: 'the answer of an older API', status: 200, body: '{"status":"success","data":[]}', code: 'PORT_SERVER' },
    { name: 'an alert without a status', status: 200, body: '[{"fingerprint":"a","labels":{}}]', code: 'PORT_SERVER' },
    {
      name: 'a start that is not a time',
      status: 200,
      body: `[{"fingerprint":"${ODD}","labels":{},"annotations":{},"startsAt":"soon","endsAt":"","status":{"silencedBy":[],"inhibitedBy":[]}}]`,
      code: 'PORT_SERVER',
    },
  ])('answered with $name: $code', async ({ status, body, code }) => {
    const { url } = await serve((response) => response.writeHead(status).end(body));

    await expect(makeAlertmanagerSource({ url, timeoutMs: 1_000 }).current([ODD])).rejects.toMatchObject({ code });
  });

  test('an answer without end is cut off', async () => {
    const chunk = `"${'x'.repeat(1024 * 1024)}",`;
    const { url } = await serve((response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    });

    await expect(makeAlertmanagerSource({ url, timeoutMs: 10_000 }).current([ODD])).rejects.toMatchObject({
      code: 'PORT_SERVER',
      message: 'alertmanager: the answer is longer than 33554432 bytes',
    });
  });

  test('a silent server: PORT_TIMEOUT', async () => {
    const { url } = await serve(() => {});

    await expect(makeAlertmanagerSource({ url, timeoutMs: 60 }).current([ODD])).rejects.toMatchObject({
      code: 'PORT_TIMEOUT',
    });
  });
});
