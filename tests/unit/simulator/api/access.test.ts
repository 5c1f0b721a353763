import { describe, expect, test } from '@jest/globals';
import { accessByToken, type Identity } from '../../../../src/simulator/api/access.ts';
import { makeApi } from '../../../../src/simulator/api/handle.ts';
import { aDeployment, aPod, aStore, DEPLOYMENTS, PODS } from './world.ts';

const healer: Identity = {
  user: 'system:serviceaccount:autoheal:autoheal',
  rules: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/*'], verbs: ['create'] },
    { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get'] },
  ],
  namespaces: {
    shop: [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list'] },
    ],
  },
};

const api = () => {
  const store = aStore();
  store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  store.create('pods', aPod('cart-1'));
  store.create('deployments', aDeployment('cart'));
  store.create('deployments', { ...aDeployment('till'), metadata: { name: 'till', namespace: 'bank' } });
  const access = accessByToken({
    healer,
    admin: { user: 'admin', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
  });
  const handle = makeApi({ store, access });
  return (request: { method: string; path: string; body?: object; token?: string }) => {
    const answer = handle({
      token: 'healer',
      ...request,
      contentType: request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
    });
    if ('watch' in answer) throw new Error('a watch was not asked for');
    return answer;
  };
};

const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'cart-1', namespace: 'shop' } };

describe('an identity', () => {
  test.each([
    { name: 'may what a rule grants', method: 'GET', path: PODS, status: 200 },
    {
      name: 'may what a rule on all subresources grants',
      method: 'POST',
      path: `${PODS}/cart-1/eviction`,
      body: eviction,
      status: 201,
    },
    { name: 'may in its namespace', method: 'PATCH', path: `${DEPLOYMENTS}/cart`, body: {}, status: 200 },
    {
      name: 'may not in another one',
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/bank/deployments/till',
      body: {},
      status: 403,
    },
    { name: 'may not with another verb', method: 'DELETE', path: `${PODS}/cart-1`, status: 403 },
    {
      name: 'may not on a subresource because of the resource',
      method: 'PATCH',
      path: `${DEPLOYMENTS}/cart/scale`,
      body: {},
      status: 403,
    },
    {
      name: 'may not on the resource because of a subresource',
      method: 'GET',
      path: `${DEPLOYMENTS}/cart`,
      status: 403,
    },
    { name: 'may not in another API group', method: 'GET', path: '/apis/batch/v1/namespaces/shop/jobs', status: 403 },
    {
      name: 'may with a namespace itself what it may in it',
      method: 'GET',
      path: '/api/v1/namespaces/shop',
      status: 200,
    },
    { name: 'may not with another namespace', method: 'GET', path: '/api/v1/namespaces/bank', status: 403 },
    {
      name: 'may not with a namespace itself by another verb',
      method: 'PATCH',
      path: '/api/v1/namespaces/shop',
      body: {},
      status: 403,
    },
    {
      name: 'may not list namespaces because of what it may in one',
      method: 'GET',
      path: '/api/v1/namespaces',
      status: 403,
    },
    { name: 'may everything by stars', method: 'DELETE', path: `${PODS}/cart-1`, token: 'admin', status: 200 },
    { name: 'is nobody with an unknown token', method: 'GET', path: PODS, token: 'stolen', status: 401 },
  ])('$name', ({ name: _name, status, ...request }) => {
    expect(api()(request).status).toBe(status);
  });

  test('is told what is missing as the real server says it', () => {
    const answer = api()({ method: 'DELETE', path: `${PODS}/cart-1` });

    expect(answer.body).toMatchObject({
      reason: 'Forbidden',
      message:
        'pods "cart-1" is forbidden: User "system:serviceaccount:autoheal:autoheal" cannot delete resource "pods" in API' +
        ' group "" in the namespace "shop"',
      details: { name: 'cart-1', kind: 'pods' },
    });
  });

  test('is told in which namespace a namespace was asked for', () => {
    const { body } = api()({ method: 'GET', path: '/api/v1/namespaces/bank' });

    expect(JSON.stringify(body)).toContain(
      'cannot get resource \\"namespaces\\" in API group \\"\\" in the namespace \\"bank\\"',
    );
  });

  test('is shown its rules of one namespace, and what it may there', () => {
    const rules = api()({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      body: { spec: { namespace: 'bank' } },
    });
    const may = (namespace: string) =>
      api()({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: { spec: { resourceAttributes: { namespace, verb: 'patch', group: 'apps', resource: 'deployments' } } },
      });

    expect(JSON.stringify(rules.body)).toContain('deployments/scale');
    expect(JSON.stringify(rules.body)).not.toContain('"patch"');
    expect([may('shop').body, may('bank').body]).toMatchObject([
      { status: { allowed: true } },
      { status: { allowed: false } },
    ]);
  });

  test.each([
    {
      name: 'a subresource that a rule on all of them grants',
      verb: 'create',
      resource: 'pods',
      sub: 'eviction',
      allowed: true,
    },
    { name: 'the resource behind it', verb: 'create', resource: 'pods', sub: '', allowed: false },
    { name: 'a cluster-wide list', verb: 'list', resource: 'pods', sub: '', allowed: true },
    { name: 'an unknown resource', verb: 'get', resource: 'secrets', sub: '', allowed: false },
  ])('is told the truth about $name', ({ verb, resource, sub, allowed }) => {
    const attributes = { verb, group: '', resource, ...(sub !== '' && { subresource: sub }) };
    const answer = api()({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { spec: { resourceAttributes: attributes } },
    });

    expect(answer).toMatchObject({ status: 201, body: { status: { allowed } } });
  });
});
