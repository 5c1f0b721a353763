import { describe, expect, test } from '@jest/globals';
import {
  ROLLED_BACK_FROM_ANNOTATION,
  rolledBackFrom,
  withRollbackFrom,
} from '../../../src/act/rollout/rolled-back-from.ts';
import { NOW } from '../../builders/incident.ts';

const HOUR = 3_600_000;

function annotated(value: string) {
  return { [ROLLED_BACK_FROM_ANNOTATION]: value };
}

describe('the revisions that AutoHeal rolled back from', () => {
  test.each([
    { name: 'no annotations', annotations: undefined, expected: [] },
    { name: 'an hour ago', annotations: annotated('cart-2@2026-11-21T02:00:00.000Z'), expected: ['cart-2'] },
    { name: 'a day ago', annotations: annotated('cart-2@2026-11-20T03:00:00.000Z'), expected: [] },
    { name: 'nonsense', annotations: annotated('@,x,cart-2@soon,@2026-11-21T02:00:00Z,,'), expected: [] },
    {
      name: 'nonsense beside a real one',
      annotations: annotated('x,cart-1@2026-11-21T02:00:00.000Z'),
      expected: ['cart-1'],
    },
  ])('$name', ({ annotations, expected }) => {
    expect([...rolledBackFrom(annotations, NOW)]).toEqual(expected);
  });

  test('are written newest first, each once, ten at most', () => {
    let annotations = {};
    for (let each = 1; each <= 12; each += 1) {
      annotations = annotated(withRollbackFrom(annotations, `cart-${each}`, NOW - (20 - each) * HOUR));
    }
    annotations = annotated(withRollbackFrom(annotations, 'cart-5', NOW));

    const [first = '', ...rest] = withRollbackFrom(annotations, 'cart-5', NOW).split(',');
    expect(first).toBe('cart-5@2026-11-21T03:00:00.000Z');
    expect(rest).toHaveLength(9);
    expect(rest.some((entry) => entry.startsWith('cart-5@'))).toBe(false);
    expect(rolledBackFrom(annotations, NOW)).toContain('cart-12');
  });
});
