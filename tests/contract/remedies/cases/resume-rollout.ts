import { expect } from '@jest/globals';
import { pauseMark } from '../../../../src/act/rollout/pause-mark.ts';
import { resumeRollout } from '../../../../src/act/remedies/resume-rollout.ts';
import type { PodTemplate } from '../../../../src/domain/kubernetes.ts';
import type { ObjectStore } from '../../../../src/simulator/objects.ts';
import type { RemedyCase } from '../case.ts';
import { annotate, merge, objectOf } from '../hands.ts';
import { aService, ownedRows, rollOut } from './shop.ts';

const HELD_BY = 'autoheal.io/held-by';

function markOf(objects: ObjectStore): string {
  const { spec = {} } = objectOf(objects, 'deployments', 'cart');
  return pauseMark('inc-0/1', spec['template'] as PodTemplate); // A Deployment's.
}

export const resumeRolloutCase: RemedyCase = {
  remedy: resumeRollout,
  disruption: 'constant',
  worlds: [
    {
      name: 'a Deployment that AutoHeal paused, with another template',
      services: [aService('cart')],
      cause: 'errors-after-rollout',
      arrange({ objects, run }) {
        rollOut(objects, 'deployments', 'cart', { image: 'shop/cart:3' });
        run(7);
        annotate(objects, 'deployments', 'cart', { [HELD_BY]: markOf(objects) });
        merge(objects, 'deployments', 'cart', { spec: { paused: true } });
        run(20);
        rollOut(objects, 'deployments', 'cart', { image: 'shop/cart:4' });
        run(5);
      },
      effect({ objects, run }) {
        run(120);

        const { metadata, spec = {}, status } = objectOf(objects, 'deployments', 'cart');
        expect(spec['paused']).toBeUndefined();
        expect(metadata.annotations).not.toHaveProperty([HELD_BY]);
        expect(JSON.stringify(spec['template'])).toContain('shop/cart:4');
        expect(status).toMatchObject({ updatedReplicas: 3, readyReplicas: 3 });
      },
    },
  ],
  refusals: [
    {
      code: 'not-held-by-autoheal',
      when: 'the rollout is not paused',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { paused: null } }),
    },
    {
      code: 'not-held-by-autoheal',
      when: 'somebody else has paused it',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { [HELD_BY]: null }),
    },
    {
      code: 'not-held-by-autoheal',
      when: 'somebody has taken the hold away since',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { [HELD_BY]: null }),
      at: 'after',
    },
    {
      code: 'does-not-cure',
      when: 'the template is still the one that was paused',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { [HELD_BY]: markOf(objects) }),
    },
    ...ownedRows('deployments', 'cart'),
    ...ownedRows('deployments', 'cart', { at: 'after' }),
  ],
};
