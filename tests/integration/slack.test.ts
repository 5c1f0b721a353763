import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeSlackNotifier, type SlackOptions } from '../../src/adapters/slack/slack-notifier.ts';
import type { Notifier, ThreadState } from '../../src/ports/notifier.ts';
import { ACT, decided, verifying } from '../builders/journey.ts';
import { ACTED, aClosed, ALL_PHASES, describeNotifier, hostileIncident } from '../contract/notifier.contract.ts';
import { makeLogSink } from '../fakes/log-sink.ts';
import { startSlackServer, type SlackServer, type SlackTrouble } from '../fakes/slack-server.ts';

const WORKSPACE = { token: 'xoxb-secret', channel: 'C1' };

function notifierFor(server: Pick<SlackServer, 'apiUrl'>, overrides: Partial<SlackOptions> = {}): Notifier {
  const { log } = makeLogSink();
  return makeSlackNotifier({ ...WORKSPACE, apiUrl: server.apiUrl, timeoutMs: 2000, log, ...overrides });
}

describeNotifier('slack', async () => {
  const server = await startSlackServer(WORKSPACE);
  return { notifier: notifierFor(server), stop: () => server.stop() };
});

describe('slack', () => {
  let server: SlackServer;
  beforeEach(async () => {
    server = await startSlackServer(WORKSPACE);
  });
  afterEach(() => server.stop());

  async function sent(notifier: Notifier, ...told: Parameters<Notifier['deliver']>): Promise<ThreadState> {
    const answer = await notifier.deliver(...told);
    if (answer.kind !== 'sent') throw new Error(JSON.stringify(answer));
    return answer.thread;
  }

  test('an incident is one message, edited in place, with a reply for each later milestone', async () => {
    const notifier = notifierFor(server);

    const opened = await sent(notifier, decided(ACT), undefined);
    const acted = await sent(notifier, ACTED, opened);
    const watched = await sent(notifier, verifying(), acted);
    const closed = await sent(notifier, aClosed('healed'), watched);

    const [root, ...replies] = server.messages();
    expect(opened).toEqual({ channel: 'C1', ts: root?.ts, lastMilestone: 'opened' });
    expect(closed).toEqual({ ...opened, lastMilestone: 'closed' });
    expect(root?.text).toBe('Deployment shop/cart: crash loop after a rollout. Healed: all replicas are ready');
    expect(replies).toMatchObject([
      { threadTs: root?.ts, text: expect.stringContaining('Acted: rollback'), broadcast: false },
      { threadTs: root?.ts, text: expect.stringContaining('Healed'), broadcast: false },
    ]);
    expect(server.calls.map(({ method }) => method)).toEqual([
      'chat.postMessage',
      'chat.update',
      'chat.postMessage',
      'chat.update',
      'chat.update',
      'chat.postMessage',
    ]);
  });

  test('an end that needs a person is shown in the channel, not only in the thread', async () => {
    const notifier = notifierFor(server);
    const opened = await sent(notifier, decided(ACT), undefined);

    await sent(notifier, aClosed('not-healed'), opened);

    expect(server.messages().at(-1)).toMatchObject({ broadcast: true });
  });

  test('a milestone that was told is not told again', async () => {
    const notifier = notifierFor(server);
    const opened = await sent(notifier, decided(ACT), undefined);
    const acted = await sent(notifier, ACTED, opened);

    await sent(notifier, ACTED, acted);

    expect(server.messages()).toHaveLength(2);
  });

  test('a message that somebody deleted is posted anew', async () => {
    const notifier = notifierFor(server);
    const opened = await sent(notifier, decided(ACT), undefined);
    server.delete(opened['ts'] ?? '');

    const acted = await sent(notifier, ACTED, opened);

    expect(server.messages()).toMatchObject([{ ts: acted['ts'], text: expect.stringContaining('Acted') }]);
    expect(acted['ts']).not.toBe(opened['ts']);
  });

  test('a reply that failed is made up for without a second message', async () => {
    const notifier = notifierFor(server);
    const opened = await sent(notifier, decided(ACT), undefined);
    server.fail({ kind: 'pass' });
    server.fail({ kind: 'status', status: 503 });
    const first = await notifier.deliver(ACTED, opened);

    await sent(notifier, ACTED, opened);

    expect(first).toMatchObject({ kind: 'retry', reason: 'server' });
    expect(server.messages()).toHaveLength(2);
    expect(server.calls.map(({ method }) => method).slice(1)).toEqual([
      'chat.update',
      'chat.postMessage',
      'chat.update',
      'chat.postMessage',
    ]);
  });

  test.each<{ name: string; trouble: SlackTrouble; answer: object }>([
    {
      name: 'a rate limit says when to come back',
      trouble: { kind: 'rate-limited', retryAfter: 30 },
      answer: { kind: 'retry', reason: 'rate-limited', retryAfterMs: 30_000 },
    },
    { name: 'a server error', trouble: { kind: 'status', status: 500 }, answer: { kind: 'retry', reason: 'server' } },
    { name: 'no answer', trouble: { kind: 'hang' }, answer: { kind: 'retry', reason: 'timeout' } },
    { name: 'the page of a proxy', trouble: { kind: 'page' }, answer: { kind: 'retry', reason: 'server' } },
    {
      name: 'an error of Slack itself',
      trouble: { kind: 'error', error: 'internal_error' },
      answer: { kind: 'retry', reason: 'server' },
    },
    {
      name: 'the app is not in the channel',
      trouble: { kind: 'error', error: 'not_in_channel' },
      answer: { kind: 'failed', reason: 'client', detail: expect.stringContaining('/invite') },
    },
    {
      name: 'a scope is missing',
      trouble: { kind: 'error', error: 'missing_scope' },
      answer: { kind: 'failed', reason: 'auth', detail: expect.stringContaining('chat:write') },
    },
    {
      name: 'an address that is not the API',
      trouble: { kind: 'status', status: 404 },
      answer: { kind: 'failed', reason: 'client', detail: expect.stringContaining('apiUrl') },
    },
  ])('$name', async ({ trouble, answer }) => {
    server.fail(trouble);

    const given = await notifierFor(server, { timeoutMs: 300 }).deliver(decided(ACT), undefined);

    expect(given).toMatchObject(answer);
    expect(server.calls).toHaveLength(1);
  });

  test.each([
    { name: 'a wrong token', overrides: { token: 'xoxb-other' }, reason: 'auth', detail: 'invalid_auth: check' },
    { name: 'a wrong channel', overrides: { channel: 'C9' }, reason: 'client', detail: 'channel_not_found: check' },
  ])('$name fails for good and says what to do', async ({ overrides, reason, detail }) => {
    const answer = await notifierFor(server, overrides).deliver(decided(ACT), undefined);

    expect(answer).toMatchObject({ kind: 'failed', reason, detail: expect.stringContaining(detail) });
  });

  test('nobody listening is tried again, and the answer holds no token', async () => {
    const gone = await startSlackServer(WORKSPACE);
    await gone.stop();

    const answer = await notifierFor(gone).deliver(decided(ACT), undefined);

    expect(answer).toMatchObject({ kind: 'retry', reason: 'unreachable' });
    expect(JSON.stringify(answer)).not.toContain(WORKSPACE.token);
  });

  test('hostile and endless text arrives within the limits, without mention or link', async () => {
    await sent(notifierFor(server, { publicUrl: 'https://heal.example' }), hostileIncident(), undefined);

    const said = JSON.stringify(server.messages()[0]);
    expect(said.match(/<[^>]*>/g)).toEqual(['<https://heal.example/incidents/inc-1|open>']);
    expect(said).not.toMatch(/@here|https:\/\/evil|\\u001b|\u202e/);
  });

  test('a message leads to the dashboard of the workload, at the time of the incident', async () => {
    const notifier = notifierFor(server, { publicUrl: 'https://heal.example', grafanaUrl: 'https://grafana.example' });

    await sent(notifier, decided(ACT), undefined);

    const links = JSON.stringify(server.messages()[0]).match(/<[^>]*>/g) ?? [];
    expect(links).toEqual([
      '<https://heal.example/incidents/inc-1|open>',
      expect.stringMatching(
        /^<https:\/\/grafana\.example\/d\/autoheal-services\?var-namespace=shop&amp;var-workload=cart&amp;from=\d+&amp;to=now\|dashboard>$/,
      ),
    ]);
  });

  test('no name can leave the link to the dashboard', async () => {
    await sent(notifierFor(server, { grafanaUrl: 'https://grafana.example' }), hostileIncident(), undefined);

    const said = JSON.stringify(server.messages()[0]);
    expect(said.match(/<[^>]*>/g)).toEqual([
      expect.stringMatching(/^<https:\/\/grafana\.example\/d\/[^|\s]+\|dashboard>$/),
    ]);
    expect(said).not.toMatch(/@here|https:\/\/evil/);
  });

  test('every phase fits into blocks', async () => {
    for (const incident of ALL_PHASES) await sent(notifierFor(server), incident, undefined);

    expect(server.messages()).toHaveLength(ALL_PHASES.length);
  });
});
