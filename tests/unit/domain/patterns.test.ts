import { describe, expect, test } from '@jest/globals';
import { fits, fitsAny } from '../../../src/domain/patterns.ts';

describe('a pattern', () => {
  test.each([
    { name: 'equal', pattern: 'shop', value: 'shop', expected: true },
    { name: 'a part only', pattern: 'shop', value: 'shop-2', expected: false },
    { name: 'a beginning', pattern: 'shop-*', value: 'shop-2', expected: true },
    { name: 'a beginning that is not there', pattern: 'shop-*', value: 'shop', expected: false },
    { name: 'anything', pattern: '*', value: '', expected: true },
    { name: 'nothing, which is no wildcard', pattern: '', value: 'shop', expected: false },
    { name: 'other capitals', pattern: 'deployment/shop/*', value: 'Deployment/shop/cart', expected: true },
    { name: 'a star elsewhere, which is none', pattern: 's*p', value: 'shop', expected: false },
  ])('$name -> $expected', ({ pattern, value, expected }) => {
    expect(fits(pattern, value)).toBe(expected);
  });

  test('of several one is enough, of none none', () => {
    expect(fitsAny(['a', 'b*'], 'bc')).toBe(true);
    expect(fitsAny([], 'bc')).toBe(false);
  });
});
