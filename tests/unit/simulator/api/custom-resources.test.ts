import { describe, expect, test } from '@jest/globals';
import { makeApi } from '../../../../src/simulator/api/handle.ts';
import {
  ARGO_ROLLOUTS,
  customResourcesOf,
  HTTP_ROUTES,
  MACHINE_DEPLOYMENTS,
  SCALED_OBJECTS,
} from '../../../../src/simulator/custom-resources.ts';
import { aService, aSpec } from '../world/harness.ts';
import { aStore, aWorld, type TestWorld } from './world.ts';

const KINDS = [HTTP_ROUTES, ARGO_ROLLOUTS, SCALED_OBJECTS, MACHINE_DEPLOYMENTS];

function pathOf({ group, version, plural }: (typeof KINDS)[number]): string {
  return `/apis/${group}/${version}/namespaces/shop/${plural}`;
}

function withObject(kind: (typeof KINDS)[number], spec: object): TestWorld {
  const world = aWorld({ customResources: KINDS });
  const apiVersion = `${kind.group}/${kind.version}`;
  const body = { apiVersion, kind: kind.kind, metadata: { name: 'cart', namespace: 'shop' }, spec };
  expect(world.send('POST', pathOf(kind), body).status).toBe(201);
  return world;
}

describe.each(KINDS)('$kind', (kind) => {
  test('is served, listed and discovered', () => {
    const world = withObject(kind, { replicas: 2 });

    expect(world.send('GET', pathOf(kind)).body).toMatchObject({
      kind: `${kind.kind}List`,
      items: [{ kind: kind.kind }],
    });
    expect(world.send('GET', `/apis/${kind.group}/${kind.version}`).body['resources']).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: kind.plural, kind: kind.kind, namespaced: true })]),
    );
  });

  test('takes a marked merge patch with its preconditions, and refuses a stale one and a strategic one', () => {
    const world = withObject(kind, { replicas: 2 });
    const { uid, resourceVersion } = world.store.get(kind.plural, 'shop', 'cart')!.metadata;
    const metadata = { uid, resourceVersion, annotations: { 'autoheal.io/action-id': 'inc-1/1' } };
    const path = `${pathOf(kind)}/cart`;

    const strategic = world.send('PATCH', path, { metadata }, 'application/strategic-merge-patch+json');
    const rehearsed = world.send('PATCH', `${path}?dryRun=All`, { metadata, spec: { replicas: 3 } });
    const done = world.send('PATCH', path, { metadata, spec: { replicas: 3 } });
    const stale = world.send('PATCH', path, { metadata, spec: { replicas: 4 } });

    expect([strategic.status, rehearsed.status, done.status, stale.status]).toEqual([415, 200, 200, 409]);
    expect(world.store.get(kind.plural, 'shop', 'cart')).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 3 },
    });
  });

  test('is not there unless it is asked for', () => {
    expect(makeApi({ store: aStore() })({ method: 'GET', path: pathOf(kind) })).toMatchObject({ status: 404 });
  });
});

describe('the status of an Argo Rollout', () => {
  const path = `${pathOf(ARGO_ROLLOUTS)}/cart/status`;

  test('is aborted through its subresource, which takes no annotation along', () => {
    const world = withObject(ARGO_ROLLOUTS, { replicas: 2 });
    const { uid, resourceVersion } = world.store.get('rollouts', 'shop', 'cart')!.metadata;
    const metadata = { uid, resourceVersion, annotations: { 'autoheal.io/action-id': 'inc-1/1' } };

    const answer = world.send('PATCH', path, { metadata, spec: { replicas: 9 }, status: { abort: true } });

    expect(answer.status).toBe(200);
    expect(world.store.get('rollouts', 'shop', 'cart')).toMatchObject({
      spec: { replicas: 2 },
      status: { abort: true },
    });
    expect(world.store.get('rollouts', 'shop', 'cart')?.metadata.annotations).toBeUndefined();
  });

  test.each([
    { name: 'another uid', metadata: { uid: 'other' }, status: 422 },
    { name: 'a stale version', metadata: { resourceVersion: '999' }, status: 409 },
  ])('with $name is refused', ({ metadata, status }) => {
    const world = withObject(ARGO_ROLLOUTS, {});

    expect(world.send('PATCH', path, { metadata, status: { abort: true } }).status).toBe(status);
  });

  test('is not written through the object itself', () => {
    const world = withObject(ARGO_ROLLOUTS, {});

    world.send('PATCH', `${pathOf(ARGO_ROLLOUTS)}/cart`, { status: { abort: true } });

    expect(world.store.get('rollouts', 'shop', 'cart')?.status).toBeUndefined();
  });
});

test('a MachineDeployment is scaled through its subresource', () => {
  const world = withObject(MACHINE_DEPLOYMENTS, { replicas: 2 });
  const { uid, resourceVersion } = world.store.get('machinedeployments', 'shop', 'cart')!.metadata;
  const path = `${pathOf(MACHINE_DEPLOYMENTS)}/cart/scale`;

  const answer = world.send('PATCH', path, { metadata: { uid, resourceVersion }, spec: { replicas: 3 } });

  expect(answer).toMatchObject({ status: 200, body: { kind: 'Scale', spec: { replicas: 3 } } });
  expect(world.send('PATCH', path, { metadata: { resourceVersion }, spec: { replicas: 4 } }).status).toBe(409);
});

test('a world serves the kinds that its parts need, each once', () => {
  const web = aService({
    name: 'web',
    route: { name: 'web', fallback: 'spare' },
    autoscaler: { min: 1, max: 2, cpuPercent: 50, keda: true },
  });
  const spec = aSpec([web], {
    nodeGroups: [{ namespace: 'infra', name: 'workers' }],
    customResources: [HTTP_ROUTES, ARGO_ROLLOUTS],
  });

  expect(
    customResourcesOf(spec)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(['HTTPRoute', 'MachineDeployment', 'Rollout', 'ScaledObject']);
  expect(customResourcesOf(aSpec([]))).toEqual([]);
});
