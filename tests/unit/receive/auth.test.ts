import { describe, expect, test } from '@jest/globals';

import { makeAuthenticator, type AuthRule } from '../../../src/receive/auth.ts';

const BEARER: AuthRule = { mode: 'bearer', tokens: ['first-token', ' second-token\n'] };
const BASIC: AuthRule = { mode: 'basic', username: 'am', password: 'pass:wörd' };

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

describe('makeAuthenticator', () => {
  test.each([
    { name: 'the token', rule: BEARER, header: 'Bearer first-token', admitted: true },
    {
      name: 'the second token, which a file ended in a new line',
      rule: BEARER,
      header: 'Bearer second-token',
      admitted: true,
    },
    { name: 'the scheme in small letters', rule: BEARER, header: 'bearer first-token', admitted: true },
    { name: 'another token', rule: BEARER, header: 'Bearer third-token', admitted: false },
    { name: 'the beginning of the token', rule: BEARER, header: 'Bearer first-toke', admitted: false },
    { name: 'both tokens', rule: BEARER, header: 'Bearer first-token second-token', admitted: false },
    { name: 'an empty token', rule: BEARER, header: 'Bearer ', admitted: false },
    { name: 'the scheme alone', rule: BEARER, header: 'Bearer', admitted: false },
    { name: 'no header', rule: BEARER, header: undefined, admitted: false },
    { name: 'the token under the wrong scheme', rule: BEARER, header: 'Basic first-token', admitted: false },
    { name: 'the credentials', rule: BASIC, header: basic('am:pass:wörd'), admitted: true },
    { name: 'another password', rule: BASIC, header: basic('am:password'), admitted: false },
    { name: 'another user', rule: BASIC, header: basic('al:pass:wörd'), admitted: false },
    { name: 'no base64', rule: BASIC, header: 'Basic %%%', admitted: false },
    { name: 'the credentials in plain text', rule: BASIC, header: 'Basic am:pass:wörd', admitted: false },
    {
      name: 'no header at all where none is asked',
      rule: { mode: 'none' } as const,
      header: undefined,
      admitted: true,
    },
  ])('$name: $admitted', ({ rule, header, admitted }) => {
    expect(makeAuthenticator(rule).admits(header)).toBe(admitted);
  });

  test.each([
    { name: 'no token', rule: { mode: 'bearer', tokens: [] } },
    { name: 'an empty token', rule: { mode: 'bearer', tokens: ['good-token', ' '] } },
    { name: 'an empty password', rule: { mode: 'basic', username: 'am', password: '' } },
    { name: 'a user with a colon', rule: { mode: 'basic', username: 'a:m', password: 'secret' } },
  ] as const)('refuses to start with $name', ({ rule }) => {
    expect(() => makeAuthenticator(rule)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
