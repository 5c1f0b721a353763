import { expect } from '@jest/globals';
import { pauseRollout } from '../../../../src/act/remedies/pause-rollout.ts';
import type { ObjectStore } from '../../../../src/simulator/objects.ts';
import type { RemedyCase } from '../case.ts';
import { annotate, merge, objectOf, SHOP } from '../hands.ts';
import { aService, ownedRows, rollOut, UNSEEN } from './shop.ts';

function statusOf(objects: ObjectStore, status: object): void {
  merge(objects, 'deployments', 'cart', { status });
}

function stopServing(objects: ObjectStore): void {
  for (const { metadata } of objects.list('replicasets', { namespace: SHOP })) {
    merge(objects, 'replicasets', metadata.name, { status: { readyReplicas: 0 } });
  }
}

export const pauseRolloutCase: RemedyCase = {
  remedy: pauseRollout,
  disruption: 'constant',
  worlds: [
    {
      name: 'a Deployment in the middle of a bad rollout',
      services: [aService('cart')],
      cause: 'errors-after-rollout',
      symptomAgeSeconds: 1,
      arrange({ objects, run }) {
        rollOut(objects, 'deployments', 'cart', { image: 'shop/cart:3' });
        run(7);
      },
      effect({ objects, run }) {
        const before = objectOf(objects, 'deployments', 'cart').status?.['updatedReplicas'];
        run(60);

        const { spec, status } = objectOf(objects, 'deployments', 'cart');
        expect(spec).toMatchObject({ paused: true });
        expect(status?.['updatedReplicas']).toBe(before);
      },
    },
  ],
  refusals: [
    {
      code: 'paused',
      when: 'it is paused already',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { paused: true } }),
    },
    {
      code: 'rollout-in-progress',
      when: 'the controller has not seen the newest spec',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', UNSEEN),
    },
    {
      code: 'no-rollout-in-progress',
      when: 'all replicas are updated',
      arrange: ({ objects }) => statusOf(objects, { updatedReplicas: 3, replicas: 3 }),
    },
    {
      code: 'no-rollout-in-progress',
      when: 'all replicas are updated by now',
      arrange: ({ objects }) => statusOf(objects, { updatedReplicas: 3, replicas: 3 }),
      at: 'after',
    },
    {
      code: 'no-healthy-revision',
      when: 'no pod of the older revision is ready',
      arrange: ({ objects }) => stopServing(objects),
    },
    {
      code: 'no-healthy-revision',
      when: 'no pod of the older revision is ready any more',
      arrange: ({ objects }) => stopServing(objects),
      at: 'after',
    },
    {
      code: 'changed-since',
      when: 'another change of AutoHeal holds it',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/held-by': 'inc-0/1' }),
      at: 'after',
    },
    ...ownedRows('deployments', 'cart'),
    ...ownedRows('deployments', 'cart', { at: 'after' }),
  ],
};
