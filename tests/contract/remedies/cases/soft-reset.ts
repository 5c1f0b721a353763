import { expect } from '@jest/globals';
import { softReset } from '../../../../src/act/remedies/soft-reset.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { annotate, podsOf, SHOP } from '../hands.ts';
import { aService, isReady } from './shop.ts';

function worldOf(kind: ServiceSpec['kind']): RemedyWorld {
  return {
    name: `a ${kind} with a heal endpoint`,
    services: [aService('cart', { kind, healEndpoint: { path: '/heal' } })],
    cause: 'memory-leak',
    effect({ objects, intent, run }) {
      run(10);

      expect(intent.call).toEqual({ method: 'POST', url: 'http://cart.shop.svc:8080/heal' });
      expect(podsOf(objects, 'cart').filter(isReady)).toHaveLength(3);
    },
  };
}

export const softResetCase: RemedyCase = {
  remedy: softReset,
  disruption: 'constant',
  worlds: [worldOf('Deployment'), worldOf('StatefulSet'), worldOf('DaemonSet')],
  refusals: [
    {
      code: 'no-endpoint',
      when: 'the workload names none',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/heal-path': null }),
    },
    {
      code: 'no-endpoint',
      when: 'what it names is no plain path',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/heal-path': '/../admin?x=1' }),
      at: 'after',
    },
    {
      code: 'no-service',
      when: 'no Service selects its pods',
      arrange: ({ objects }) => objects.remove('services', SHOP, 'cart'),
      at: 'after',
    },
  ],
};
