import { describe, expect, test } from '@jest/globals';
import { lostTargets } from '../../../../src/simulator/world/faults/lost-targets.ts';
import { DEMO_WORLD } from '../../../../src/simulator/world/demo.ts';
import type { FaultSpec } from '../../../../src/simulator/world/spec.ts';
import { aLife, type Life } from './life.ts';

const target = { namespace: 'shop', service: 'cart' };

function aShop(): Life {
  return aLife({ spec: DEMO_WORLD, seed: 3, startAt: Date.UTC(2026, 10, 16, 10) });
}

describe('an outage of the monitoring', () => {
  const outage: FaultSpec = { id: 'F 1', kind: 'monitoring-outage', target, strength: 0.5 };

  test('lets false alerts fire for services that are well', async () => {
    const shop = aShop();
    shop.world.inject(outage);

    const seen = await shop.run(300);

    expect(seen.alerts).toContain('TargetDown shop/cart');
    expect(seen.alerts.length).toBeGreaterThan(2);
    expect(seen.alerts.every((alert) => alert.startsWith('TargetDown shop/'))).toBe(true);
    expect(seen.worstErrorRatio).toBeLessThan(0.02);
    expect(seen.unready).toEqual([]);
  });

  test('hides what the processes themselves would say', async () => {
    const shop = aShop();
    shop.world.inject({ ...outage, strength: 1 });
    shop.world.inject({ id: 'f2', kind: 'bad-rollout-errors', target });

    const seen = await shop.run(300);

    expect(seen.alerts.filter((alert) => alert.startsWith('AutoHealErrorRatioHigh'))).toEqual([]);
  });

  test('is over when somebody mends the configuration', async () => {
    const shop = aShop();
    shop.world.inject(outage);
    await shop.run(120);
    expect(lostTargets(shop.world.view.kit).has('shop/cart')).toBe(true);
    expect(shop.world.truth()).toMatchObject([{ present: true }]);

    shop.world.clear('F 1');
    await shop.run(5);

    expect(lostTargets(shop.world.view.kit).size).toBe(0);
    expect(shop.world.truth()).toEqual([]);
  });
});

describe('what is no illness', () => {
  test.each<FaultSpec>([
    { id: 'f1', kind: 'good-rollout', target },
    { id: 'f1', kind: 'traffic-rise', target },
  ])('$kind sets off no alert and needs no cure', async (fault) => {
    const shop = aShop();
    const before = shop.world.view.kit.get('deployments', 'shop', 'cart')?.spec?.template?.spec.containers[0]?.image;
    shop.world.inject(fault);

    const seen = await shop.run(900);
    const after = shop.world.view.kit.get('deployments', 'shop', 'cart')?.spec?.template?.spec.containers[0]?.image;

    expect(seen.alerts).toEqual([]);
    expect(seen.unready).toEqual([]);
    expect(after !== before).toBe(fault.kind === 'good-rollout');
    expect(shop.world.truth().every(({ present }) => !present)).toBe(true);
  });
});
