import { describe, expect, test } from '@jest/globals';
import type { LogQuery } from '../../../../src/simulator/api/context.ts';
import { PODS, aDeployment, aPod, aStore, aWorld } from './world.ts';

interface Names {
  readonly metadata: { readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

describe('lists', () => {
  test('come in pages that together hold everything once', () => {
    const world = aWorld();
    for (let at = 0; at < 7; at += 1) {
      world.store.create('pods', aPod(`p-${at}`));
    }
    const seen: string[] = [];
    const remaining: (number | undefined)[] = [];
    let token = '';

    do {
      const { body } = world.send('GET', `${PODS}?limit=3${token === '' ? '' : `&continue=${token}`}`);
      const page = body as unknown as Names; // A list's body, as the API documents it.
      seen.push(...page.items.map(({ metadata }) => metadata.name));
      remaining.push(page.metadata.remainingItemCount);
      token = page.metadata.continue ?? '';
    } while (token !== '');

    expect(seen).toEqual(['p-0', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5', 'p-6']);
    expect(remaining).toEqual([4, 1, undefined]);
  });

  test('a page that was waited for too long is gone', () => {
    const world = aWorld({ store: aStore(5) });
    world.store.create('pods', aPod('a'));
    world.store.create('pods', aPod('b'));
    const { body } = world.send('GET', `${PODS}?limit=1`);
    const token = (body as unknown as Names).metadata.continue ?? ''; // A list's body, as the API documents it.
    for (let at = 0; at < 20; at += 1) {
      world.store.create('pods', aPod(`p-${at}`));
    }

    expect(world.send('GET', `${PODS}?limit=1&continue=${token}`)).toMatchObject({
      status: 410,
      body: { reason: 'Expired' },
    });
    expect(world.send('GET', `${PODS}?limit=1&continue=nonsense`).status).toBe(400);
  });

  test('select by label and field, in one namespace or all', () => {
    const world = aWorld();
    world.store.create('pods', aPod('a', { labels: { tier: 'web' } }));
    world.store.create('pods', aPod('b', { status: { phase: 'Failed' } }));
    world.store.create('pods', { ...aPod('c'), metadata: { name: 'c', namespace: 'else' } });

    const names = (path: string): string[] =>
      (world.send('GET', path).body as unknown as Names).items.map(({ metadata }) => metadata.name); // A list's body.

    expect(names('/api/v1/pods')).toEqual(['c', 'a', 'b']);
    expect(names(`${PODS}?labelSelector=tier%20in%20(web,db)`)).toEqual(['a']);
    expect(names('/api/v1/pods?fieldSelector=status.phase%3DFailed')).toEqual(['b']);
    expect(names('/api/v1/namespaces/none/pods')).toEqual([]);
  });

  test.each([
    { path: `${PODS}?labelSelector=%3D`, status: 400 },
    { path: `${PODS}?resourceVersion=abc`, status: 400 },
    { path: `${PODS}?resourceVersion=999`, status: 504 },
    { path: '/api/v1/things', status: 404 },
    { path: '/api/v2/pods', status: 404 },
    { path: '/api/v1/pods/a', status: 404 },
    { path: '/api/v1/namespaces/shop/nodes', status: 404 },
    { path: `${PODS}/a/exec`, status: 404 },
    { path: `${PODS}/%zz`, status: 404 },
    { path: '/', status: 404 },
  ])('$path: $status', ({ path, status }) => {
    expect(aWorld().text('GET', path).status).toBe(status);
  });
});

describe('logs', () => {
  const ask = (query: string): { answer: { status: number; body: unknown }; asked: LogQuery[] } => {
    const asked: LogQuery[] = [];
    const world = aWorld({
      logs: (given) => {
        asked.push(given);
        return given.previous && given.container === 'side' ? undefined : 'one\ntwo\nthree\n';
      },
    });
    world.store.create('pods', aPod('a', { spec: { containers: [{ name: 'app' }, { name: 'side' }] } }));
    return { answer: world.text('GET', `${PODS}/a/log?${query}`), asked };
  };

  test.each([
    { name: 'all of them', query: 'container=app', status: 200, body: 'one\ntwo\nthree\n' },
    { name: 'the last', query: 'container=app&previous=true&tailLines=2', status: 200, body: 'two\nthree\n' },
    { name: 'more than there are', query: 'container=app&tailLines=20', status: 200, body: 'one\ntwo\nthree\n' },
    { name: 'none', query: 'container=app&tailLines=0', status: 200, body: '' },
  ])('$name', ({ query, status, body }) => {
    expect(ask(query).answer).toEqual({ status, body });
  });

  test('say whose previous run is asked for', () => {
    expect(ask('container=app&previous=true').asked).toEqual([
      { namespace: 'shop', pod: 'a', container: 'app', previous: true },
    ]);
  });

  test.each(['', 'container=none', 'container=side&previous=true'])('"%s" cannot be answered', (query) => {
    expect(ask(query).answer.status).toBe(400);
  });
});

describe('access', () => {
  const world = aWorld({
    access: (token) =>
      token === 'reader'
        ? { user: 'reader', allowed: (verb, group, resource) => verb === 'get' && group === '' && resource === 'pods' }
        : undefined,
  });
  world.store.create('pods', aPod('a'));
  const status = (method: string, path: string, token?: string): number =>
    world.handle({ method, path, token, contentType: 'application/json', body: '{}' }).status;

  test.each([
    { name: 'what is allowed', method: 'GET', path: `${PODS}/a`, token: 'reader', status: 200 },
    { name: 'a list needs another verb', method: 'GET', path: PODS, token: 'reader', status: 403 },
    { name: 'so does a watch', method: 'GET', path: `${PODS}?watch=true`, token: 'reader', status: 403 },
    { name: 'a subresource needs its own right', method: 'GET', path: `${PODS}/a/log`, token: 'reader', status: 403 },
    {
      name: 'what is not there needs a right, too',
      method: 'GET',
      path: '/api/v1/nodes/x',
      token: 'reader',
      status: 403,
    },
    { name: 'an unknown token', method: 'GET', path: `${PODS}/a`, token: 'other', status: 401 },
    { name: 'no token', method: 'GET', path: `${PODS}/a`, token: undefined, status: 401 },
    { name: 'discovery needs a token', method: 'GET', path: '/apis', token: undefined, status: 401 },
    { name: 'health does not', method: 'GET', path: '/readyz', token: undefined, status: 200 },
  ])('$name: $status', ({ method, path, token, status: expected }) => {
    expect(status(method, path, token)).toBe(expected);
  });

  test('at the cluster scope the refusal says so', () => {
    const answer = world.handle({ method: 'PATCH', path: '/api/v1/nodes/n', token: 'reader' });

    expect(answer).toMatchObject({
      body: {
        message:
          'nodes "n" is forbidden: User "reader" cannot patch resource "nodes" in API group "" at the cluster scope',
      },
    });
  });

  test.each([
    { attributes: { verb: 'get', group: '', resource: 'pods', namespace: 'shop' }, allowed: true },
    { attributes: { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' }, allowed: false },
  ])('a review of $attributes says $allowed', ({ attributes, allowed }) => {
    const answer = world.handle({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      token: 'reader',
      body: JSON.stringify({ spec: { resourceAttributes: attributes } }),
    });

    expect(answer).toMatchObject({ status: 201, body: { status: { allowed } } });
  });
});

describe('discovery', () => {
  const world = aWorld();

  test('lists the groups, their versions and their resources', () => {
    expect(world.send('GET', '/api').body).toMatchObject({ versions: ['v1'] });
    expect(world.send('GET', '/apis').body['groups']).toContainEqual({
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    });
    const resources = world.send('GET', '/apis/apps/v1').body['resources'];
    expect(resources).toContainEqual(expect.objectContaining({ name: 'deployments', shortNames: ['deploy'] }));
    expect(resources).toContainEqual(expect.objectContaining({ name: 'deployments/scale', group: 'autoscaling' }));
    expect(world.send('GET', '/api/v1').body['resources']).toContainEqual(
      expect.objectContaining({ name: 'pods/eviction', kind: 'Eviction' }),
    );
    expect(world.send('GET', '/version').body).toMatchObject({ major: '1' });
    expect(world.text('GET', '/healthz').body).toBe('ok');
  });

  test('there are no schemas, so that kubectl leaves validation to the server', () => {
    expect(world.text('GET', '/openapi/v2')).toEqual({ status: 200, body: '' });
  });

  test('a kind that a Deployment has in another version is not served', () => {
    world.store.create('deployments', aDeployment('cart'));

    expect(world.text('GET', '/apis/apps/v1beta1/namespaces/shop/deployments/cart').status).toBe(404);
  });
});
