import { describe, expect, test } from '@jest/globals';
import { jsonPatch } from '../../../../src/simulator/api/json-patch.ts';
import { mergePatch } from '../../../../src/simulator/api/merge-patch.ts';
import { strategicPatch } from '../../../../src/simulator/api/strategic-patch.ts';
import { sealJson } from '../../../../src/simulator/api/json.ts';

describe('JSON merge patch (the table of RFC 7386, appendix A)', () => {
  test.each([
    { target: { a: 'b' }, patch: { a: 'c' }, result: { a: 'c' } },
    { target: { a: 'b' }, patch: { b: 'c' }, result: { a: 'b', b: 'c' } },
    { target: { a: 'b' }, patch: { a: null }, result: {} },
    { target: { a: 'b', b: 'c' }, patch: { a: null }, result: { b: 'c' } },
    { target: { a: ['b'] }, patch: { a: 'c' }, result: { a: 'c' } },
    { target: { a: 'c' }, patch: { a: ['b'] }, result: { a: ['b'] } },
    { target: { a: { b: 'c' } }, patch: { a: { b: 'd', c: null } }, result: { a: { b: 'd' } } },
    { target: { a: [{ b: 'c' }] }, patch: { a: [1] }, result: { a: [1] } },
    { target: ['a', 'b'], patch: ['c', 'd'], result: ['c', 'd'] },
    { target: { a: 'b' }, patch: ['c'], result: ['c'] },
    { target: { a: 'foo' }, patch: null, result: null },
    { target: { a: 'foo' }, patch: 'bar', result: 'bar' },
    { target: { e: null }, patch: { a: 1 }, result: { e: null, a: 1 } },
    { target: [1, 2], patch: { a: 'b', c: null }, result: { a: 'b' } },
    { target: {}, patch: { a: { bb: { ccc: null } } }, result: { a: { bb: {} } } },
  ])('$target and $patch', ({ target, patch, result }) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test('a field called __proto__ is a field like any other', () => {
    const patched = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'));

    expect(JSON.stringify(patched)).toBe('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  });
});

describe('JSON patch (RFC 6902)', () => {
  const document = sealJson({ a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 });

  test.each([
    { name: 'add a member', patch: [{ op: 'add', path: '/a/c', value: 1 }], result: { a: { b: [1, 2, 3], c: 1 } } },
    {
      name: 'add before an item',
      patch: [{ op: 'add', path: '/a/b/1', value: 9 }],
      result: { a: { b: [1, 9, 2, 3] } },
    },
    { name: 'add at the end', patch: [{ op: 'add', path: '/a/b/-', value: 9 }], result: { a: { b: [1, 2, 3, 9] } } },
    { name: 'add replaces', patch: [{ op: 'add', path: '/a', value: 9 }], result: { a: 9 } },
    { name: 'replace an item', patch: [{ op: 'replace', path: '/a/b/0', value: 9 }], result: { a: { b: [9, 2, 3] } } },
    { name: 'replace the whole', patch: [{ op: 'replace', path: '', value: { z: 1 } }], whole: { z: 1 } },
    { name: 'remove an item', patch: [{ op: 'remove', path: '/a/b/0' }], result: { a: { b: [2, 3] } } },
    { name: 'remove a member', patch: [{ op: 'remove', path: '/a/b' }], result: { a: {} } },
    { name: 'move', patch: [{ op: 'move', from: '/a/b', path: '/b' }], result: { a: {}, b: [1, 2, 3] } },
    { name: 'copy', patch: [{ op: 'copy', from: '/a/b/0', path: '/c' }], result: { a: { b: [1, 2, 3] }, c: 1 } },
    { name: 'a slash in a name', patch: [{ op: 'replace', path: '/x~1y', value: 5 }], result: { 'x/y': 5 } },
    { name: 'a tilde in a name', patch: [{ op: 'replace', path: '/m~0n', value: 5 }], result: { 'm~n': 5 } },
    { name: 'a test that holds', patch: [{ op: 'test', path: '/a', value: { b: [1, 2, 3] } }], result: {} },
    { name: 'a test of what is absent', patch: [{ op: 'test', path: '/nope', value: null }], result: {} },
    { name: 'an empty patch', patch: [], result: {} },
  ])('$name', ({ patch, result, whole }) => {
    const expected = whole ?? { a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2, ...result };

    expect(jsonPatch(document, patch)).toEqual({ kind: 'patched', document: expected });
    expect(document).toEqual({ a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 });
  });

  test.each([
    { name: 'a test that does not hold', patch: [{ op: 'test', path: '/x~1y', value: 2 }], kind: 'failed' },
    { name: 'a test below what is absent', patch: [{ op: 'test', path: '/p/q', value: 2 }], kind: 'failed' },
    {
      name: 'a test after an operation sees it',
      patch: [
        { op: 'remove', path: '/a' },
        { op: 'test', path: '/a', value: 1 },
      ],
      kind: 'failed',
    },
    { name: 'remove of what is absent', patch: [{ op: 'remove', path: '/nope' }], kind: 'failed' },
    { name: 'replace of what is absent', patch: [{ op: 'replace', path: '/nope', value: 1 }], kind: 'failed' },
    { name: 'add below what is absent', patch: [{ op: 'add', path: '/nope/x', value: 1 }], kind: 'failed' },
    { name: 'an index beyond the end', patch: [{ op: 'add', path: '/a/b/4', value: 1 }], kind: 'failed' },
    { name: 'an index with a leading zero', patch: [{ op: 'remove', path: '/a/b/01' }], kind: 'failed' },
    { name: 'an unknown operation', patch: [{ op: 'frob', path: '/a' }], kind: 'failed' },
    { name: 'add without a value', patch: [{ op: 'add', path: '/c' }], kind: 'malformed' },
    { name: 'move without from', patch: [{ op: 'move', path: '/c' }], kind: 'malformed' },
    { name: 'a path that is no pointer', patch: [{ op: 'remove', path: 'a' }], kind: 'malformed' },
    { name: 'not a list', patch: { op: 'remove', path: '/a' }, kind: 'malformed' },
    {
      name: 'too many operations',
      patch: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/x~1y', value: 1 })),
      kind: 'malformed',
    },
  ])('$name: $kind', ({ patch, kind }) => {
    expect(jsonPatch(document, patch).kind).toBe(kind);
  });
});

describe('strategic merge patch', () => {
  const containers = [
    { name: 'app', image: 'a:1', env: [{ name: 'X', value: '1' }], ports: [{ containerPort: 80, name: 'http' }] },
    { name: 'side', image: 's:1' },
  ];

  test.each([
    {
      name: 'containers merge by name, the rest of the container stays',
      patch: { containers: [{ name: 'app', image: 'a:2' }] },
      result: { containers: [{ ...containers[0], image: 'a:2' }, containers[1]] },
    },
    {
      name: 'a container that is new comes first, as from the real server',
      patch: { containers: [{ name: 'new', image: 'n:1', env: null }] },
      result: { containers: [{ name: 'new', image: 'n:1' }, ...containers] },
    },
    {
      name: 'items keep their order when several are named',
      patch: { containers: [{ name: 'side', image: 's:2' }] },
      result: { containers: [containers[0], { name: 'side', image: 's:2' }] },
    },
    {
      name: '$patch: delete takes one item away',
      patch: { containers: [{ name: 'side', $patch: 'delete' }] },
      result: { containers: [containers[0]] },
    },
    {
      name: '$patch: replace in a list replaces it',
      patch: { containers: [{ $patch: 'replace' }, { name: 'only', image: 'o:1' }] },
      result: { containers: [{ name: 'only', image: 'o:1' }] },
    },
    {
      name: 'environment merges by name, ports by containerPort',
      patch: {
        containers: [{ name: 'app', env: [{ name: 'X', value: '2' }], ports: [{ containerPort: 80, name: 'web' }] }],
      },
      result: {
        containers: [
          { name: 'app', image: 'a:1', env: [{ name: 'X', value: '2' }], ports: [{ containerPort: 80, name: 'web' }] },
          containers[1],
        ],
      },
    },
    {
      name: 'a list without a key is replaced',
      patch: { tolerations: [{ key: 'b' }] },
      result: { containers, tolerations: [{ key: 'b' }] },
    },
    {
      name: 'the order of elements can be set',
      patch: { '$setElementOrder/containers': [{ name: 'side' }, { name: 'app' }] },
      result: { containers: [containers[1], containers[0]] },
    },
    { name: 'null removes', patch: { containers: null }, result: {} },
    { name: '$patch: delete empties a map', patch: { $patch: 'delete' }, whole: {} },
    { name: '$patch: replace replaces a map', patch: { $patch: 'replace', x: 1, y: null }, whole: { x: 1 } },
    { name: '$retainKeys drops the other fields', patch: { $retainKeys: ['x'], x: 1 }, whole: { x: 1 } },
  ])('$name', ({ patch, result, whole }) => {
    const original = sealJson({ containers, tolerations: [{ key: 'a' }] });

    const patched = strategicPatch(original, patch);

    expect(patched).toEqual(whole ?? { tolerations: [{ key: 'a' }], ...result });
  });

  test('a Service merges its ports by port', () => {
    const spec = { ports: [{ port: 80, targetPort: 8080 }] };

    expect(strategicPatch(spec, { ports: [{ port: 80, targetPort: 9090 }] })).toEqual({
      ports: [{ port: 80, targetPort: 9090 }],
    });
  });

  test('conditions merge by type', () => {
    const status = {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Other', status: 'True' },
      ],
    };

    expect(strategicPatch(status, { conditions: [{ type: 'Ready', status: 'False' }] })).toEqual({
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Other', status: 'True' },
      ],
    });
  });

  test('finalizers merge as a set and are removed by value', () => {
    expect(strategicPatch({ finalizers: ['a'] }, { finalizers: ['a', 'b'] })).toEqual({ finalizers: ['a', 'b'] });
    expect(strategicPatch({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({
      finalizers: ['b'],
    });
  });
});
