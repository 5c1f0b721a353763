import { describe, expect, test } from '@jest/globals';
import { aDeployment, aWorld, DEPLOYMENTS, snapshot, type TestWorld } from './world.ts';

const CART = `${DEPLOYMENTS}/cart`;

/** A Deployment with a ReplicaSet that it owns. */
function anOwner(): TestWorld {
  const world = aWorld();
  const { uid } = world.store.create('deployments', aDeployment('cart')).metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid, controller: true };
  const metadata = { name: 'cart-1', namespace: 'shop', ownerReferences: [owner] };
  world.store.create('replicasets', { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { replicas: 1 } });
  return world;
}

function options(more: object): object {
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...more };
}

describe('a DELETE', () => {
  test.each([
    { name: 'another uid', preconditions: { uid: 'other' }, why: 'the UID in the precondition (other)' },
    {
      name: 'another version',
      preconditions: { resourceVersion: '7' },
      why: 'the ResourceVersion in the precondition (7)',
    },
  ])('that means $name is a conflict', ({ preconditions, why }) => {
    const world = anOwner();
    const before = snapshot(world.store);

    const answer = world.send('DELETE', CART, options({ preconditions }));

    expect(answer).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect(answer.body['message']).toContain(why);
    expect(snapshot(world.store)).toBe(before);
  });

  test.each([
    { name: 'in the query', path: `${CART}?dryRun=All`, body: undefined },
    { name: 'in the body', path: CART, body: options({ dryRun: ['All'] }) },
    { name: 'of one that orphans', path: CART, body: options({ dryRun: ['All'], propagationPolicy: 'Orphan' }) },
    {
      name: 'of one in the foreground',
      path: CART,
      body: options({ dryRun: ['All'], propagationPolicy: 'Foreground' }),
    },
  ])('as a dry run $name changes nothing', ({ path, body }) => {
    const world = anOwner();
    const before = snapshot(world.store);

    const answer = world.send('DELETE', path, body);

    expect(answer.status).toBe(200);
    expect(snapshot(world.store)).toBe(before);
  });

  test('in the background leaves what it owned to the garbage collector', () => {
    const world = anOwner();
    const { uid, resourceVersion } = world.store.get('deployments', 'shop', 'cart')!.metadata;

    world.send('DELETE', CART, options({ propagationPolicy: 'Background', preconditions: { uid, resourceVersion } }));

    expect(world.store.get('deployments', 'shop', 'cart')).toBeUndefined();
    expect(world.store.get('replicasets', 'shop', 'cart-1')?.metadata.ownerReferences).toHaveLength(1);
  });

  test('that orphans lets go of what it owned', () => {
    const world = anOwner();

    world.send('DELETE', CART, options({ propagationPolicy: 'Orphan' }));

    expect(world.store.get('deployments', 'shop', 'cart')).toBeUndefined();
    expect(world.store.get('replicasets', 'shop', 'cart-1')?.metadata.ownerReferences).toBeUndefined();
  });

  test('in the foreground waits for what it owns', () => {
    const world = anOwner();

    const answer = world.send('DELETE', CART, options({ propagationPolicy: 'Foreground' }));

    expect(answer.body).toMatchObject({ metadata: { finalizers: ['foregroundDeletion'] } });
    expect(world.store.get('deployments', 'shop', 'cart')?.metadata.deletionTimestamp).toBeDefined();
  });
});
