import { describe, expect, test } from '@jest/globals';
import { fieldValue } from '../../../src/diagnose/evidence/field-value.ts';
import { selectorText, selects } from '../../../src/domain/label-selector.ts';

const rows = [
  { name: 'equal', selector: { matchLabels: { app: 'web' } }, text: 'app=web', yes: { app: 'web' }, no: { app: 'db' } },
  {
    name: 'several',
    selector: { matchLabels: { app: 'web', tier: 'front' } },
    text: 'app=web,tier=front',
    yes: { app: 'web', tier: 'front', x: 'y' },
    no: { app: 'web' },
  },
  {
    name: 'In',
    selector: { matchExpressions: [{ key: 'env', operator: 'In', values: ['a', 'b'] }] },
    text: 'env in (a,b)',
    yes: { env: 'b' },
    no: {},
  },
  {
    name: 'NotIn, which an absent label fulfils',
    selector: { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['a'] }] },
    text: 'env notin (a)',
    yes: {},
    no: { env: 'a' },
  },
  {
    name: 'Exists',
    selector: { matchExpressions: [{ key: 'env', operator: 'Exists' }] },
    text: 'env',
    yes: { env: '' },
    no: {},
  },
  {
    name: 'DoesNotExist',
    selector: { matchExpressions: [{ key: 'env', operator: 'DoesNotExist' }] },
    text: '!env',
    yes: {},
    no: { env: '' },
  },
];

describe('selectors', () => {
  test.each(rows)('$name', ({ selector, text, yes, no }) => {
    expect(selectorText(selector)).toBe(text);
    expect(selects(selector, yes)).toBe(true);
    expect(selects(selector, no)).toBe(false);
  });

  test('an empty selector selects everything', () => {
    expect(selectorText({})).toBe('');
    expect(selects({}, {})).toBe(true);
  });

  test('an operator that nobody knows selects: one more budget is the careful side', () => {
    const selector = { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] };

    expect(selects(selector, { a: '2' })).toBe(true);
    expect(() => selectorText(selector)).toThrow('Gt');
  });

  test('a value in a field selector cannot add another one', () => {
    expect(fieldValue('a,spec.nodeName=b\\')).toBe(String.raw`a\,spec.nodeName\=b\\`);
  });
});
