import { describe, expect, test } from '@jest/globals';
import { temporaryMarks } from '../../../src/act/temporary.ts';
import { aDeployment } from '../../builders/incident.ts';

const HELD_BY = 'autoheal.io/held-by';
const ORIGINAL = 'autoheal.io/original';
const HELD_BY_POINTER = '/metadata/annotations/autoheal.io~1held-by';
const ORIGINAL_POINTER = '/metadata/annotations/autoheal.io~1original';

function held(replicas: number, original: unknown, more: Readonly<Record<string, string>> = { [HELD_BY]: 'inc-1/1' }) {
  const text = typeof original === 'string' ? original : JSON.stringify(original);
  return aDeployment({ spec: { replicas }, metadata: { annotations: { ...more, [ORIGINAL]: text } } });
}

describe('the marks of a change for a time', () => {
  test('the first one remembers what stood there', () => {
    const marks = temporaryMarks(aDeployment(), 'inc-1/1', { '/spec/replicas': 3, '/spec/paused': true });

    expect(marks).toEqual({
      annotations: {
        [HELD_BY]: 'inc-1/1',
        [ORIGINAL]: '{"/spec/replicas":{"was":2,"left":3},"/spec/paused":{"was":null,"left":true}}',
      },
      expect: { [HELD_BY_POINTER]: 'inc-1/1', '/spec/replicas': 3, '/spec/paused': true },
      restore: { [HELD_BY_POINTER]: null, [ORIGINAL_POINTER]: null, '/spec/replicas': 2, '/spec/paused': null },
    });
  });

  test('a later one of the same field puts back what stood there before the first', () => {
    const object = held(3, { '/spec/replicas': { was: 2, left: 3 } });

    const marks = temporaryMarks(object, 'inc-2/1', { '/spec/replicas': 5 });

    expect(marks.annotations[ORIGINAL]).toBe('{"/spec/replicas":{"was":2,"left":5}}');
    expect(marks.expect).toEqual({ [HELD_BY_POINTER]: 'inc-2/1', '/spec/replicas': 5 });
    expect(marks.restore).toMatchObject({ '/spec/replicas': 2 });
  });

  test('nothing is what a later one puts back where there was nothing before the first', () => {
    const object = held(3, { '/spec/replicas': { was: null, left: 3 } });

    const marks = temporaryMarks(object, 'inc-2/1', { '/spec/replicas': 5 });

    expect(marks.annotations[ORIGINAL]).toBe('{"/spec/replicas":{"was":null,"left":5}}');
    expect(marks.restore).toMatchObject({ '/spec/replicas': null });
  });

  test('a later one of another field puts both back', () => {
    const object = held(3, { '/spec/replicas': { was: 2, left: 3 } });

    const marks = temporaryMarks(object, 'inc-2/1', { '/spec/paused': true });

    expect(marks.expect).toEqual({ [HELD_BY_POINTER]: 'inc-2/1', '/spec/replicas': 3, '/spec/paused': true });
    expect(marks.restore).toMatchObject({ '/spec/replicas': 2, '/spec/paused': null });
  });

  test('a field that is removed for a time is put back, and nothing is expected there', () => {
    const marks = temporaryMarks(aDeployment(), 'inc-1/1', { '/spec/replicas': null });

    expect(marks.expect).toEqual({ [HELD_BY_POINTER]: 'inc-1/1' });
    expect(marks.restore).toMatchObject({ '/spec/replicas': 2 });
  });

  test.each([
    { name: 'somebody has changed it since', object: held(7, { '/spec/replicas': { was: 2, left: 3 } }) },
    { name: 'nobody holds it any more', object: held(7, { '/spec/replicas': { was: 2, left: 7 } }, {}) },
    { name: 'what is remembered is no JSON', object: held(7, '{"/spec') },
    { name: 'what is remembered is no object', object: held(7, 'null') },
    { name: 'what is remembered has another shape', object: held(7, { '/spec/replicas': 2 }) },
    {
      name: 'it remembers what AutoHeal never changes',
      object: held(7, { '/metadata/name': { was: 'x', left: 'cart' } }),
    },
  ])('what stands there now is what is put back where $name', ({ object }) => {
    const marks = temporaryMarks(object, 'inc-2/1', { '/spec/replicas': 9 });

    expect(marks.annotations[ORIGINAL]).toBe('{"/spec/replicas":{"was":7,"left":9}}');
    expect(marks.restore).toEqual({ [HELD_BY_POINTER]: null, [ORIGINAL_POINTER]: null, '/spec/replicas': 7 });
  });
});
