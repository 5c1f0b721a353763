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
    { name: 'credentials in a URL', fields: { err: 'connect http://me:xoxb-1@prometheus:9090/ failed' } },
  ])('never writes $name', ({ fields }) => {
    const { log, lines } = makeLogSink();

    log.info(fields, 'm');

    expect(JSON.stringify(lines)).not.toContain('xoxb-1');
    expect(JSON.stringify(lines)).toContain('[redacted]');
  });

  test('lines below the level are not written', () => {
    const { log, lines } = makeLogSink('warn');

    log.info({}, 'm');

    expect(lines).toEqual([]);
  });
});
