import { describe, expect, test } from '@jest/globals';
import { makeObjectStore, type NewObject, type ObjectStore } from '../../../../src/simulator/objects.ts';
import { seededUids } from '../../../../src/simulator/world/random.ts';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const MINUTE_MS = 60_000;

function aConfigMap(name: string): NewObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data: { level: 'info' } };
}

function aStore(): ObjectStore {
  const store = makeObjectStore({ now: () => NOW, uid: seededUids(1) });
  for (const name of ['b', 'a']) store.create('configmaps', aConfigMap(name));
  return store;
}

function namesOf(store: ObjectStore): readonly string[] {
  return store.list('configmaps', { namespace: 'shop' }).map(({ metadata }) => metadata.name);
}

describe('the fork of a store', () => {
  test('has the same objects and goes on from the same version, with its own clock', () => {
    const store = aStore();

    const fork = store.fork({ now: () => NOW + MINUTE_MS });
    const created = fork.create('configmaps', aConfigMap('c'));

    expect(namesOf(fork)).toEqual(['a', 'b', 'c']);
    expect(created.metadata.resourceVersion).toBe('3');
    expect(created.metadata.creationTimestamp).toBe('2026-11-21T03:01:00Z');
    expect(fork.get('configmaps', 'shop', 'a')).toBe(store.get('configmaps', 'shop', 'a'));
  });

  test('shows nothing of what is done to it in its origin, and nothing of what is done there', () => {
    const store = aStore();
    const heard: string[] = [];
    store.subscribe(({ object }) => heard.push(object.metadata.name));
    const fork = store.fork({ now: () => NOW });

    fork.remove('configmaps', 'shop', 'a');
    store.create('configmaps', aConfigMap('d'));

    expect(namesOf(store)).toEqual(['a', 'b', 'd']);
    expect(namesOf(fork)).toEqual(['b']);
    expect(heard).toEqual(['d']);
  });

  test('knows the changes before it, so that a watch can start there', () => {
    const fork = aStore().fork({ now: () => NOW });
    fork.remove('configmaps', 'shop', 'a');

    const changes = fork.changesSince(1);

    expect(changes === 'gone' ? changes : changes.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'a'],
      ['DELETED', 'a'],
    ]);
  });

  test.each([
    { name: 'gives the same uids as its origin', reseeds: [undefined, undefined], alike: true },
    { name: 'gives the same uids for the same text', reseeds: ['x', 'x'], alike: true },
    { name: 'gives others for another text', reseeds: ['x', 'y'], alike: false },
    { name: 'gives others than its origin with a text', reseeds: [undefined, 'x'], alike: false },
  ])('$name', ({ reseeds, alike }) => {
    const store = aStore();

    const uids = reseeds.map(
      (reseed) => store.fork({ now: () => NOW, reseed }).create('configmaps', aConfigMap('c')).metadata.uid,
    );

    expect(new Set(uids).size).toBe(alike ? 1 : 2);
  });

  test('of a store with uids that nobody can fork takes them from the same source', () => {
    let given = 0;
    const store = makeObjectStore({ now: () => NOW, uid: () => `uid-${(given += 1)}` });

    const fork = store.fork({ now: () => NOW });

    expect(fork.create('configmaps', aConfigMap('c')).metadata.uid).toBe('uid-1');
    expect(store.create('configmaps', aConfigMap('c')).metadata.uid).toBe('uid-2');
  });
});
