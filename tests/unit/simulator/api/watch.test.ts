import { describe, expect, test } from '@jest/globals';
import type { WatchEvent } from '../../../../src/simulator/api/watch-answer.ts';
import { PODS, type TestWorld, aPod, aStore, aWorld } from './world.ts';

function watch(
  world: TestWorld,
  query: string,
): { events: string[]; raw: WatchEvent[]; bookmark(): void; stop(): void } {
  const events: string[] = [];
  const raw: WatchEvent[] = [];
  const answer = world.handle({ method: 'GET', path: `${PODS}?watch=true&${query}` });
  if (!('watch' in answer)) {
    throw new Error('no watch');
  }
  const running = answer.watch.start(
    (event) => {
      raw.push(event);
      const { metadata } = event.object;
      const name = (metadata as { name?: string } | undefined)?.name; // Every object here has metadata of this shape.
      events.push(`${event.type} ${name ?? ''}`.trim());
    },
    () => events.push('end'),
  );
  return { events, raw, bookmark: () => running.bookmark(), stop: () => running.stop() };
}

describe('watch', () => {
  test('tells what is added, modified and deleted, and nothing after it stopped', () => {
    const world = aWorld();
    const watched = watch(world, '');

    const pod = world.store.create('pods', aPod('a'));
    world.store.update('pods', { ...pod, status: { phase: 'Failed' } }, { statusOnly: true });
    world.store.update('pods', { ...pod, status: { phase: 'Failed' } }, { statusOnly: true });
    world.store.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'shop' } });
    world.store.create('pods', { ...aPod('b'), metadata: { name: 'b', namespace: 'other' } });
    world.store.remove('pods', 'shop', 'a');
    watched.stop();
    world.store.create('pods', aPod('c'));

    expect(watched.events).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    expect(watched.raw[2]?.object).toMatchObject({ kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '5' } });
  });

  test('begins with the state where no version is given, and with what was missed where one is', () => {
    const world = aWorld();
    world.store.create('pods', aPod('a'));
    world.store.create('pods', aPod('b'));

    expect(watch(world, '').events).toEqual(['ADDED a', 'ADDED b']);
    expect(watch(world, 'resourceVersion=0').events).toEqual(['ADDED a', 'ADDED b']);
    expect(watch(world, 'resourceVersion=1').events).toEqual(['ADDED b']);
    expect(watch(world, 'resourceVersion=2').events).toEqual([]);
  });

  test('an object that leaves the selection is DELETED from it, one that comes back is ADDED', () => {
    const world = aWorld();
    const pod = world.store.create('pods', aPod('a'));
    const watched = watch(world, 'labelSelector=app%3Dcart&resourceVersion=1');
    const byPhase = watch(world, 'fieldSelector=status.phase%3DRunning&resourceVersion=1');

    const away = world.store.update('pods', { ...pod, metadata: { ...pod.metadata, labels: { app: 'x' } } });
    world.store.update('pods', { ...away, metadata: { ...away.metadata, annotations: { seen: 'no' } } });
    world.store.update('pods', { ...away, metadata: { ...away.metadata, labels: { app: 'cart' } } });

    expect(watched.events).toEqual(['DELETED a', 'ADDED a']);
    expect(watched.raw[0]?.object).toMatchObject({ metadata: { labels: { app: 'cart' }, resourceVersion: '2' } });
    expect(byPhase.events).toEqual(['MODIFIED a', 'MODIFIED a', 'MODIFIED a']);
  });

  test('a version that the history does not reach is an ERROR with code 410, and the end', () => {
    const world = aWorld({ store: aStore(10) });
    for (let at = 0; at < 30; at += 1) {
      world.store.create('pods', aPod(`p-${at}`));
    }

    const watched = watch(world, 'resourceVersion=3');

    expect(watched.events).toEqual(['ERROR', 'end']);
    expect(watched.raw[0]?.object).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    expect(watch(world, 'resourceVersion=25').events).toHaveLength(5);
  });

  test('bookmarks carry the present version, and only where they are allowed', () => {
    const world = aWorld();
    world.store.create('pods', aPod('a'));
    const allowed = watch(world, 'resourceVersion=1&allowWatchBookmarks=true');
    const without = watch(world, 'resourceVersion=1');
    world.store.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'shop' } });

    allowed.bookmark();
    without.bookmark();

    expect(allowed.raw[0]).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Pod', metadata: { resourceVersion: '2' } },
    });
    expect(without.events).toEqual([]);
  });

  test('the initial events can be marked as complete', () => {
    const world = aWorld();
    world.store.create('pods', aPod('a'));

    const { raw } = watch(world, 'sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan');

    expect(raw[1]?.object).toMatchObject({ metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } });
  });

  test.each(['resourceVersion=x', 'labelSelector=%3D', 'fieldSelector=nope%3D1'])('%s is refused with 400', (query) => {
    expect(aWorld().handle({ method: 'GET', path: `${PODS}?watch=true&${query}` }).status).toBe(400);
  });
});
