import { describe, expect, test } from '@jest/globals';
import { type ObjectChange, StoreError, makeObjectStore } from '../../../../src/simulator/objects.ts';
import { NOW, aDeployment, aPod, aStore } from './world.ts';

describe('the object store', () => {
  test('gives identity on creation', () => {
    const store = aStore();

    const created = store.create('deployments', aDeployment('cart'));

    expect(created.metadata).toMatchObject({
      uid: '00000000-0000-4000-8000-000000000001',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-11-21T03:00:00Z',
    });
    expect(store.get('deployments', 'shop', 'cart')).toBe(created);
    expect(store.now()).toBe(NOW);
  });

  test.each([
    { name: 'a node', object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} } },
    {
      name: 'a kind without a spec',
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: {} },
    },
  ])('$name has no generation', ({ object }) => {
    const store = aStore();

    const created = store.create('things', object);
    const updated = store.update('things', { ...created, spec: { changed: true } });

    expect(updated.metadata.generation).toBeUndefined();
    expect(updated.metadata.resourceVersion).toBe('2');
  });

  test('names from generateName differ and end in five characters', () => {
    const store = aStore();
    const template = { ...aPod('x'), metadata: { generateName: 'cart-', namespace: 'shop' } };

    const names = [1, 2, 3].map(() => store.create('pods', template).metadata.name);

    expect(new Set(names).size).toBe(3);
    expect(names.every((name) => /^cart-[a-z0-9]{5}$/.test(name))).toBe(true);
  });

  test('the generation grows with the spec only', () => {
    const store = aStore();
    const first = store.create('deployments', aDeployment('cart'));

    const status = store.update('deployments', { ...first, status: { replicas: 5 } });
    const labels = store.update('deployments', { ...status, metadata: { ...status.metadata, labels: { a: 'b' } } });
    const spec = store.update('deployments', { ...labels, spec: { ...labels.spec, replicas: 9 } });

    expect([status, labels, spec].map(({ metadata }) => [metadata.generation, metadata.resourceVersion])).toEqual([
      [1, '2'],
      [1, '3'],
      [2, '4'],
    ]);
  });

  test('statusOnly takes nothing but the status', () => {
    const store = aStore();
    const first = store.create('deployments', aDeployment('cart'));

    const updated = store.update(
      'deployments',
      { ...first, metadata: { ...first.metadata, labels: {} }, spec: { replicas: 0 }, status: { replicas: 7 } },
      { statusOnly: true },
    );

    expect(updated).toMatchObject({ metadata: { generation: 1, labels: { app: 'cart' } }, status: { replicas: 7 } });
    expect(updated.spec).toEqual(first.spec);
  });

  test('an update that changes nothing keeps the version and tells nobody', () => {
    const store = aStore();
    const first = store.create('pods', aPod('a'));
    const changes: ObjectChange[] = [];
    store.subscribe((change) => changes.push(change));

    const same = store.update('pods', structuredClone(first));

    expect(same).toBe(first);
    expect(changes).toEqual([]);
  });

  test('what is handed out cannot be changed, and what was handed in does not change the store', () => {
    const store = aStore();
    const given = aPod('a');
    const labels = { app: 'cart' };
    const created = store.create('pods', { ...given, metadata: { ...given.metadata, labels } });

    labels.app = 'changed';

    expect(created.metadata.labels).toEqual({ app: 'cart' });
    expect(() => Object.assign(created.spec ?? {}, { nodeName: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(store.list('pods'), [1])).toThrow(TypeError);
  });

  test('lists by namespace, labels and fields in the order of names', () => {
    const store = aStore();
    for (const name of ['c', 'a', 'b']) {
      store.create('pods', aPod(name, { labels: { letter: name } }));
    }
    store.create('pods', { ...aPod('a'), metadata: { name: 'a', namespace: 'another' } });

    const names = (query: Parameters<typeof store.list>[1]): string[] =>
      store.list('pods', query).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

    expect(names({})).toEqual(['another/a', 'shop/a', 'shop/b', 'shop/c']);
    expect(names({ namespace: 'shop', labels: ({ letter }) => letter !== 'b' })).toEqual(['shop/a', 'shop/c']);
    expect(names({ fields: ({ metadata }) => metadata.name === 'a' })).toEqual(['another/a', 'shop/a']);
    store.remove('pods', 'shop', 'a');
    expect(names({ namespace: 'shop' })).toEqual(['shop/b', 'shop/c']);
    expect(store.list('nothing')).toEqual([]);
  });

  test('a name is taken once, and what is gone cannot be updated, not even under the same name', () => {
    const store = aStore();
    const first = store.create('pods', aPod('a'));

    expect(() => store.create('pods', aPod('a'))).toThrow(expect.objectContaining({ code: 'EXISTS' }));
    store.remove('pods', 'shop', 'a');
    store.remove('pods', 'shop', 'a');
    store.create('pods', aPod('a'));
    expect(() => store.update('pods', first)).toThrow(StoreError);
  });

  test('changes made by a listener are told to all in order', () => {
    const store = aStore();
    const seen: string[] = [];
    store.subscribe(({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'a') {
        store.create('pods', aPod('b'));
      }
    });
    const stop = store.subscribe(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));

    store.create('pods', aPod('a'));
    stop();
    store.create('pods', aPod('c'));

    expect(seen).toEqual(['ADDED a', 'ADDED b']);
  });

  test('the history is bounded and says so', () => {
    const store = makeObjectStore({ now: () => NOW, history: 10 });
    for (let at = 0; at < 100; at += 1) {
      store.create('pods', aPod(`p-${at}`));
    }

    expect(store.changesSince(1)).toBe('gone');
    expect(store.changesSince(95)).toHaveLength(5);
    expect(store.changesSince(100)).toEqual([]);
    expect(store.resourceVersion()).toBe(100);
  });

  test('a restored object keeps its identity, and versions go on after it', () => {
    const store = aStore();
    const other = aStore();
    const pod = other.create('pods', aPod('a'));

    store.restore('pods', { ...pod, metadata: { ...pod.metadata, resourceVersion: '700' } });

    expect(store.get('pods', 'shop', 'a')?.metadata).toMatchObject({ uid: pod.metadata.uid, resourceVersion: '700' });
    expect(store.create('pods', aPod('b')).metadata.resourceVersion).toBe('701');
    expect(store.changesSince(1)).toBe('gone');
    expect(store.changesSince(700)).toHaveLength(1);
  });
});
