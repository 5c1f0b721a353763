import { describe, expect, test } from '@jest/globals';
import { qosClass } from '../../../../src/simulator/api/validate-pod.ts';
import { aPod, aWorld, PODS, snapshot, type TestWorld } from './world.ts';

const RESIZE = `${PODS}/cart-1/resize`;
const STRATEGIC = 'application/strategic-merge-patch+json';

interface Sizes {
  readonly requests?: Record<string, string>;
  readonly limits?: Record<string, string>;
}

function withSizes(resources: Sizes): TestWorld {
  const world = aWorld();
  world.store.create('pods', aPod('cart-1', { spec: { containers: [{ name: 'app', image: 'cart:1', resources }] } }));
  return world;
}

function change(resources: Sizes, metadata: object = {}): object {
  return { metadata, spec: { containers: [{ name: 'app', resources }] } };
}

const BURSTABLE: Sizes = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } };
const GUARANTEED: Sizes = { requests: { cpu: '200m', memory: '128Mi' }, limits: { cpu: '200m', memory: '128Mi' } };

describe('an in-place resize', () => {
  test('changes resources and nothing else: the marks in its metadata do not come along', () => {
    const world = withSizes(BURSTABLE);
    const { uid, resourceVersion } = world.store.get('pods', 'shop', 'cart-1')!.metadata;
    const metadata = { uid, resourceVersion, annotations: { 'autoheal.io/action-id': 'inc-1/1' } };

    const answer = world.send('PATCH', RESIZE, change({ limits: { memory: '256Mi' } }, metadata), STRATEGIC);

    expect(answer.status).toBe(200);
    expect(world.store.get('pods', 'shop', 'cart-1')).toMatchObject({
      metadata: { generation: 2 },
      spec: { containers: [{ resources: { limits: { cpu: '200m', memory: '256Mi' }, requests: BURSTABLE.requests } }] },
    });
    expect(world.store.get('pods', 'shop', 'cart-1')?.metadata.annotations).toBeUndefined();
  });

  test.each([
    {
      name: 'another uid',
      metadata: { uid: 'other' },
      status: 422,
      why: 'metadata.uid: Invalid value: "other": field is immutable',
    },
    { name: 'a stale version', metadata: { resourceVersion: '999' }, status: 409, why: 'the object has been modified' },
  ])('of a pod with $name is refused', ({ metadata, status, why }) => {
    const world = withSizes(BURSTABLE);
    const before = snapshot(world.store);

    const answer = world.send('PATCH', RESIZE, change({ limits: { memory: '256Mi' } }, metadata), STRATEGIC);

    expect(answer.status).toBe(status);
    expect(answer.body['message']).toContain(why);
    expect(snapshot(world.store)).toBe(before);
  });

  test.each([
    { name: 'a limit without the request of a guaranteed pod', from: GUARANTEED, to: { limits: { memory: '256Mi' } } },
    { name: 'a first limit of a pod without any', from: {}, to: { limits: { cpu: '1' } } },
  ])('may not change the class of a pod: $name', ({ from, to }) => {
    const answer = withSizes(from).send('PATCH', RESIZE, change(to), STRATEGIC);

    expect(answer.status).toBe(422);
    expect(answer.body['message']).toContain('Pod QOS Class may not change as a result of resizing');
  });

  test('of a guaranteed pod takes the request along', () => {
    const to = { limits: { memory: '256Mi' }, requests: { memory: '256Mi' } };

    expect(withSizes(GUARANTEED).send('PATCH', RESIZE, change(to), STRATEGIC).status).toBe(200);
  });

  test.each([
    { name: 'above a quota', query: '' },
    { name: 'above a quota, in a dry run', query: '?dryRun=All' },
  ])('$name is refused, and says the difference', ({ query }) => {
    const world = withSizes(BURSTABLE);
    const metadata = { name: 'team', namespace: 'shop' };
    const spec = { hard: { 'limits.memory': '200Mi' } };
    world.store.create('resourcequotas', { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec });

    const answer = world.send('PATCH', `${RESIZE}${query}`, change({ limits: { memory: '256Mi' } }), STRATEGIC);

    expect(answer).toMatchObject({
      status: 403,
      body: {
        message:
          'pods "cart-1" is forbidden: exceeded quota: team, requested: limits.memory=128Mi, used: limits.memory=128Mi,' +
          ' limited: limits.memory=200Mi',
      },
    });
  });

  test('is a page not found where the server does not serve it', () => {
    const world = aWorld({ unserved: ['pods/resize'] });
    world.store.create('pods', aPod('cart-1'));

    expect(world.text('PATCH', RESIZE)).toEqual({ status: 404, body: '404 page not found\n' });
  });
});

test.each([
  { name: 'nothing said', resources: {}, quality: 'BestEffort' },
  { name: 'limits alone', resources: { limits: { cpu: '1', memory: '1Gi' } }, quality: 'Guaranteed' },
  { name: 'requests as limits', resources: GUARANTEED, quality: 'Guaranteed' },
  { name: 'requests below limits', resources: BURSTABLE, quality: 'Burstable' },
  { name: 'memory alone', resources: { limits: { memory: '1Gi' } }, quality: 'Burstable' },
])('the class of a pod with $name is $quality', ({ resources, quality }) => {
  expect(qosClass({ containers: [{ name: 'app', resources }] })).toBe(quality);
});
