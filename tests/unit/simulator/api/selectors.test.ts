import { describe, expect, test } from '@jest/globals';
import {
  parseFieldSelector,
  parseLabelSelector,
  selectorPredicate,
  selectorText,
} from '../../../../src/simulator/api/selectors.ts';
import { Refusal } from '../../../../src/simulator/api/status.ts';
import { aPod, aStore } from './world.ts';

const LABELS = { app: 'cart', tier: 'web', 'example.com/team': 'a' };

describe('label selectors', () => {
  test.each([
    { text: 'app=cart', matches: true },
    { text: 'app==cart', matches: true },
    { text: 'app = cart', matches: true },
    { text: 'app=other', matches: false },
    { text: 'app!=other', matches: true },
    { text: 'missing!=x', matches: true },
    { text: 'app in (cart, other)', matches: true },
    { text: 'app in (other)', matches: false },
    { text: 'app notin (other,more)', matches: true },
    { text: 'missing notin (a)', matches: true },
    { text: 'tier', matches: true },
    { text: '!tier', matches: false },
    { text: '!missing', matches: true },
    { text: 'example.com/team=a', matches: true },
    { text: 'app in (cart,other),tier=web,!missing', matches: true },
    { text: 'app=cart,tier=db', matches: false },
    { text: '', matches: true },
  ])('$text: $matches', ({ text, matches }) => {
    const predicate = parseLabelSelector(text);

    expect(predicate instanceof Refusal ? predicate.answer : predicate(LABELS)).toBe(matches);
  });

  test.each(['app in cart', 'a b', 'app=$(rm)', '=x', 'app in (cart', `app=${'x'.repeat(64)}`])(
    '%s is refused',
    (text) => {
      const predicate = parseLabelSelector(text);

      expect(predicate instanceof Refusal && predicate.answer.status).toBe(400);
    },
  );

  test.each([
    {
      name: 'labels and expressions',
      selector: { matchLabels: { app: 'cart' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['web'] }] },
      matches: true,
    },
    {
      name: 'an expression that fails',
      selector: { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
      matches: false,
    },
    {
      name: 'an unknown operator matches nothing',
      selector: { matchExpressions: [{ key: 'tier', operator: 'Like', values: ['w'] }] },
      matches: false,
    },
    { name: 'an empty one matches all', selector: {}, matches: true },
    { name: 'none matches nothing', selector: undefined, matches: false },
  ])('as an object: $name', ({ selector, matches }) => {
    expect(selectorPredicate(selector)(LABELS)).toBe(matches);
  });

  test('the text of an object can be parsed again', () => {
    const selector = {
      matchLabels: { app: 'cart' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['web', 'db'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    };

    expect(selectorText(selector)).toBe('!old,app=cart,tier in (db,web)');
  });
});

describe('field selectors', () => {
  const pod = aStore().create('pods', aPod('cart-1'));

  test.each([
    { text: 'metadata.name=cart-1', matches: true },
    { text: 'metadata.namespace!=shop', matches: false },
    { text: 'spec.nodeName=node-1,status.phase=Running', matches: true },
    { text: 'status.phase!=Running', matches: false },
    { text: 'spec.nodeName=', matches: false },
  ])('$text: $matches', ({ text, matches }) => {
    const predicate = parseFieldSelector('pods', text);

    expect(predicate instanceof Refusal ? predicate.answer : predicate(pod)).toBe(matches);
  });

  test.each([
    { resource: 'pods', text: 'spec.image=x' },
    { resource: 'deployments', text: 'spec.nodeName=x' },
    { resource: 'pods', text: 'nonsense' },
  ])('$resource by $text is refused', ({ resource, text }) => {
    const predicate = parseFieldSelector(resource, text);

    expect(predicate instanceof Refusal && predicate.answer.status).toBe(400);
  });
});
