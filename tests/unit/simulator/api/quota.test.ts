import { describe, expect, test } from '@jest/globals';
import { quotaUsed } from '../../../../src/simulator/api/quota.ts';
import type { NewObject } from '../../../../src/simulator/objects.ts';
import { aPod, aWorld, PODS, type TestWorld } from './world.ts';

function aQuota(hard: Record<string, string>, spec: object = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'team', namespace: 'shop' },
    spec: { hard, ...spec },
  };
}

const sized = {
  containers: [{ name: 'app', image: 'cart:1', resources: { requests: { cpu: '500m', memory: '128Mi' } } }],
};

/** A namespace with a running pod of half a core, and one that was evicted. */
function aShop(quota: NewObject): TestWorld {
  const world = aWorld();
  world.store.create('pods', aPod('running', { spec: sized }));
  world.store.create('pods', aPod('evicted', { spec: sized, status: { phase: 'Failed' } }));
  world.store.create('resourcequotas', quota);
  return world;
}

function podBody(spec: object = sized): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'next', namespace: 'shop' }, spec };
}

describe('a ResourceQuota', () => {
  test.each([
    {
      name: 'refuses a pod too many, and does not count one that has failed',
      quota: aQuota({ pods: '1' }),
      why: 'exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1',
    },
    {
      name: 'counts objects whatever they are at',
      quota: aQuota({ 'count/pods': '2' }),
      why: 'exceeded quota: team, requested: count/pods=1, used: count/pods=2, limited: count/pods=2',
    },
    {
      name: 'refuses more CPU and memory than it has, by either name',
      quota: aQuota({ cpu: '900m', 'requests.memory': '200Mi' }),
      why: 'exceeded quota: team, requested: cpu=500m,requests.memory=128Mi, used: cpu=500m,requests.memory=128Mi, limited: cpu=900m,requests.memory=200Mi',
    },
    {
      name: 'wants the limits that it bounds to be said',
      quota: aQuota({ 'limits.cpu': '4', 'limits.memory': '4Gi' }),
      why: 'failed quota: team: must specify limits.cpu for: app; limits.memory for: app',
    },
  ])('$name', ({ quota, why }) => {
    const world = aShop(quota);

    const answer = world.send('POST', PODS, podBody());

    expect(answer).toMatchObject({
      status: 403,
      body: {
        reason: 'Forbidden',
        message: `pods "next" is forbidden: ${why}`,
        details: { name: 'next', kind: 'pods' },
      },
    });
    expect(world.store.get('pods', 'shop', 'next')).toBeUndefined();
  });

  test.each([
    { name: 'with room', quota: aQuota({ pods: '2', 'requests.cpu': '1' }) },
    { name: 'of another scope', quota: aQuota({ pods: '0' }, { scopes: ['BestEffort'] }) },
    { name: 'of pods that end', quota: aQuota({ pods: '0' }, { scopes: ['Terminating'] }) },
    { name: 'of other objects', quota: aQuota({ configmaps: '0', 'count/jobs.batch': '0' }) },
    {
      name: 'of another namespace',
      quota: { ...aQuota({ pods: '0' }), metadata: { name: 'team', namespace: 'bank' } },
    },
  ])('$name takes a pod', ({ quota }) => {
    expect(aShop(quota).send('POST', PODS, podBody()).status).toBe(201);
  });

  test('refuses in a dry run too', () => {
    const world = aShop(aQuota({ pods: '1' }));

    expect(world.send('POST', `${PODS}?dryRun=All`, podBody()).status).toBe(403);
  });

  test('counts objects of other kinds', () => {
    const world = aShop(aQuota({ 'count/jobs.batch': '0' }));
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'tidy:1' }] } };
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'tidy', namespace: 'shop' },
      spec: { template },
    };

    const answer = world.send('POST', '/apis/batch/v1/namespaces/shop/jobs', job);

    expect(answer).toMatchObject({
      status: 403,
      body: {
        message:
          'jobs.batch "tidy" is forbidden: exceeded quota: team, requested: count/jobs.batch=1, used: count/jobs.batch=0,' +
          ' limited: count/jobs.batch=0',
      },
    });
  });

  test('knows what is used', () => {
    const world = aShop(aQuota({ pods: '5', 'count/pods': '5', 'requests.cpu': '4', 'limits.memory': '1Gi' }));
    const quota = world.store.get('resourcequotas', 'shop', 'team')!;

    const used = quotaUsed(quota, (resource, namespace) => world.store.list(resource, { namespace }));

    expect(used).toEqual({ pods: '1', 'count/pods': '2', 'requests.cpu': '500m', 'limits.memory': '0' });
  });
});
