import { describe, expect, test } from '@jest/globals';
import { presentText } from '../pages.ts';
import { DEMO_PAGES } from './demo-pages.ts';
import { terminalPicture } from './terminal.ts';
import { shortened } from './transcript.ts';

describe('what is kept of the demo', () => {
  test.each(DEMO_PAGES)('$path shows docs/pictures/demo.txt; when this fails: npm run pictures', async (page) => {
    const present = presentText(page.path);

    expect(await page.make(present)).toBe(present);
  });

  test('the transcript is of a demo that went well', () => {
    expect(presentText('docs/pictures/demo.txt')).toMatch(/^3 of 3 healed for the right reason\.$/m);
  });
});

describe('shortened', () => {
  test.each([
    { name: 'a line that fits stays', text: 'abcdef', width: 6, lines: ['abcdef'] },
    { name: 'a longer one is cut, and says so', text: 'abcdefg', width: 6, lines: ['abc...'] },
    { name: 'empty lines at the ends go, those between stay', text: '\na\n\nb\n\n', width: 6, lines: ['a', '', 'b'] },
  ])('$name', ({ text, width, lines }) => {
    expect(shortened(text, width)).toEqual(lines);
  });
});

describe('terminalPicture', () => {
  test('is as large as its lines, and keeps every character in its column', () => {
    const small = terminalPicture('x', ['ab']);
    const large = terminalPicture('x', ['ab', 'a'.repeat(100)]);

    expect(sizeOf(large).height - sizeOf(small).height).toBe(19);
    expect(sizeOf(large).width).toBeGreaterThan(100 * 7.9);
    expect(large).toContain(`textLength="790.0" xml:space="preserve">${'a'.repeat(100)}<`);
  });

  test('the text of a cluster stays text', () => {
    const picture = terminalPicture('x', ['  0:01  alert     <script>&\u0007']);

    expect(picture).toContain('&lt;script&gt;&amp;</text>');
    expect(picture).not.toContain('<script>');
  });

  test('a stage and a heading have their colours', () => {
    const picture = terminalPicture('x', ['== 1 of 3: it falls ill', '  0:43  decided   act: rollback']);

    expect(picture).toMatch(/fill="#1A237E" font-weight="bold"[^>]*>== 1 of 3/);
    expect(picture).toMatch(/fill="#009688" font-weight="bold"[^>]*>decided</);
  });
});

function sizeOf(picture: string): { readonly width: number; readonly height: number } {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(picture) ?? [];
  return { width: Number(width), height: Number(height) };
}
