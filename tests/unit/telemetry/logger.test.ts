import { describe, expect, test } from '@jest/globals';
import { makeLogSink } from '../../fakes/log-sink.ts';

describe('logger', () => {
  test('writes fields and a constant message, with an ISO time', () => {
    const { log, lines } = makeLogSink();

    log.child({ incident: 'inc-1' }).warn({ code: 'PORT_TIMEOUT' }, 'step failed');

    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        incident: 'inc-1',
        code: 'PORT_TIMEOUT',
        msg: 'step failed',
      },
    ]);
  });

  test.each([
    { name: 'a token', fields: { token: 'xoxb-1' } },
    { name: 'a nested password', fields: { smtp: { password: 'xoxb-1' } } },
    { name: 'a header', fields: { headers: { authorization: 'Bearer xoxb-1' } } },
    { name: 'a header as it is sent', fields: { request: { headers: { Authorization: 'Bearer xoxb-1' } } } },
    { name: 'a secret by a longer name', fields: { a: { b: [{ slackToken: 'xoxb-1' }] } } },
    { name: 'credentials in a URL in a list', fields: { said: ['see https://me:xoxb-1@host/'] } },
    { name: 'credentials in the message of an error', fields: { err: new Error('http://me:xoxb-1@host/ failed') } },
    { name: 'credentials in a URL', fields: { err: 'connect http://me:xoxb-1@prometheus:9090/ failed' } },
  ])('never writes $name', ({ fields }) => {
    const { log, lines } = makeLogSink();

    log.info(fields, 'm');

    expect(JSON.stringify(lines)).not.toContain('xoxb-1');
    expect(JSON.stringify(lines)).toContain('[redacted]');
  });

  test('a child does not write secrets either', () => {
    const { log, lines } = makeLogSink();

    log.child({ smtp: { host: 'mail.example', password: 'xoxb-1' } }).info({ url: 'http://h/' }, 'm');

    expect(lines).toMatchObject([{ smtp: { host: 'mail.example', password: '[redacted]' }, url: 'http://h/' }]);
  });

  test('what refers to itself is cut off', () => {
    const { log, lines } = makeLogSink();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;

    log.info({ loop }, 'm');

    expect(JSON.stringify(lines)).toContain('[too deep]');
  });

  test('lines below the level are not written', () => {
    const { log, lines } = makeLogSink('warn');

    log.info({}, 'm');

    expect(lines).toEqual([]);
  });
});
