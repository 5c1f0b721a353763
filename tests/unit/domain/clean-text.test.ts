import { describe, expect, test } from '@jest/globals';
import { cleanLine, cleanTail } from '../../../src/domain/clean-text.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r';
const ESC = String.fromCodePoint(0x1b);

describe('cleanTail', () => {
  test.each([
    {
      name: 'a URL with a password',
      text: 'dial postgres://app:hunter2@db:5432/x',
      clean: 'dial postgres://app:***@db:5432/x',
    },
    { name: 'an environment variable', text: 'DB_PASSWORD=hunter2 PORT=80', clean: 'DB_PASSWORD=*** PORT=80' },
    { name: 'YAML', text: 'api-key: abc123', clean: 'api-key: ***' },
    { name: 'JSON', text: '{"token":"abc","user":"x"}', clean: '{"token":***,"user":"x"}' },
    { name: 'quotes with spaces', text: "secret = 'a b c' next", clean: 'secret = *** next' },
    { name: 'a header', text: 'Authorization: Basic dXNlcjpwYXNz, x', clean: 'Authorization: ***, x' },
    { name: 'a bearer token', text: 'sent Bearer abcdefgh12345678', clean: 'sent Bearer ***' },
    { name: 'a flag', text: 'run --db-password hunter2 --port 80', clean: 'run --db-password *** --port 80' },
    { name: 'a JSON Web Token', text: `got ${JWT} back`, clean: 'got *** back' },
    { name: 'a cloud access key', text: 'key AKIAIOSFODNN7EXAMPLE used', clean: 'key *** used' },
    { name: 'a forge token', text: 'clone with ghp_0123456789abcdefghij', clean: 'clone with ***' },
    { name: 'long hex', text: `digest ${'0a'.repeat(20)}.`, clean: 'digest ***.' },
    { name: 'long base64', text: `blob ${'aB3/'.repeat(12)} end`, clean: 'blob *** end' },
    {
      name: 'a private key',
      text: 'x\n-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----\ny',
      clean: 'x\n***\ny',
    },
    { name: 'a private key that is cut off', text: '-----BEGIN PRIVATE KEY-----\nabc', clean: '***' },
    { name: 'colours', text: `${ESC}[31mred${ESC}[0m`, clean: 'red' },
    { name: 'control and bidirectional characters', text: 'a\u0000b\rc\u202Ed\u2028e', clean: 'abcde' },
    {
      name: 'what is no secret',
      text: 'panic: token bucket is empty\n\tat main.go:12 (pod web-7565dcd8b8-r7khd)',
      clean: 'panic: token bucket is empty\n\tat main.go:12 (pod web-7565dcd8b8-r7khd)',
    },
  ])('$name', ({ text, clean }) => {
    expect(cleanTail(text, 4096)).toBe(clean);
  });

  test('keeps the end, from the start of a line', () => {
    expect(cleanTail('first line\nsecond line\nthird line', 18)).toBe('third line');
  });

  test('counts bytes of UTF-8, and never cuts a character in two', () => {
    const tail = cleanTail('ä'.repeat(100), 51);

    expect(tail).toBe('ä'.repeat(25));
  });

  test('a secret that begins before the cut is masked all the same', () => {
    expect(cleanTail(`password=${'x'.repeat(100)}`, 50)).toBe('password=***');
  });

  test.each([
    { name: 'no line breaks', text: 'a'.repeat(2_000_000) },
    { name: 'nothing but separators', text: 'token::::====  '.repeat(100_000) },
    { name: 'nothing but beginnings', text: '-----BEGIN A-----'.repeat(50_000) },
    { name: 'schemes', text: 'a://'.repeat(200_000) },
    { name: 'mixed base64', text: 'aB3'.repeat(500_000) },
  ])('two megabytes of $name take no time to speak of', ({ text }) => {
    const began = performance.now();

    const tail = cleanTail(text, 4096);

    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4096);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('cleanLine', () => {
  test('is one bounded line', () => {
    expect(cleanLine('a\n\tb   c')).toBe('a b c');
    expect(cleanLine('x'.repeat(400), 10)).toBe(`${'x'.repeat(9)}…`);
  });
});
