import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';

import { AutoHealError } from '../../../src/domain/errors.ts';
import { BEARER, TOKEN, makeIntake, recorded, type Intake } from '../../fakes/intake.ts';

const WEBHOOK = recorded('second-alert-joins');

function post(intake: Intake, payload: string | Buffer, headers: Record<string, string> = {}): ReturnType<Post> {
  return intake.app.inject({ method: 'POST', url: '/alert', payload, headers: { ...BEARER, ...headers } });
}
type Post = (options: object) => Promise<{
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Record<string, unknown>;
  json(): unknown;
}>;

describe('POST /alert', () => {
  test('200 once the body is in the journal, byte for byte', async () => {
    const intake = makeIntake();

    const answer = await post(intake, WEBHOOK, { 'content-type': 'application/json' });

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'journalled', alerts: 2, rejected: 0 });
    expect(intake.store.deliveries).toEqual([{ id: 'd-1', receivedAt: intake.clock.now(), body: WEBHOOK }]);
    expect(intake.samples).toEqual([{ status: 200, alerts: 2, rejected: 0, seconds: expect.any(Number) }]);
  });

  test.each([
    { name: 'none', headers: {} },
    { name: 'text', headers: { 'content-type': 'text/plain; charset=utf-8' } },
    { name: 'what curl -d sends', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { name: 'JSON of another kind', headers: { 'content-type': 'application/cloudevents+json' } },
  ])('takes any content type: $name', async ({ headers }) => {
    const intake = makeIntake();

    const answer = await post(intake, WEBHOOK, headers);

    expect(answer.statusCode).toBe(200);
    expect(intake.store.deliveries[0]?.body).toBe(WEBHOOK);
  });

  test('a bad alert is counted, logged, and kept in the journal with the rest', async () => {
    const intake = makeIntake();
    const body = WEBHOOK.replace('"status": "firing",\n      "labels"', '"status": "odd",\n      "labels"');

    const answer = await post(intake, body);

    expect(answer.json()).toEqual({ status: 'journalled', alerts: 1, rejected: 1 });
    expect(intake.store.deliveries[0]?.body).toBe(body);
    expect(intake.log).toEqual([
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ rejectedTotal: 1 }) }),
    ]);
  });

  test('tells the worker, after the commit and only then', async () => {
    const seen: number[] = [];
    const intake = makeIntake({ onJournalled: () => void seen.push(intake.store.deliveries.length) });

    await post(intake, WEBHOOK);
    await post(intake, 'no');

    expect(seen).toEqual([1]);
  });

  test.each([
    { name: 'no JSON', payload: '{', code: 'PAYLOAD_INVALID', status: 400 },
    { name: 'no webhook', payload: '{"text":"hi"}', code: 'PAYLOAD_INVALID', status: 400 },
    { name: 'no body', payload: '', code: 'PAYLOAD_INVALID', status: 400 },
    { name: 'no UTF-8', payload: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), code: 'PAYLOAD_INVALID', status: 400 },
  ])('400: $name', async ({ payload, code, status }) => {
    const intake = makeIntake();

    const answer = await post(intake, payload);

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status: 'error', code });
    expect(intake.store.deliveries).toEqual([]);
    expect(intake.samples).toMatchObject([{ status, alerts: 0 }]);
  });

  test('413: larger than the limit', async () => {
    const intake = makeIntake({ limits: { bodyLimit: 1000 } });

    const answer = await post(intake, WEBHOOK);

    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(intake.samples).toMatchObject([{ status: 413 }]);
  });

  test('503 with Retry-After: the journal cannot be written', async () => {
    const intake = makeIntake();
    intake.store.beforeCommit = () => Promise.reject(new Error('disk I/O error in /var/lib/secret/path'));

    const answer = await post(intake, WEBHOOK);

    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ code: 'NOT_READY' });
    expect(answer.body).not.toContain('secret');
    expect(intake.log).toEqual([expect.objectContaining({ level: 'error', message: 'request failed' })]);
  });

  test('503: the journal is full; what waits is answered 200', async () => {
    const intake = makeIntake({}, { waiting: 1 });
    let release = (): void => undefined;
    intake.store.beforeCommit = () => new Promise((resolve) => (release = resolve));

    const first = post(intake, WEBHOOK);
    while (intake.store.commits.length === 0) await nextTurn();
    const second = await post(intake, WEBHOOK);
    release();

    expect(second.statusCode).toBe(503);
    expect((await first).statusCode).toBe(200);
  });

  test('503 and a closed connection: the service shuts down', async () => {
    const intake = makeIntake({ draining: () => true });

    const answer = await post(intake, WEBHOOK);

    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
    expect(intake.store.deliveries).toEqual([]);
  });

  test('503: too many bytes of bodies at once, until they are answered', async () => {
    const intake = makeIntake({ limits: { bodiesInFlight: 150_000 } });
    const large = WEBHOOK + ' '.repeat(100_000);
    let release = (): void => undefined;
    intake.store.beforeCommit = () => new Promise((resolve) => (release = resolve));

    const first = post(intake, large);
    while (intake.store.commits.length === 0) await nextTurn();
    const second = await post(intake, large);
    release();
    await first;
    intake.store.beforeCommit = undefined;
    const third = await post(intake, large);

    expect([(await first).statusCode, second.statusCode, third.statusCode]).toEqual([200, 503, 200]);
  });
});

describe('who may ask', () => {
  const closed = [
    { name: 'POST /alert', method: 'POST' as const, url: '/alert' },
    { name: 'GET /incidents', method: 'GET' as const, url: '/incidents' },
    { name: 'GET /incidents/:id', method: 'GET' as const, url: '/incidents/waiting' },
    { name: 'POST /incidents/:id/approval', method: 'POST' as const, url: '/incidents/waiting/approval' },
    { name: 'POST /incidents/:id/undo', method: 'POST' as const, url: '/incidents/over/undo' },
  ];

  test.each(closed)('401 without the token: $name', async ({ method, url }) => {
    const intake = makeIntake();
    const wrong = 'Bearer wrong-token-of-somebody';

    const answers = [
      await intake.app.inject({ method, url }),
      await intake.app.inject({ method, url, headers: { authorization: wrong } }),
    ];

    for (const answer of answers) {
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="autoheal"');
      expect(answer.json()).toMatchObject({ code: 'UNAUTHORIZED' });
    }
    expect(JSON.stringify([intake.log, answers.map(({ body }) => body)])).not.toMatch(/wrong-token|sender-token/);
    expect([intake.approvals, intake.undoRequests]).toEqual([[], []]);
  });

  test('basic credentials, with their own challenge', async () => {
    const intake = makeIntake({ auth: { mode: 'basic', username: 'am', password: 'long-password' } });
    const authorization = `Basic ${Buffer.from('am:long-password').toString('base64')}`;

    const refused = await intake.app.inject({ url: '/incidents', headers: BEARER });
    const admitted = await intake.app.inject({ url: '/incidents', headers: { authorization } });

    expect(refused.headers['www-authenticate']).toMatch(/^Basic/);
    expect([refused.statusCode, admitted.statusCode]).toEqual([401, 200]);
  });

  test.each(closed.filter(({ method }) => method === 'POST'))('403 from a web page: $name', async ({ url }) => {
    const intake = makeIntake({ auth: { mode: 'none' } });

    const answer = await intake.app.inject({
      method: 'POST',
      url,
      headers: { origin: 'https://elsewhere.example', 'content-type': 'text/plain' },
      payload: '{"decision":"approve","by":"nobody"}',
    });

    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'CROSS_ORIGIN' });
    expect([intake.approvals, intake.undoRequests]).toEqual([[], []]);
  });
});

describe('probes', () => {
  test('health and metrics need no credentials, and work while draining', async () => {
    const { app } = makeIntake({ draining: () => true });

    const health = await app.inject('/healthz');
    const metrics = await app.inject('/metrics');

    expect([health.statusCode, health.json()]).toEqual([200, { ok: true }]);
    expect([metrics.statusCode, metrics.body]).toEqual([200, 'autoheal_up 1\n']);
    expect(metrics.headers['content-type']).toContain('version=0.0.4');
  });

  test.each([
    { name: 'ready', ready: { ok: true, problems: [] }, draining: false, status: 200, problems: [] },
    { name: 'not ready', ready: { ok: false, problems: ['store'] }, draining: false, status: 503, problems: ['store'] },
    {
      name: 'draining',
      ready: { ok: true, problems: [] },
      draining: true,
      status: 503,
      problems: ['AutoHeal is shutting down'],
    },
  ])('readiness: $name', async ({ ready, draining, status, problems }) => {
    const { app } = makeIntake({ ready: async () => ready, draining: () => draining });

    const answer = await app.inject('/readyz');

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ ok: status === 200, problems });
  });
});

describe('incidents', () => {
  test.each([
    { name: 'all', url: '/incidents', status: 200, count: 1 },
    { name: 'open', url: '/incidents?open=true&limit=10', status: 200, count: 1 },
    { name: 'closed', url: '/incidents?open=false', status: 200, count: 0 },
    { name: 'limit 0', url: '/incidents?limit=0', status: 400 },
    { name: 'limit 501', url: '/incidents?limit=501', status: 400 },
    { name: 'two limits', url: '/incidents?limit=1&limit=2', status: 400 },
    { name: 'a limit that is no number', url: '/incidents?limit=1e2', status: 400 },
    { name: 'open that is neither', url: '/incidents?open=yes', status: 400 },
  ])('list: $name', async ({ url, status, count }) => {
    const answer = await makeIntake().app.inject({ url, headers: BEARER });

    expect(answer.statusCode).toBe(status);
    if (status === 200) expect(answer.json<{ incidents: unknown[] }>().incidents).toHaveLength(count ?? -1);
  });

  test('one, with its history', async () => {
    const answer = await makeIntake().app.inject({ url: '/incidents/waiting', headers: BEARER });

    expect(answer.json()).toMatchObject({ incident: { id: 'waiting', phase: 'received' }, history: [{ seq: 1 }] });
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  });

  test.each([
    { name: 'approve', body: '{"decision":"approve","by":" Ada "}', id: 'waiting', status: 200 },
    { name: 'deny', body: '{"decision":"deny","by":"Ada"}', id: 'waiting', status: 200 },
    { name: 'an incident that nobody knows', body: '{"decision":"deny","by":"Ada"}', id: 'other', status: 404 },
    { name: 'another decision', body: '{"decision":"maybe","by":"Ada"}', id: 'waiting', status: 400 },
    { name: 'nobody', body: '{"decision":"deny","by":" "}', id: 'waiting', status: 400 },
    { name: 'a name of two lines', body: '{"decision":"deny","by":"a\\nb"}', id: 'waiting', status: 400 },
    { name: 'no JSON', body: 'approve', id: 'waiting', status: 400 },
    { name: 'nothing', body: '', id: 'waiting', status: 400 },
  ])('approval: $name', async ({ body, id, status }) => {
    const intake = makeIntake();

    const answer = await intake.app.inject({
      method: 'POST',
      url: `/incidents/${id}/approval`,
      headers: BEARER,
      payload: body,
    });

    expect(answer.statusCode).toBe(status);
    expect(intake.approvals).toHaveLength(status === 200 ? 1 : 0);
    if (status === 200) {
      expect(answer.json()).toEqual({ recorded: true });
      expect(intake.approvals[0]?.approval).toMatchObject({ by: 'Ada', at: intake.clock.now() });
    }
  });

  test('409: answered already', async () => {
    const { app } = makeIntake();
    const answer = { method: 'POST', url: '/incidents/waiting/approval', headers: BEARER } as const;

    await app.inject({ ...answer, payload: '{"decision":"approve","by":"Ada"}' });
    const second = await app.inject({ ...answer, payload: '{"decision":"deny","by":"Bob"}' });

    expect(second.statusCode).toBe(409);
    expect(second.json()).toMatchObject({ code: 'NOT_WAITING' });
  });

  test.each([
    {
      name: 'the store cannot be read',
      error: new AutoHealError('NOT_READY', 'locked: /path'),
      status: 503,
      code: 'NOT_READY',
    },
    { name: 'something unforeseen', error: new TypeError('x is not a function at /path'), status: 500, code: 'BUG' },
  ])('$name: $status, and the cause only in the log', async ({ error, status, code }) => {
    const reject = (): Promise<never> => Promise.reject(error);
    const intake = makeIntake({
      store: { incident: reject, incidents: reject, history: reject, approve: reject, requestUndo: reject },
    });

    const answer = await intake.app.inject({ url: '/incidents', headers: BEARER });

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code });
    expect(answer.body).not.toContain('/path');
    expect(intake.log[0]?.fields['err']).toContain('/path');
  });
});

describe('everything else', () => {
  test.each([
    { name: 'an unknown path', method: 'GET' as const, url: '/', status: 404, allow: undefined },
    {
      name: 'a trailing slash is never redirected',
      method: 'POST' as const,
      url: '/alert/',
      status: 404,
      allow: undefined,
    },
    {
      name: 'a URL that cannot be decoded',
      method: 'GET' as const,
      url: '/incidents/%E0%A4%A',
      status: 404,
      allow: undefined,
    },
    {
      name: 'an id longer than any',
      method: 'GET' as const,
      url: `/incidents/${'x'.repeat(3000)}`,
      status: 404,
      allow: undefined,
    },
    { name: 'GET /alert', method: 'GET' as const, url: '/alert?token=x', status: 405, allow: 'POST' },
    { name: 'POST /metrics', method: 'POST' as const, url: '/metrics', status: 405, allow: 'GET, HEAD' },
    {
      name: 'DELETE of an incident',
      method: 'DELETE' as const,
      url: '/incidents/waiting',
      status: 405,
      allow: 'GET, HEAD',
    },
  ])('$name: $status', async ({ method, url, status, allow }) => {
    const answer = await makeIntake().app.inject({ method, url, headers: { authorization: `Bearer ${TOKEN}` } });

    expect(answer.statusCode).toBe(status);
    expect(answer.headers['allow']).toBe(allow);
    expect(answer.body.length).toBeLessThan(300);
    expect(answer.json()).toMatchObject({ status: 'error', code: status === 405 ? 'METHOD_NOT_ALLOWED' : 'NOT_FOUND' });
  });
});

describe('asking for an undo', () => {
  test.each([
    { name: 'of what an incident left', id: 'over', body: '{"by":" Ada "}', status: 202 },
    { name: 'of an incident that left nothing', id: 'bare', body: '{"by":"Ada"}', status: 409 },
    { name: 'of one that is not over', id: 'waiting', body: '{"by":"Ada"}', status: 409 },
    { name: 'of one that nobody knows', id: 'nobody', body: '{"by":"Ada"}', status: 404 },
    { name: 'by nobody', id: 'over', body: '{"by":""}', status: 400 },
    { name: 'with a name of two lines', id: 'over', body: '{"by":"a\\nb"}', status: 400 },
    { name: 'with no JSON', id: 'over', body: 'by=Ada', status: 400 },
  ])('$name: $status', async ({ id, body, status }) => {
    const intake = makeIntake();

    const answer = await intake.app.inject({
      method: 'POST',
      url: `/incidents/${id}/undo`,
      headers: { ...BEARER, 'content-type': 'application/json' },
      payload: body,
    });

    expect(answer.statusCode).toBe(status);
    expect(intake.undoRequests).toEqual(
      status === 202 ? [{ incident: 'over', by: 'Ada', at: intake.clock.now() }] : [],
    );
  });
});
