import { describe, expect, test } from '@jest/globals';
import type { WriteRecord } from '../../../../src/simulator/api/context.ts';
import { DEPLOYMENTS, PODS, aDeployment, aPod, aWorld, snapshot } from './world.ts';

const CUSTOM = {
  group: 'cluster.example.com',
  version: 'v1',
  plural: 'machinedeployments',
  kind: 'MachineDeployment',
  scale: { minimum: 1, maximum: 10 },
};
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/shop/leases';

describe('create', () => {
  test('fills in what a Deployment leaves out and ignores its status', () => {
    const world = aWorld();

    const answer = world.send('POST', DEPLOYMENTS, {
      ...aDeployment('cart', { replicas: undefined }),
      status: { replicas: 99 },
    });

    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'Deployment',
        spec: { replicas: 1, revisionHistoryLimit: 10, strategy: { type: 'RollingUpdate' } },
      },
    });
    expect(world.store.get('deployments', 'shop', 'cart')?.status).toEqual({});
  });

  test.each([
    {
      name: 'a name no object can have',
      path: PODS,
      body: { ...aPod('x'), metadata: { name: 'Bad_Name' } },
      status: 422,
    },
    { name: 'no name', path: PODS, body: { ...aPod('x'), metadata: {} }, status: 422 },
    {
      name: 'another namespace',
      path: PODS,
      body: { ...aPod('x'), metadata: { name: 'x', namespace: 'else' } },
      status: 400,
    },
    { name: 'another kind', path: PODS, body: aDeployment('x'), status: 400 },
    { name: 'no containers', path: PODS, body: aPod('x', { spec: { containers: [] } }), status: 422 },
    { name: 'text', path: PODS, body: 'not json', status: 400 },
    { name: 'a list', path: PODS, body: [], status: 400 },
    {
      name: 'labels that are numbers',
      path: PODS,
      body: { ...aPod('x'), metadata: { name: 'x', labels: { a: 1 } } },
      status: 400,
    },
    { name: 'no selector', path: DEPLOYMENTS, body: aDeployment('x', { selector: undefined }), status: 422 },
    {
      name: 'requests above limits',
      path: PODS,
      body: aPod('x', {
        spec: {
          containers: [{ name: 'a', image: 'b', resources: { requests: { cpu: '2' }, limits: { cpu: '500m' } } }],
        },
      }),
      status: 422,
    },
    {
      name: 'a lease without microseconds',
      path: LEASES,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l' },
        spec: { renewTime: '2026-11-21T03:00:00.123Z' },
      },
      status: 400,
    },
    { name: 'all namespaces', path: '/api/v1/pods', body: aPod('x'), status: 405 },
  ])('with $name is refused with $status', ({ path, body, status }) => {
    const world = aWorld();

    expect(world.send('POST', path, body).status).toBe(status);
    expect(world.store.resourceVersion()).toBe(0);
  });

  test('in a namespace that does not exist is 404, once there are namespaces', () => {
    const world = aWorld();
    world.store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });

    expect(world.send('POST', PODS, aPod('x'))).toMatchObject({
      status: 404,
      body: { message: 'namespaces "shop" not found' },
    });
  });
});

describe('update', () => {
  test('PUT replaces, and is refused when the version or the uid is another', () => {
    const world = aWorld();
    const created = world.store.create('deployments', aDeployment('cart'));
    const wanted = { ...created, spec: { ...created.spec, replicas: 5 } };

    expect(world.send('PUT', `${DEPLOYMENTS}/cart`, wanted)).toMatchObject({
      status: 200,
      body: { spec: { replicas: 5 }, metadata: { generation: 2 } },
    });
    expect(world.send('PUT', `${DEPLOYMENTS}/cart`, wanted)).toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
    const other = { ...wanted, metadata: { ...wanted.metadata, uid: 'other', resourceVersion: '2' } };
    expect(world.send('PUT', `${DEPLOYMENTS}/cart`, other)).toMatchObject({ status: 409 });
    expect(world.send('PUT', `${DEPLOYMENTS}/none`, wanted)).toMatchObject({ status: 404 });
    expect(world.send('PUT', `${DEPLOYMENTS}/none`, 'x', 'text/plain')).toMatchObject({ status: 415 });
  });

  test('the status is written through /status alone, and nothing else is there', () => {
    const world = aWorld();
    world.store.create('deployments', aDeployment('cart'));

    world.send('PATCH', `${DEPLOYMENTS}/cart`, { status: { replicas: 9 }, spec: { replicas: 3 } });
    world.send('PATCH', `${DEPLOYMENTS}/cart/status`, { status: { readyReplicas: 3 }, spec: { replicas: 77 } });

    expect(world.store.get('deployments', 'shop', 'cart')).toMatchObject({
      spec: { replicas: 3 },
      status: { replicas: 2, readyReplicas: 3 },
      metadata: { generation: 2 },
    });
  });

  test('identity cannot be written', () => {
    const world = aWorld();
    world.store.create('deployments', aDeployment('cart'));
    const body = {
      metadata: {
        creationTimestamp: '2020-01-01T00:00:00Z',
        generation: 99,
        deletionTimestamp: '2020-01-01T00:00:00Z',
      },
    };

    const answer = world.send('PATCH', `${DEPLOYMENTS}/cart`, body);

    expect(answer.body).toMatchObject({ metadata: { generation: 1, creationTimestamp: '2026-11-21T03:00:00Z' } });
    expect(world.store.get('deployments', 'shop', 'cart')?.metadata.deletionTimestamp).toBeUndefined();
  });

  test('annotations of a Deployment are part of its generation, those of a pod are not', () => {
    const world = aWorld();
    world.store.create('deployments', aDeployment('cart'));
    world.store.create('pods', aPod('cart-1'));
    const body = { metadata: { annotations: { note: 'x' } } };

    expect(world.send('PATCH', `${DEPLOYMENTS}/cart`, body).body).toMatchObject({ metadata: { generation: 2 } });
    expect(world.send('PATCH', `${PODS}/cart-1`, body).status).toBe(200);
    expect(world.store.get('pods', 'shop', 'cart-1')?.metadata.generation).toBe(1);
  });

  test.each([
    { name: 'another name', body: { metadata: { name: 'other' } }, status: 400 },
    { name: 'a replica count that is text', body: { spec: { replicas: '3' } }, status: 422 },
    { name: 'a fraction of a replica', body: { spec: { replicas: 1.5 } }, status: 422 },
    { name: 'a label that cannot be one', body: { metadata: { labels: { a: 'not valid!' } } }, status: 422 },
    { name: 'metadata that is text', body: { metadata: 'x' }, status: 422 },
    { name: 'a list as the patch', body: [], status: 400 },
    { name: 'no containers', body: { spec: { template: { spec: { containers: null } } } }, status: 422 },
  ])('a patch with $name is refused with $status and changes nothing', ({ body, status }) => {
    const world = aWorld();
    world.store.create('deployments', aDeployment('cart'));
    const before = snapshot(world.store);

    expect(world.send('PATCH', `${DEPLOYMENTS}/cart`, body).status).toBe(status);
    expect(snapshot(world.store)).toBe(before);
  });

  test.each([
    { name: 'an image', body: { spec: { containers: [{ name: 'app', image: 'cart:2' }] } }, status: 200 },
    { name: 'a label', body: { metadata: { labels: { app: null } } }, status: 200 },
    {
      name: 'resources',
      body: { spec: { containers: [{ name: 'app', resources: { limits: { memory: '1Gi' } } }] } },
      status: 422,
    },
    { name: 'the node', body: { spec: { nodeName: 'node-2' } }, status: 422 },
  ])('a pod takes a change of $name with $status', ({ body, status }) => {
    const world = aWorld();
    world.store.create('pods', aPod('cart-1'));

    expect(world.send('PATCH', `${PODS}/cart-1`, body, 'application/strategic-merge-patch+json').status).toBe(status);
  });

  test('an object that holds all defaults keeps holding them, one that a controller wrote sparsely stays sparse', () => {
    const world = aWorld();
    world.send('POST', DEPLOYMENTS, aDeployment('full'));
    world.store.create('deployments', aDeployment('sparse'));
    const body = { spec: { revisionHistoryLimit: null, replicas: 5 } };

    world.send('PATCH', `${DEPLOYMENTS}/full`, body);
    world.send('PATCH', `${DEPLOYMENTS}/sparse`, body);

    expect(world.store.get('deployments', 'shop', 'full')?.spec).toMatchObject({
      replicas: 5,
      revisionHistoryLimit: 10,
    });
    expect(world.store.get('deployments', 'shop', 'sparse')?.spec).toEqual({
      ...aDeployment('sparse').spec,
      replicas: 5,
    });
  });

  test('server-side apply merges, and creates what is absent', () => {
    const world = aWorld();
    const yaml = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, labels: {a: b}}\n';
    world.store.create('deployments', aDeployment('cart'));
    const apply = 'application/apply-patch+yaml';

    const merged = world.send('PATCH', `${DEPLOYMENTS}/cart?fieldManager=t`, yaml, apply);
    const created = world.send('PATCH', `${DEPLOYMENTS}/new?fieldManager=t`, JSON.stringify(aDeployment('new')), apply);

    expect(merged).toMatchObject({ status: 200, body: { metadata: { labels: { app: 'cart', a: 'b' } } } });
    expect(created.status).toBe(201);
    expect(world.send('PATCH', `${DEPLOYMENTS}/cart`, yaml, apply).status).toBe(422);
    expect(world.send('PATCH', `${DEPLOYMENTS}/cart?fieldManager=t`, 'a: [', apply).status).toBe(400);
  });
});

describe('delete', () => {
  test('a pod that runs is given its time, one that does not is gone', () => {
    const world = aWorld();
    world.store.create('pods', aPod('running'));
    world.store.create('pods', aPod('failed', { status: { phase: 'Failed' } }));

    const running = world.send('DELETE', `${PODS}/running`);
    const failed = world.send('DELETE', `${PODS}/failed`);

    expect(running).toMatchObject({ status: 200, body: { metadata: { deletionTimestamp: '2026-11-21T03:00:05Z' } } });
    expect(failed.status).toBe(200);
    expect(world.store.get('pods', 'shop', 'running')).toBeDefined();
    expect(world.store.get('pods', 'shop', 'failed')).toBeUndefined();
    expect(world.send('DELETE', `${PODS}/running`, { gracePeriodSeconds: 0 }).status).toBe(200);
    expect(world.store.get('pods', 'shop', 'running')).toBeUndefined();
    expect(world.send('DELETE', `${PODS}/running`).status).toBe(404);
  });

  test('preconditions hold or nothing happens', () => {
    const world = aWorld();
    const { uid, resourceVersion } = world.store.create('deployments', aDeployment('cart')).metadata;
    const path = `${DEPLOYMENTS}/cart`;

    expect(world.send('DELETE', path, { preconditions: { uid: 'other' } })).toMatchObject({
      status: 409,
      body: { details: { kind: 'Deployment', group: 'apps' } },
    });
    expect(world.send('DELETE', path, { preconditions: { resourceVersion: '99' } }).status).toBe(409);
    expect(world.send('DELETE', path, { preconditions: { uid, resourceVersion } })).toMatchObject({
      status: 200,
      body: { status: 'Success', details: { name: 'cart', kind: 'deployments', uid } },
    });
  });

  test('finalizers hold an object until the last one is taken away', () => {
    const world = aWorld();
    const object = aDeployment('cart');
    world.store.create('deployments', { ...object, metadata: { ...object.metadata, finalizers: ['example.com/x'] } });

    world.send('DELETE', `${DEPLOYMENTS}/cart`);
    const held = world.store.get('deployments', 'shop', 'cart')?.metadata.deletionTimestamp;
    world.send('PATCH', `${DEPLOYMENTS}/cart`, { metadata: { finalizers: null } });

    expect(held).toBe('2026-11-21T03:00:00Z');
    expect(world.store.get('deployments', 'shop', 'cart')).toBeUndefined();
  });

  test('a collection is deleted by its selector', () => {
    const world = aWorld();
    world.store.create('deployments', aDeployment('cart'));
    world.store.create('deployments', aDeployment('pay'));

    world.send('DELETE', `${DEPLOYMENTS}?labelSelector=app%3Dcart`);

    expect(world.store.list('deployments').map(({ metadata }) => metadata.name)).toEqual(['pay']);
  });
});

describe('scale', () => {
  const path = '/apis/cluster.example.com/v1/namespaces/shop/machinedeployments/workers/scale';

  test('a custom resource is held to its schema', () => {
    const world = aWorld({ customResources: [CUSTOM] });
    world.store.create('machinedeployments', {
      apiVersion: 'cluster.example.com/v1',
      kind: 'MachineDeployment',
      metadata: { name: 'workers', namespace: 'shop' },
      spec: { replicas: 3 },
    });

    expect(world.send('PATCH', path, { spec: { replicas: 10 } })).toMatchObject({
      status: 200,
      body: { spec: { replicas: 10 } },
    });
    expect(world.send('PATCH', path, { spec: { replicas: 11 } }).status).toBe(422);
    expect(world.send('PATCH', path, { spec: { replicas: 0 } }).status).toBe(422);
    expect(world.send('PATCH', path, {}, 'application/strategic-merge-patch+json').status).toBe(415);
    expect(world.store.get('machinedeployments', 'shop', 'workers')?.metadata.generation).toBe(2);
  });

  test('a scale of another object is a conflict, one to zero is not', () => {
    const world = aWorld();
    world.store.create('deployments', aDeployment('cart'));
    const scale = `${DEPLOYMENTS}/cart/scale`;

    expect(world.send('PATCH', scale, { metadata: { uid: 'other' }, spec: { replicas: 3 } }).status).toBe(409);
    expect(world.send('PATCH', scale, { metadata: { resourceVersion: '9' }, spec: { replicas: 3 } }).status).toBe(409);
    expect(world.send('PATCH', scale, { spec: { replicas: '3' } }).status).toBe(400);
    expect(world.send('PATCH', scale, { spec: { replicas: 0 } })).toMatchObject({ status: 200, body: { spec: {} } });
    expect(world.store.get('deployments', 'shop', 'cart')?.spec?.['replicas']).toBe(0);
    expect(world.send('GET', `${DEPLOYMENTS}/none/scale`).status).toBe(404);
    expect(world.text('GET', `${PODS}/cart/scale`).status).toBe(404);
  });
});

describe('events', () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { generateName: 'autoheal-', namespace: 'shop' },
    eventTime: '2026-11-21T03:00:00.000000Z',
    reportingController: 'autoheal.io/controller',
    reportingInstance: 'autoheal-0',
    action: 'RolloutRestart',
    reason: 'Healing',
    type: 'Normal',
    note: 'restarted',
    regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart' },
  };

  test('of the new API are seen through the core one, and the other way round', () => {
    const world = aWorld();

    const created = world.send('POST', '/apis/events.k8s.io/v1/namespaces/shop/events', event);
    world.send('POST', '/api/v1/namespaces/shop/events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'old', namespace: 'shop' },
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'cart-1' },
      message: 'm',
      reason: 'BackOff',
      type: 'Warning',
    });
    const selector = 'involvedObject.name%3Dcart,involvedObject.kind%3DDeployment';
    const core = world.send('GET', `/api/v1/namespaces/shop/events?fieldSelector=${selector}`);
    const renewed = world.send('GET', '/apis/events.k8s.io/v1/namespaces/shop/events/old');

    expect(created).toMatchObject({ status: 201, body: { note: 'restarted', regarding: { name: 'cart' } } });
    expect(core.body).toMatchObject({
      kind: 'EventList',
      items: [{ message: 'restarted', involvedObject: { name: 'cart' }, reportingComponent: 'autoheal.io/controller' }],
    });
    expect(renewed.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'm', regarding: { name: 'cart-1' } });
  });

  test.each([
    { name: 'no action', change: { action: undefined }, status: 422 },
    { name: 'a note that is too long', change: { note: 'x'.repeat(1_025) }, status: 422 },
    { name: 'a time in milliseconds', change: { eventTime: '2026-11-21T03:00:00.000Z' }, status: 400 },
    { name: 'an unknown type', change: { type: 'Good' }, status: 422 },
    { name: 'a count of the old API', change: { deprecatedCount: 3 }, status: 422 },
  ])('with $name are refused with $status', ({ change, status }) => {
    const answer = aWorld().send('POST', '/apis/events.k8s.io/v1/namespaces/shop/events', { ...event, ...change });

    expect(answer.status).toBe(status);
  });
});

describe('writes are told', () => {
  test('with their answer, whether they were a dry run, and the action they belong to', () => {
    const records: WriteRecord[] = [];
    const world = aWorld({ onWrite: (record) => records.push(record) });
    world.store.create('deployments', aDeployment('cart'));
    world.store.create('pods', aPod('cart-1'));
    const annotation = { 'autoheal.io/action-id': 'inc-1/1' };

    world.send('GET', `${DEPLOYMENTS}/cart`);
    world.send('PATCH', `${DEPLOYMENTS}/cart?dryRun=All`, { metadata: { annotations: annotation } });
    world.send('PATCH', `${DEPLOYMENTS}/cart`, { metadata: { annotations: annotation } });
    world.send(
      'PATCH',
      `${DEPLOYMENTS}/cart`,
      [{ op: 'add', path: '/metadata/annotations/autoheal.io~1action-id', value: 'inc-1/2' }],
      'application/json-patch+json',
    );
    world.send('POST', `${PODS}/cart-1/eviction`, { metadata: { name: 'cart-1' }, deleteOptions: { dryRun: ['All'] } });
    world.send('PATCH', `${DEPLOYMENTS}/none`, {});
    world.send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {});

    expect(records.map(({ method, status, dryRun, actionId }) => [method, status, dryRun, actionId])).toEqual([
      ['PATCH', 200, true, 'inc-1/1'],
      ['PATCH', 200, false, 'inc-1/1'],
      ['PATCH', 200, false, 'inc-1/2'],
      ['POST', 201, true, undefined],
      ['PATCH', 404, false, undefined],
    ]);
    expect(records[1]).toMatchObject({ path: `${DEPLOYMENTS}/cart`, body: { metadata: { annotations: annotation } } });
  });
});
