import { describe, expect, test } from '@jest/globals';
import type { Closed } from '../../src/domain/incident.ts';
import { endedOf, lawfulStages, makeIll, untilEnded } from './lawful.ts';
import type { Stage } from './stage.ts';

const open = lawfulStages();
const LIMITS = { limits: { giveBackAfterSeconds: 600 } };

/** A shop with a service that is overloaded for a while. The replicas of `cart` are nobody's but its own. */
async function overloaded(service: 'cart' | 'frontend' = 'cart'): Promise<Stage> {
  const on = await open({ policy: LIMITS });
  makeIll(on, 'overload', service, { strength: service === 'frontend' ? 8 : 4, durationSeconds: 900 });
  return on;
}

function replicasOf(on: Stage): unknown {
  return on.objects.get('deployments', 'shop', 'cart')?.spec?.['replicas'];
}

function maximumOf(on: Stage): number {
  return Number(on.objects.get('horizontalpodautoscalers', 'shop', 'frontend')?.spec?.['maxReplicas']);
}

async function endOf(on: Stage): Promise<Closed> {
  const [end] = await endedOf(on, 'cart');
  if (end === undefined) throw new Error('it ended before');
  return end;
}

describe('what was changed for a time', () => {
  test('is put back when the incident is over, and people are told', async () => {
    const on = await overloaded();
    const end = await untilEnded(on, 'cart');
    expect(end).toMatchObject({ outcome: 'healed', restores: [{ state: 'pending', by: 'autoheal' }] });
    expect(replicasOf(on)).toBeGreaterThan(3);
    const before = on.writes().length;

    await on.run(595);
    expect(on.writes()).toHaveLength(before);
    await on.run(300);

    expect(replicasOf(on)).toBe(3);
    expect(await endOf(on)).toMatchObject({ outcome: 'healed', restores: [{ state: 'undone' }] });
    expect(on.told().filter(({ id, phase }) => id === end.id && phase === 'closed')).toHaveLength(2);
  });

  test('stays as it is when somebody changed it meanwhile', async () => {
    const on = await overloaded();
    await untilEnded(on, 'cart');
    const stored = on.objects.get('deployments', 'shop', 'cart');
    if (stored === undefined) throw new Error('it is there');
    on.objects.update('deployments', { ...stored, spec: { ...stored.spec, replicas: 7 } });

    await on.run(1200);

    expect(replicasOf(on)).toBe(7);
    expect(await endOf(on)).toMatchObject({
      restores: [{ state: 'refused', detail: expect.stringMatching(/changed/) }],
    });
  });

  test('of an autoscaler is its bound, never the number of replicas', async () => {
    const on = await overloaded('frontend');
    await on.until('the maximum is raised', 900, async () => maximumOf(on) > 4);

    await on.run(3000);

    const written = on.writes().filter(({ path }) => path.endsWith('/frontend'));
    expect(new Set(written.map(({ path }) => path.split('/').at(-2)))).toEqual(new Set(['horizontalpodautoscalers']));
    expect(maximumOf(on)).toBe(4);
  });

  test('is put back at once when a person asks', async () => {
    const on = await overloaded();
    const { id } = await untilEnded(on, 'cart');
    const asked = await on.app.store.requestUndo({ incident: id, by: 'ada', at: on.app.work.clock.now() });
    await on.run(5);

    expect(asked).toBe(true);
    expect(replicasOf(on)).toBe(3);
    expect(await endOf(on)).toMatchObject({ restores: [{ state: 'undone', by: 'ada' }] });
  });
});
