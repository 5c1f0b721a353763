import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DEPLOYMENTS, PODS, type TestWorld, aBudget, aDeployment, aPod, aWorld, snapshot } from './world.ts';

function aShop(): TestWorld {
  const world = aWorld();
  world.store.create('deployments', aDeployment('cart'));
  world.store.create('pods', aPod('cart-1'));
  world.store.create('poddisruptionbudgets', aBudget({ allowed: 1 }));
  world.store.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    spec: {},
    status: { allocatable: { cpu: '2', memory: '1Gi' } },
  });
  return world;
}

const replicas = fc.integer({ min: -1, max: 9 });
const label = fc.constantFrom('a', 'b', 'not valid!');
const metadata = fc.record(
  {
    resourceVersion: fc.constantFrom('1', '99'),
    uid: fc.constantFrom('00000000-0000-4000-8000-000000000001', 'other'),
    annotations: fc.dictionary(fc.constantFrom('x', 'autoheal.io/action-id'), label),
    labels: fc.dictionary(fc.constantFrom('app', 'tier'), label),
  },
  { requiredKeys: [] },
);
const patch = fc.oneof(
  fc.record(
    { metadata, spec: fc.record({ replicas, paused: fc.boolean() }, { requiredKeys: [] }) },
    { requiredKeys: [] },
  ),
  fc.record({
    spec: fc.record({ template: fc.record({ metadata: fc.record({ annotations: fc.dictionary(label, label) }) }) }),
  }),
);
const operations = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'replace', 'remove', 'test'),
    path: fc.constantFrom('/spec/replicas', '/metadata/labels/app', '/metadata/annotations', '/spec/template/spec'),
    value: fc.oneof(replicas, fc.constant({}), fc.constant('x')),
  }),
  { maxLength: 4 },
);
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** Any write that the API takes. */
const write = fc.oneof(
  fc.record({
    method: fc.constant('PATCH'),
    path: fc.constantFrom(
      `${DEPLOYMENTS}/cart`,
      `${DEPLOYMENTS}/cart/scale`,
      `${DEPLOYMENTS}/cart/status`,
      `${PODS}/cart-1`,
      '/api/v1/nodes/node-1',
    ),
    contentType: fc.constantFrom(MERGE, STRATEGIC),
    body: patch,
  }),
  fc.record({
    method: fc.constant('PATCH'),
    path: fc.constantFrom(`${DEPLOYMENTS}/cart`, `${PODS}/cart-1`),
    contentType: fc.constant('application/json-patch+json'),
    body: operations,
  }),
  fc.record({
    method: fc.constant('PATCH'),
    path: fc.constant(`${PODS}/cart-1/resize`),
    contentType: fc.constant(STRATEGIC),
    body: fc.record({
      spec: fc.record({
        containers: fc.constantFrom(
          [{ name: 'app', resources: { limits: { memory: '128Mi' } } }],
          [{ name: 'app', resources: { requests: { cpu: '500' } } }],
        ),
      }),
    }),
  }),
  fc.record({
    method: fc.constant('POST'),
    path: fc.constantFrom(DEPLOYMENTS, PODS),
    contentType: fc.constant('application/json'),
    body: fc.constantFrom<object>(aDeployment('new'), aDeployment('cart'), aPod('new'), {
      ...aPod(''),
      metadata: { generateName: 'g-' },
    }),
  }),
  fc.record({
    method: fc.constant('POST'),
    path: fc.constant(`${PODS}/cart-1/eviction`),
    contentType: fc.constant('application/json'),
    body: fc.record({
      metadata: fc.constant({ name: 'cart-1' }),
      deleteOptions: fc.record({ preconditions: fc.record({ uid: fc.constantFrom('', 'other') }) }),
    }),
  }),
  fc.record({
    method: fc.constant('DELETE'),
    path: fc.constantFrom(`${DEPLOYMENTS}/cart`, `${PODS}/cart-1`, DEPLOYMENTS, PODS),
    contentType: fc.constant('application/json'),
    body: fc.constantFrom({}, { gracePeriodSeconds: 0 }, { preconditions: { uid: 'other' } }),
  }),
);

describe('a dry run', () => {
  test('of any write leaves the store as it was, to the byte, and is answered as the write would be', () => {
    const statuses = new Set<number>();

    fc.assert(
      fc.property(write, ({ method, path, contentType, body }) => {
        const world = aShop();
        const before = snapshot(world.store);

        const dry = world.send(method, `${path}?dryRun=All`, body, contentType);
        const after = snapshot(world.store);
        const wet = world.send(method, path, body, contentType);

        statuses.add(dry.status);
        expect(after).toBe(before);
        expect(dry.status).toBe(wet.status);
        expect(dry.body['reason']).toBe(wet.body['reason']);
        expect(dry.body['spec']).toEqual(wet.body['spec']);
      }),
      { numRuns: 500 },
    );

    expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 409, 422]));
  });

  test('is asked for with All, and with nothing else', () => {
    const world = aShop();

    expect(world.send('PATCH', `${DEPLOYMENTS}/cart?dryRun=yes`, { spec: { replicas: 5 } }).status).toBe(422);
    expect(world.store.get('deployments', 'shop', 'cart')?.spec?.['replicas']).toBe(2);
  });

  test('shows the version it found and the generation it would make', () => {
    const world = aShop();

    const { body } = world.send('PATCH', `${DEPLOYMENTS}/cart?dryRun=All`, { spec: { replicas: 5 } });

    expect(body).toMatchObject({ metadata: { resourceVersion: '1', generation: 2 }, spec: { replicas: 5 } });
  });
});
