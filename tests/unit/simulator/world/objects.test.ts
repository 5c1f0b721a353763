import { expect, test } from '@jest/globals';
import { makeApi } from '../../../../src/simulator/api/handle.ts';
import { ARGO_ROLLOUTS, customResourcesOf } from '../../../../src/simulator/custom-resources.ts';
import { aBench, aService, aSpec } from './harness.ts';

test('a world holds the objects that it is given, and its API serves their kinds', () => {
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'canary', namespace: 'shop' },
    spec: { replicas: 2 },
  };
  const spec = aSpec([aService({ name: 'web' })], {
    customResources: [ARGO_ROLLOUTS],
    objects: [{ resource: 'rollouts', object: rollout }],
  });
  const bench = aBench(spec);
  bench.run(30);
  const api = makeApi({ store: bench.store, customResources: customResourcesOf(spec) });

  const answer = api({ method: 'GET', path: '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/canary' });

  expect(answer).toMatchObject({ status: 200, body: { kind: 'Rollout', spec: { replicas: 2 } } });
});

test('an owner that is deleted in the foreground goes after what it owns', () => {
  const bench = aBench(aSpec([aService({ name: 'web' })]));
  bench.run(30);
  const seen: [boolean, number][] = [];

  makeApi({ store: bench.store })({
    method: 'DELETE',
    path: '/apis/apps/v1/namespaces/shop/deployments/web',
    body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' }),
  });
  bench.run(20, () => {
    seen.push([bench.store.get('deployments', 'shop', 'web') !== undefined, bench.all('replicasets').length]);
  });

  expect(seen[0]?.[0]).toBe(true);
  expect(seen.some(([owner, owned]) => !owner && owned > 0)).toBe(false);
  expect(seen.at(-1)).toEqual([false, 0]);
  expect(bench.pods('web')).toEqual([]);
});
