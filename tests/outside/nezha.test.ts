import process from 'node:process';
import { describe, expect, test } from '@jest/globals';

import { nezhaCheck } from './nezha.ts';

const check = nezhaCheck();

if (check === undefined && process.env['AUTOHEAL_REQUIRE_ALL'] === '1') {
  test('the real faults are required and absent', () => {
    expect(check).toBeDefined();
  });
} else if (check === undefined) {
  describe.skip('real faults of Nezha (skipped: ../shared/data/nezha_windows.csv.gz is absent)', () => {
    test('nothing to learn from', () => {
      expect(check).toBeDefined();
    });
  });
} else {
  describe('real faults of Nezha, learned on one day and judged on the next', () => {
    const figureOf = (name: string): { readonly value: number; readonly trivial?: number; readonly cases: number } =>
      check.figures.find((figure) => figure.name === name) ?? { value: Number.NaN, cases: 0 };

    test.each([
      { name: 'accuracy', floor: 0.6 },
      { name: 'macro-F1', floor: 0.5 },
    ])('$name is at least $floor, and far above the trivial answer', ({ name, floor }) => {
      const { value, trivial = Number.NaN, cases } = figureOf(name);

      expect(value).toBeGreaterThanOrEqual(floor);
      expect(value).toBeGreaterThan(trivial + 0.2);
      expect(cases).toBe(31);
    });
  });
}
