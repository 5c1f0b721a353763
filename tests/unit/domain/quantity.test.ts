import { describe, expect, test } from '@jest/globals';
import { parseQuantity } from '../../../src/domain/quantity.ts';

describe('parseQuantity', () => {
  test.each([
    { text: '0', value: 0 },
    { text: '128', value: 128 },
    { text: '32Mi', value: 33_554_432 },
    { text: '64Ki', value: 65_536 },
    { text: '1Gi', value: 1_073_741_824 },
    { text: '1.5Gi', value: 1_610_612_736 },
    { text: '2Ti', value: 2 ** 41 },
    { text: '1k', value: 1_000 },
    { text: '129M', value: 129_000_000 },
    { text: '1G', value: 1_000_000_000 },
    { text: '500m', value: 0.5 },
    { text: '128974848000m', value: 128_974_848 },
    { text: '100n', value: 1e-7 },
    { text: '5u', value: 5e-6 },
    { text: '129e6', value: 129_000_000 },
    { text: '1.5E3', value: 1_500 },
    { text: '1E', value: 1e18 },
    { text: '1Ei', value: 2 ** 60 },
    { text: '12e-3', value: 0.012 },
    { text: '.5', value: 0.5 },
    { text: '5.', value: 5 },
    { text: '+1', value: 1 },
    { text: '-1', value: -1 },
  ])('$text is $value', ({ text, value }) => {
    expect(parseQuantity(text)).toBeCloseTo(value, 9);
  });

  test.each(['', 'Mi', '1 Mi', '1K', '1KI', '1e', '1e3Mi', '1.2.3', '0x10', 'Infinity', 'NaN', '1mi', 'lots'])(
    '%j is none',
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );
});
