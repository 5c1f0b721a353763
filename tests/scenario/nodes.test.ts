import { describe, expect, test } from '@jest/globals';
import type { WorldSpec } from '../../src/simulator/world/spec.ts';
import { endedOf, lawfulStages, makeIll, untilEnded } from './lawful.ts';
import type { Stage } from './stage.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();

/** Six nodes, on which a share of 20 % is one. */
function sixNodes(): WorldSpec {
  const services = ['cart', 'checkout', 'mail'].map((name) => aService(name, { replicas: 6 }));
  const nodes = Array.from({ length: 6 }, (_, index) => ({ name: `node-${index + 1}`, cpu: '16', memory: '64Gi' }));
  return { ...worldOf(...services), nodes };
}

const ALLOWED = {
  remedies: ['none', 'cordon', 'drain', 'uncordon'],
  limits: { giveBackAfterSeconds: 300 },
};

function cordoned(on: Stage): readonly string[] {
  return on.objects
    .list('nodes')
    .filter(({ spec }) => spec?.['unschedulable'] === true)
    .map(({ metadata }) => metadata.name);
}

describe('a node under pressure', () => {
  test('is taken out with everything else untouched, and comes back by itself when it is well', async () => {
    const on = await open({ scenario: sixNodes(), policy: ALLOWED });
    makeIll(on, 'node-pressure', 'node-2', { namespace: '', durationSeconds: 900 });

    const end = await untilEnded(on, 'node-2', 3000);
    const out = cordoned(on);
    await on.run(2400);

    expect(end.attempts.length).toBeGreaterThan(0);
    expect(out).toEqual(['node-2']);
    expect(cordoned(on)).toEqual([]);
    const nodes = new Set(on.writes().flatMap(({ path }) => /^\/api\/v1\/nodes\/([^/]+)$/.exec(path)?.[1] ?? []));
    expect([...nodes]).toEqual(['node-2']);
    expect((await endedOf(on, 'node-2'))[0]?.restores?.map(({ state }) => state)).toEqual(
      expect.arrayContaining(['undone']),
    );
  });

  test('a second one stays, since no more than the share may be out at once', async () => {
    const on = await open({ scenario: sixNodes(), policy: ALLOWED });
    makeIll(on, 'node-pressure', 'node-2', { namespace: '' });
    await untilEnded(on, 'node-2', 3000);
    makeIll(on, 'node-pressure', 'node-3', { namespace: '' });

    const end = await untilEnded(on, 'node-3', 3000);

    expect(end.because).toContain('2 of 6 nodes');
    expect(cordoned(on)).toEqual(['node-2']);
  });

  test('whose CPU goes to something that is no pod is emptied, and people are called for the node itself', async () => {
    const on = await open({ scenario: sixNodes(), policy: ALLOWED });
    makeIll(on, 'noisy-neighbour', 'node-2', { namespace: '', strength: 0.8 });

    const end = await untilEnded(on, 'node-2', 3000);

    expect(end).toMatchObject({ outcome: 'not-healed', attempts: [{ intent: { remedy: 'drain' } }] });
    expect(cordoned(on)).toEqual(['node-2']);
    const left = on.objects.list('pods', { namespace: 'shop' }).filter(({ spec }) => spec?.['nodeName'] === 'node-2');
    expect(left).toEqual([]);

    await on.run(2400);

    // Its conditions are well all the time. Whoever put it back now would send pods where they are starved.
    expect(cordoned(on)).toEqual(['node-2']);
  });
});
