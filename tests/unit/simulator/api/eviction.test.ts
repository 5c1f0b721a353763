import { describe, expect, test } from '@jest/globals';
import { PODS, type TestWorld, aBudget, aPod, aWorld, snapshot } from './world.ts';

function aShop(allowed?: number): TestWorld {
  const world = aWorld();
  world.store.create('pods', aPod('cart-1'));
  world.store.create('pods', aPod('cart-2'));
  if (allowed !== undefined) {
    world.store.create('poddisruptionbudgets', aBudget({ allowed }));
  }
  return world;
}

function evict(world: TestWorld, name: string, deleteOptions?: object): ReturnType<TestWorld['send']> {
  return world.send('POST', `${PODS}/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'shop' },
    ...(deleteOptions === undefined ? {} : { deleteOptions }),
  });
}

describe('eviction', () => {
  test('a granted one starts the deletion, marks the pod and books the budget', () => {
    const world = aShop(1);

    const answer = evict(world, 'cart-1');

    expect(answer.status).toBe(201);
    expect(world.store.get('pods', 'shop', 'cart-1')).toMatchObject({
      metadata: { deletionTimestamp: '2026-11-21T03:00:05Z', deletionGracePeriodSeconds: 5, generation: 2 },
      status: { conditions: [{ type: 'Ready' }, { type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }] },
    });
    expect(world.store.get('poddisruptionbudgets', 'shop', 'cart')?.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { 'cart-1': '2026-11-21T03:00:00Z' },
    });
  });

  test('a spent budget refuses with its cause', () => {
    const world = aShop(0);
    const before = snapshot(world.store);

    const answer = evict(world, 'cart-1');

    expect(answer).toMatchObject({
      status: 429,
      body: {
        reason: 'TooManyRequests',
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget cart needs 1 healthy pods and has 2 currently',
            },
          ],
        },
      },
    });
    expect(snapshot(world.store)).toBe(before);
  });

  test('a wrong uid is a conflict that costs the budget a disruption', () => {
    const world = aShop(1);

    const answer = evict(world, 'cart-1', { preconditions: { uid: 'other' } });

    expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect(world.store.get('poddisruptionbudgets', 'shop', 'cart')?.status?.['disruptionsAllowed']).toBe(0);
    expect(world.store.get('pods', 'shop', 'cart-1')?.metadata.deletionTimestamp).toBeUndefined();
    expect(evict(world, 'cart-1').status).toBe(429);
  });

  test('uid and resourceVersion that fit are no obstacle', () => {
    const world = aShop(1);
    const { uid, resourceVersion } = world.store.get('pods', 'shop', 'cart-1')!.metadata;

    expect(evict(world, 'cart-1', { preconditions: { uid, resourceVersion: '999' } }).status).toBe(409);
    expect(evict(aShop(), 'cart-1', { preconditions: { uid, resourceVersion } }).status).toBe(201);
  });

  test.each([
    { name: 'granted', allowed: 1, uid: undefined, status: 201 },
    { name: 'refused', allowed: 0, uid: undefined, status: 429 },
    { name: 'with a wrong uid', allowed: 1, uid: 'other', status: 409 },
  ])('a dry run that is $name changes nothing', ({ allowed, uid, status }) => {
    const world = aShop(allowed);
    const before = snapshot(world.store);

    const answer = evict(world, 'cart-1', {
      dryRun: ['All'],
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    });

    expect(answer.status).toBe(status);
    expect(snapshot(world.store)).toBe(before);
  });

  test('a budget that its controller has not seen yet refuses for now', () => {
    const world = aShop(1);
    const budget = world.store.get('poddisruptionbudgets', 'shop', 'cart')!;
    world.store.update('poddisruptionbudgets', { ...budget, spec: { ...budget.spec, minAvailable: 2 } });

    expect(evict(world, 'cart-1')).toMatchObject({
      status: 429,
      body: {
        details: { retryAfterSeconds: 10, causes: [{ message: expect.stringContaining('still being processed') }] },
      },
    });
  });

  test.each([
    { name: 'done', pod: { status: { phase: 'Succeeded' } }, budget: {}, status: 201 },
    { name: 'evicted already', pod: { status: { phase: 'Failed', reason: 'Evicted' } }, budget: {}, status: 201 },
    { name: 'pending', pod: { status: { phase: 'Pending' } }, budget: {}, status: 201 },
    { name: 'ill, and the rest is healthy enough', pod: { status: { conditions: [] } }, budget: {}, status: 201 },
    {
      name: 'ill, and the rest is not',
      pod: { status: { conditions: [] } },
      budget: { healthy: 1, desired: 2 },
      status: 429,
    },
  ])('a pod that is $name: $status', ({ pod, budget, status }) => {
    const world = aWorld();
    world.store.create('pods', aPod('cart-1', pod));
    world.store.create('poddisruptionbudgets', aBudget({ allowed: 0, ...budget }));

    expect(evict(world, 'cart-1').status).toBe(status);
  });

  test('a pod that is ill may always go where its budget says so', () => {
    const world = aWorld();
    world.store.create('pods', aPod('cart-1', { status: { conditions: [] } }));
    const budget = aBudget({ allowed: 0, healthy: 1, desired: 2 });
    world.store.create('poddisruptionbudgets', {
      ...budget,
      spec: { ...budget.spec, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    });

    expect(evict(world, 'cart-1').status).toBe(201);
  });

  test('two budgets on one pod are an error', () => {
    const world = aShop(1);
    world.store.create('poddisruptionbudgets', {
      ...aBudget({ allowed: 1 }),
      metadata: { name: 'two', namespace: 'shop' },
    });

    expect(evict(world, 'cart-1')).toMatchObject({ status: 500, body: { reason: 'InternalError' } });
  });

  test('a budget for other pods, or of another namespace, does not matter', () => {
    const world = aShop();
    world.store.create('poddisruptionbudgets', {
      ...aBudget({ allowed: 0 }),
      metadata: { name: 'cart', namespace: 'elsewhere' },
    });

    expect(evict(world, 'cart-1').status).toBe(201);
  });

  test('the name in the body has to fit', () => {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'cart-2' } };

    expect(aShop().send('POST', `${PODS}/cart-1/eviction`, body).status).toBe(400);
    expect(aShop().send('GET', `${PODS}/cart-1/eviction`).status).toBe(405);
  });
});
