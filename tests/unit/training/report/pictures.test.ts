import { describe, expect, test } from '@jest/globals';

import type { HealScores, PolicyScores } from '../../../../src/training/report/heal-scores.ts';
import { importancePicture } from '../../../../src/training/report/pictures/importance.ts';
import { picturesOf } from '../../../../src/training/report/pictures/pictures.ts';
import { reliabilityPicture } from '../../../../src/training/report/pictures/reliability.ts';
import { riskCoveragePicture } from '../../../../src/training/report/pictures/risk-coverage.ts';
import { scorePicture } from '../../../../src/training/report/pictures/scores.ts';
import { element, label } from '../../../../src/training/report/pictures/svg.ts';
import { reportOf } from '../../../../src/training/report/report.ts';
import { aNoneRow, aRow } from './rows.ts';

const SCORES: PolicyScores = { none: 0, 'always-restart': -0.4, rules: 0.5, autoheal: 0.75, oracle: 1 };
const SHARES = { none: 0, 'always-restart': 0.3, rules: 0.05, autoheal: 0.02, oracle: 0 };
const HEAL: HealScores = {
  scenarios: 10,
  incidents: 12,
  score: SCORES,
  score_by_fault: { leak: SCORES, 'bad-rollout': { ...SCORES, autoheal: null } },
  score_seen: SCORES,
  score_unseen: SCORES,
  harmful_share: SHARES,
  harmful_share_unseen: SHARES,
};

/** The numbers of an attribute, over all elements of one name. */
function numbers(svg: string, name: string, attribute: string): readonly number[] {
  return [...svg.matchAll(new RegExp(`<${name} [^>]*?\\b${attribute}="([^"]*)"`, 'g'))].map(([, value]) =>
    Number(value),
  );
}

/** Every `<` opens or ends an element of a known name, ends fit beginnings, and no `&` stands alone. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, end = '', name = '', closed = ''] of svg.matchAll(
    /<(\/?)([a-z]+)(?: [a-zA-Z0-9:-]+="[^"<>]*")*(\/?)>/g,
  )) {
    if (end === '/' && open.pop() !== name) return false;
    if (end === '' && closed === '') open.push(name);
  }
  const rest = svg.replaceAll(/<\/?[a-z]+(?: [a-zA-Z0-9:-]+="[^"<>]*")*\/?>/g, '');
  return open.length === 0 && !rest.includes('<') && !/&(?!(?:amp|lt|gt|quot);)/.test(svg);
}

describe('elements', () => {
  test.each([
    { name: 'markup', text: '<script>alert(1)</script>', expected: '&lt;script&gt;alert(1)&lt;/script&gt;' },
    { name: 'quotes and ampersands', text: '"a" & b', expected: '&quot;a&quot; &amp; b' },
    { name: 'what may not stand in XML', text: `a\u0000\u001B\n\uFFFEb\uD800`, expected: 'ab' },
  ])('$name in text and attributes is escaped', ({ text, expected }) => {
    expect(label(text, 1, 2)).toContain(`>${expected}</text>`);
    expect(element('rect', { id: text })).toBe(`<rect id="${expected}"/>`);
  });

  test('a number has two digits at most, and one that is none is 0', () => {
    expect(element('rect', { x: 1 / 3, y: Number.NaN, z: Infinity })).toBe('<rect x="0.33" y="0" z="0"/>');
  });
});

describe('pictures', () => {
  const rows = [aNoneRow(), aRow(), aNoneRow({ group: 2 }), aRow({ group: 2, truth: 1, cost: 11 })];
  const importance = [
    { feature: 'cause_<b>', logLoss: 0.2, accuracy: 0.1 },
    { feature: 'tiny', logLoss: -0.001, accuracy: 0 },
  ];
  const report = reportOf(rows, { threshold: 0.7, importance, redraws: { count: 10, seed: 1 } });

  test('are made of whatever there is, the same bytes every time', () => {
    const pictures = picturesOf(report, HEAL);

    expect(Object.keys(pictures)).toEqual([
      'model-reliability.svg',
      'model-risk-coverage.svg',
      'model-importance.svg',
      'score-by-fault.svg',
    ]);
    expect(picturesOf(report, HEAL)).toEqual(pictures);
    expect(Object.keys(picturesOf({ ...report, importance: [] }))).toEqual([
      'model-reliability.svg',
      'model-risk-coverage.svg',
    ]);
  });

  test('are well-formed, with a title for those who do not see them', () => {
    for (const svg of Object.values(picturesOf(report, HEAL))) {
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" .*role="img" aria-labelledby="title desc"/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test('bear no figures at all', () => {
    const empty = reportOf([], { threshold: 0.7 });

    for (const svg of [
      ...Object.values(picturesOf(empty)),
      importancePicture([]),
      scorePicture({}),
      reliabilityPicture([]),
      riskCoveragePicture([], 2),
    ]) {
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  test('the reliability diagram puts what came true where it was stated', () => {
    const bins = Array.from({ length: 10 }, (_, place) => ({ rows: place === 9 ? 20 : 0, stated: 0.95, came: 0.5 }));

    const svg = reliabilityPicture(bins);

    // The plane is 400 wide from 76 on and 300 high from 96 on.
    expect(numbers(svg, 'circle', 'cx')).toEqual([76 + 0.95 * 400]);
    expect(numbers(svg, 'circle', 'cy')).toEqual([96 + 0.5 * 300]);
    expect(svg).toContain('off by 0.450 on average');
  });

  test('bars are as long as their figures, cut where they go too far down', () => {
    const svg = scorePicture({ leak: { ...SCORES, 'always-restart': -9 } });
    const bars = numbers(svg, 'rect', 'width').slice(-5);

    const [none = 0, restart = 0, rules = 0, autoheal = 0, oracle = 0] = bars;
    expect(none).toBe(1.5);
    expect(restart).toBeCloseTo(oracle / 2, 1);
    expect(rules).toBeCloseTo(oracle / 2, 1);
    expect(autoheal).toBeCloseTo(oracle * 0.75, 1);
    expect(svg).toContain('>-9.00</text>');
  });

  test('a score that nobody could have earned has no bar', () => {
    const all = scorePicture({ leak: SCORES });
    const without = scorePicture({ leak: { ...SCORES, autoheal: null } });

    expect(numbers(all, 'rect', 'x').length - numbers(without, 'rect', 'x').length).toBe(1);
  });
});
