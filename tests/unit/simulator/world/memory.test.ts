import { describe, expect, test } from '@jest/globals';
import { makeMemory } from '../../../../src/simulator/world/memory.ts';

describe('memory', () => {
  test('a fork has copies of what can change, and shares what cannot', () => {
    const memory = makeMemory();
    const sample = Object.freeze({ at: 1 });
    const first = () => ({ count: 1, byName: new Map([['a', { left: [1, 2] }]]), names: new Set(['a']), sample });
    const state = memory.keep('part', first);

    const copy = memory.fork().keep('part', first);

    expect(copy).toEqual(state);
    expect(copy.sample).toBe(sample);
    copy.count = 2;
    copy.byName.get('a')?.left.push(3);
    copy.names.add('b');
    expect(state).toEqual(first());
  });

  test('a fork knows a state that nobody has asked for in it yet', () => {
    const memory = makeMemory();
    memory.keep('part', () => ({ count: 7 }));

    const again = memory.fork().fork();

    expect(again.keep('part', () => ({ count: 0 }))).toEqual({ count: 7 });
  });

  test('a state may have its own way to be copied', () => {
    const made = (size: number): { size: number; fork(): object } => ({ size, fork: () => made(size) });
    const memory = makeMemory();
    const state = memory.keep('part', () => ({ inside: made(3) }));

    const copy = memory.fork().keep('part', () => ({ inside: made(0) }));

    expect(copy.inside.size).toBe(3);
    expect(copy.inside).not.toBe(state.inside);
  });

  test('two parts cannot have one name', () => {
    const memory = makeMemory();
    memory.keep('part', () => ({}));

    expect(() => memory.keep('part', () => ({}))).toThrow(RangeError);
  });

  test.each([
    { name: 'a function', state: { draw: () => 1 } },
    { name: 'a function in a Map', state: { draws: new Map([['a', () => 1]]) } },
    { name: 'something of a class', state: { at: new Date(0) } },
  ])('$name cannot be remembered', ({ state }) => {
    const memory = makeMemory();
    memory.keep('part', () => state);

    expect(() => memory.fork()).toThrow(TypeError);
  });
});
