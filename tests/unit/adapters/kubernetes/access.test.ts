import { describe, expect, test } from '@jest/globals';

import { neededRule, type Verb } from '../../../../src/adapters/kubernetes/access.ts';

describe('the rule that a request needs', () => {
  const cases: readonly { readonly name: string; readonly verb: Verb; readonly path: string; readonly rule: string }[] =
    [
      {
        name: 'an object of a namespace',
        verb: 'get',
        path: '/api/v1/namespaces/shop/pods/cart-1',
        rule: 'verbs ["get"] on resources ["pods"] of apiGroups [""] in namespace shop',
      },
      {
        name: 'a subresource of another group',
        verb: 'patch',
        path: '/apis/apps/v1/namespaces/shop/deployments/cart/scale',
        rule: 'verbs ["patch"] on resources ["deployments/scale"] of apiGroups ["apps"] in namespace shop',
      },
      {
        name: 'an object of the cluster',
        verb: 'patch',
        path: '/api/v1/nodes/node-1',
        rule: 'verbs ["patch"] on resources ["nodes"] of apiGroups [""] in the whole cluster',
      },
      {
        name: 'a list over all namespaces',
        verb: 'list',
        path: '/api/v1/pods',
        rule: 'verbs ["list"] on resources ["pods"] of apiGroups [""] in the whole cluster',
      },
      {
        name: 'a namespace itself, which a Role in it grants',
        verb: 'get',
        path: '/api/v1/namespaces/shop',
        rule: 'verbs ["get"] on resources ["namespaces"] of apiGroups [""] in namespace shop',
      },
      {
        name: 'the list of namespaces',
        verb: 'list',
        path: '/api/v1/namespaces',
        rule: 'verbs ["list"] on resources ["namespaces"] of apiGroups [""] in the whole cluster',
      },
    ];

  test.each(cases)('$name', ({ verb, path, rule }) => {
    expect(neededRule(verb, path)).toBe(rule);
  });
});
