import { afterEach, describe, expect, test } from '@jest/globals';
import { makeEmailNotifier, type EmailOptions } from '../../src/adapters/email/email-notifier.ts';
import type { Notifier, ThreadState } from '../../src/ports/notifier.ts';
import { ACT, decided, located, verifying } from '../builders/journey.ts';
import { ACTED, aClosed, describeNotifier, hostileIncident } from '../contract/notifier.contract.ts';
import { makeLogSink } from '../fakes/log-sink.ts';
import { startRawServer, startSmtpServer, type SmtpBehaviour } from '../fakes/smtp-server.ts';

function notifierFor(server: { readonly port: number }, overrides: Partial<EmailOptions> = {}): Notifier {
  return makeEmailNotifier({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    from: 'AutoHeal <autoheal@shop.example>',
    to: ['sre@shop.example'],
    timeoutMs: 1000,
    log: makeLogSink().log,
    ...overrides,
  });
}

describeNotifier('email', async () => {
  const server = await startSmtpServer();
  return { notifier: notifierFor(server), stop: () => server.stop() };
});

describe('email', () => {
  const running: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop();
  });

  async function serve(behaviour: SmtpBehaviour = {}) {
    const server = await startSmtpServer(behaviour);
    running.push(server);
    return server;
  }

  async function sent(notifier: Notifier, ...told: Parameters<Notifier['deliver']>): Promise<ThreadState> {
    const answer = await notifier.deliver(...told);
    if (answer.kind !== 'sent') throw new Error(JSON.stringify(answer));
    return answer.thread;
  }

  test('the milestones of an incident are one thread', async () => {
    const server = await serve();
    const notifier = notifierFor(server);

    const opened = await sent(notifier, decided(ACT), undefined);
    const acted = await sent(notifier, ACTED, opened);
    await sent(notifier, aClosed('healed'), acted);

    const headers = server.mails.map((mail) =>
      ['message-id', 'in-reply-to', 'references', 'subject'].map((name) => mail.headers.get(name)),
    );
    const [first, second, third] = ['opened', 'acted-1', 'closed'].map((at) => `<inc-1.${at}@shop.example>`);
    const subject = '[AutoHeal] Deployment shop/cart: crash loop after a rollout';
    expect(headers).toEqual([
      [first, undefined, undefined, subject],
      [second, first, first, `Re: ${subject}`],
      [third, first, `${first} ${second}`, `Re: ${subject}`],
    ]);
  });

  test('is marked as sent by a machine, and carries text and HTML', async () => {
    const server = await serve();

    await sent(notifierFor(server), aClosed('healed'), undefined);

    const [mail] = server.mails;
    expect(mail?.to).toEqual(['sre@shop.example']);
    expect(mail?.headers.get('x-autoheal-incident')).toBe('inc-1');
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.text).toContain('Healed: all replicas are ready\n');
    expect(mail?.html).toContain('>Healed: all replicas are ready<');
  });

  test('what is sent again after a crash has the same Message-ID', async () => {
    const server = await serve();

    await sent(notifierFor(server), ACTED, undefined);
    await sent(notifierFor(server), ACTED, undefined);

    const ids = server.mails.map((mail) => mail.headers.get('message-id'));
    expect(ids).toEqual(['<inc-1.acted-1@shop.example>', '<inc-1.acted-1@shop.example>']);
  });

  test.each([
    { name: 'a phase that is no milestone', incident: located() },
    { name: 'watching', incident: verifying() },
  ])('$name sends nothing and keeps the thread', async ({ incident }) => {
    const server = await serve();
    const thread = { root: '<a@b>', last: '<a@b>', subject: 's', milestone: 'opened' };

    expect(await sent(notifierFor(server), incident, thread)).toEqual(thread);
    expect(server.mails).toEqual([]);
  });

  test('a milestone that was told is not told again', async () => {
    const server = await serve();
    const notifier = notifierFor(server);
    const acted = await sent(notifier, ACTED, undefined);

    await sent(notifier, ACTED, acted);

    expect(server.mails).toHaveLength(1);
  });

  test('hostile text adds no header, no recipient and no tag', async () => {
    const server = await serve();

    await sent(notifierFor(server, { publicUrl: 'https://heal.example' }), hostileIncident(), undefined);

    const [mail] = server.mails;
    expect(mail?.to).toEqual(['sre@shop.example']);
    expect(mail?.headers.has('bcc')).toBe(false);
    expect(mail?.html.match(/<(script|img|http|!channel)|\p{Cf}/giu)).toBeNull();
    expect(mail?.html.match(/href="[^"]*"/g)).toEqual(['href="https://heal.example/incidents/inc-1"']);
    expect(mail?.html).toContain('&lt;script&gt;');
    expect(mail?.text.match(/\p{Cf}|[^\P{Cc}\n]|^Bcc:/gimu)).toBeNull();
  });

  test('leads to the incident and to the dashboard of the workload', async () => {
    const server = await serve();
    const bases = { publicUrl: 'https://heal.example', grafanaUrl: 'https://grafana.example' };

    await sent(notifierFor(server, bases), aClosed('healed'), undefined);

    const [mail] = server.mails;
    const dashboard = /^https:\/\/grafana\.example\/d\/autoheal-services\?\S+$/m.exec(mail?.text ?? '')?.[0] ?? '';
    expect(Object.fromEntries(new URL(dashboard).searchParams)).toEqual({
      'var-namespace': 'shop',
      'var-workload': 'cart',
      from: expect.stringMatching(/^\d+$/),
      to: expect.stringMatching(/^\d+$/),
    });
    expect(mail?.html.match(/href="[^"]*"/g)).toEqual([
      'href="https://heal.example/incidents/inc-1"',
      `href="${dashboard.replaceAll('&', '&amp;')}"`,
    ]);
  });

  test('credentials are used', async () => {
    const server = await serve({ auth: { user: 'autoheal', password: 'right' } });

    await sent(notifierFor(server, { user: 'autoheal', password: 'right' }), ACTED, undefined);

    expect(server.mails).toHaveLength(1);
  });

  test.each<{ name: string; behaviour: SmtpBehaviour; options?: Partial<EmailOptions>; answer: object }>([
    {
      name: 'wrong credentials',
      behaviour: { auth: { user: 'autoheal', password: 'right' } },
      options: { user: 'autoheal', password: 'wrong' },
      answer: { kind: 'failed', reason: 'auth', detail: expect.stringContaining('notify.email.password') },
    },
    {
      name: 'a server that wants credentials and gets none',
      behaviour: { auth: { user: 'autoheal', password: 'right' } },
      answer: { kind: 'failed', reason: 'auth' },
    },
    {
      name: 'every recipient refused for good',
      behaviour: { refuse: () => 550 },
      answer: { kind: 'failed', reason: 'client' },
    },
    {
      name: 'every recipient refused for now',
      behaviour: { refuse: () => 450 },
      answer: { kind: 'retry', reason: 'server' },
    },
    { name: 'the mail put off', behaviour: { replyToData: () => 421 }, answer: { kind: 'retry', reason: 'server' } },
    { name: 'the mail refused', behaviour: { replyToData: () => 554 }, answer: { kind: 'failed', reason: 'client' } },
    {
      name: 'no STARTTLS where it is required',
      behaviour: {},
      options: { requireTls: true },
      answer: { kind: 'failed', reason: 'client', detail: expect.stringContaining('must offer STARTTLS') },
    },
  ])('$name', async ({ behaviour, options, answer }) => {
    const server = await serve(behaviour);

    expect(await notifierFor(server, options).deliver(ACTED, undefined)).toMatchObject(answer);
    expect(server.mails).toEqual([]);
  });

  test('who was not refused is told once', async () => {
    const server = await serve({ refuse: (address) => (address.startsWith('gone') ? 550 : undefined) });
    const { log, lines } = makeLogSink();

    await sent(notifierFor(server, { to: ['gone@shop.example', 'sre@shop.example'], log }), ACTED, undefined);

    expect(server.mails.map((mail) => mail.to)).toEqual([['sre@shop.example']]);
    expect(lines).toMatchObject([{ level: 'warn', rejected: 1 }]);
  });

  test.each([
    { name: 'a server that says nothing', greeting: undefined, reason: 'timeout' },
    { name: 'a server that is closing', greeting: '421 closing', reason: 'server' },
  ])('$name is tried again', async ({ greeting, reason }) => {
    const server = await startRawServer(greeting);
    running.push(server);

    const answer = await notifierFor(server, { timeoutMs: 200 }).deliver(ACTED, undefined);

    expect(answer).toMatchObject({ kind: 'retry', reason });
  });

  test('nobody listening is tried again', async () => {
    const gone = await startRawServer(undefined);
    await gone.stop();

    expect(await notifierFor(gone).deliver(ACTED, undefined)).toMatchObject({ kind: 'retry', reason: 'unreachable' });
  });
});
