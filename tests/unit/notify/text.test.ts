import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { htmlText, plainText, slackText } from '../../../src/notify/text.ts';

const MEANINGFUL = [
  '<!channel> @here https://evil.example www.evil.example <script> </td> \u001b[31m a'.split(' '),
  '< > & * _ ~ ` @ | " \' \r \n \u001b \u202e \u200b \ud800'.split(' '),
].flat();

/** Any text at all, with what means something somewhere made likely. */
const nasty = fc
  .array(fc.oneof(fc.constantFrom(...MEANINGFUL), fc.string({ unit: 'binary' })), { maxLength: 30 })
  .map((parts) => parts.join(''));
const max = fc.integer({ min: 0, max: 120 });

describe('plainText', () => {
  test.each([
    { name: 'colours of a terminal', text: '\u001b[1;31mred\u001b[0m', plain: 'red' },
    { name: 'a terminal title', text: '\u001b]0;owned\u0007after', plain: 'after' },
    { name: 'a direction override', text: 'user\u202etxt.exe', plain: 'usertxt.exe' },
    { name: 'zero-width characters', text: 'a\u200bd\ufeffmin', plain: 'ad min' },
    { name: 'line breaks', text: 'one\r\ntwo\u2028three', plain: 'one two three' },
    { name: 'half a surrogate pair', text: 'a\ud83d', plain: 'a\ufffd' },
    { name: 'ordinary text', text: 'error_ratio 0.4 > 0.05', plain: 'error_ratio 0.4 > 0.05' },
  ])('$name', ({ text, plain }) => {
    expect(plainText(text, 100)).toBe(plain);
  });

  test.each([
    { name: 'fits', length: 5, cut: 'abcde' },
    { name: 'is cut with an ellipsis', length: 4, cut: 'abc…' },
    { name: 'is nothing but the ellipsis', length: 1, cut: '…' },
    { name: 'has no room at all', length: 0, cut: '' },
  ])('$name', ({ length, cut }) => {
    expect(plainText('abcde', length)).toBe(cut);
  });

  test('never cuts a character in two', () => {
    expect(plainText('ab🔥🔥', 5)).toBe('ab🔥…');
  });

  test('an ellipsis stands for what lies behind a flood of characters that show nothing', () => {
    expect(plainText(`${'\u0000'.repeat(10_000)}end`, 100)).toBe('…');
  });

  test('holds one visible line, never longer than asked', () => {
    fc.assert(
      fc.property(nasty, max, (text, length) => {
        const plain = plainText(text, length);

        expect(plain.length).toBeLessThanOrEqual(length);
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(plain.isWellFormed()).toBe(true);
      }),
    );
  });

  test('makes a subject that injects no header', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(plainText(text, 200)).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

describe('slackText', () => {
  test.each([
    { name: 'a mention of everybody', text: '<!channel> look', slack: '&lt;!channel&gt; look' },
    { name: 'a mention by name', text: '@here', slack: '＠here' },
    { name: 'a link', text: '<https://evil.example|login>', slack: '&lt;https[:]//evil.example|login&gt;' },
    { name: 'a bare link', text: 'see WWW.evil.example', slack: 'see www[.]evil.example' },
    { name: 'a bare link behind a mark', text: '_www.evil.example', slack: 'ˍwww[.]evil.example' },
    { name: 'formatting', text: '*b* _i_ ~s~ `c`', slack: '∗b∗ ˍiˍ ∼s∼ ˋcˋ' },
    { name: 'a name with underscores stays as it is', text: 'latency_p99_seconds', slack: 'latency_p99_seconds' },
    { name: 'an entity is not read twice', text: '&lt;!here&gt;', slack: '&amp;lt;!here&amp;gt;' },
  ])('$name', ({ text, slack }) => {
    expect(slackText(text, 200)).toBe(slack);
  });

  test('a mark between two letters does not become one that formats when the text is cut behind it', () => {
    expect(slackText('error_ratio', 7)).toBe('errorˍ…');
  });

  test('holds no mention, link, command or formatting, and no entity cut in two', () => {
    fc.assert(
      fc.property(nasty, max, (text, length) => {
        const slack = slackText(text, length);

        expect(slack.length).toBeLessThanOrEqual(length);
        expect(slack).not.toMatch(/[<>@`\r\n]/);
        expect(slack).not.toMatch(/:\/\/|\bwww\./i);
        expect(slack).not.toMatch(/&(?!amp;|lt;|gt;)/);
        expect(slack).not.toMatch(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])/u);
      }),
    );
  });
});

describe('htmlText', () => {
  test('escapes what ends an element or an attribute', () => {
    expect(htmlText(`<a href="x" title='y'>&\``, 100)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;&#96;');
  });

  test('holds no tag and ends no attribute', () => {
    fc.assert(
      fc.property(nasty, max, (text, length) => {
        expect(htmlText(text, length)).not.toMatch(/[<>"'`]|&(?!amp;|lt;|gt;|quot;|#39;|#96;)/);
      }),
    );
  });
});
