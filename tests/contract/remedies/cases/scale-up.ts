import { expect } from '@jest/globals';
import { scaleUp } from '../../../../src/act/remedies/scale-up.ts';
import { SCALED_OBJECTS } from '../../../../src/simulator/custom-resources.ts';
import { cause } from '../../../builders/incident.ts';
import type { RemedyCase } from '../case.ts';
import { annotate, merge, objectOf } from '../hands.ts';
import { addFullQuota, aService, cordonAll, OPERATOR, ownedRows } from './shop.ts';

const KEDA = { customResources: [SCALED_OBJECTS] };
const BOUNDED = { min: 3, max: 3, cpuPercent: 60 } as const;

export const scaleUpCase: RemedyCase = {
  remedy: scaleUp,
  disruption: 'constant',
  worlds: [
    {
      name: 'a Deployment that nobody scales',
      services: [aService('cart')],
      more: KEDA,
      cause: 'cpu-saturation',
      effect({ objects, run }) {
        run(60);

        expect(objectOf(objects, 'deployments', 'cart').status).toMatchObject({ readyReplicas: 5 });
      },
    },
    {
      name: 'a StatefulSet',
      services: [aService('cart', { kind: 'StatefulSet' })],
      more: KEDA,
      cause: 'cpu-saturation',
      effect({ objects, run }) {
        run(90);

        expect(objectOf(objects, 'statefulsets', 'cart').status).toMatchObject({ readyReplicas: 5 });
      },
    },
    {
      name: 'an autoscaler at its maximum',
      services: [aService('cart', { autoscaler: BOUNDED })],
      more: KEDA,
      cause: 'autoscaler-at-maximum',
      effect({ objects }) {
        expect(objectOf(objects, 'horizontalpodautoscalers', 'cart').spec).toMatchObject({
          minReplicas: 3,
          maxReplicas: 5,
        });
        expect(objectOf(objects, 'deployments', 'cart').spec).toMatchObject({ replicas: 3 });
      },
    },
    {
      name: 'a ScaledObject of KEDA',
      services: [aService('cart', { autoscaler: { ...BOUNDED, keda: true } })],
      cause: 'autoscaler-at-maximum',
      effect({ objects, run }) {
        run(60);

        expect(objectOf(objects, 'scaledobjects', 'cart').spec).toMatchObject({ maxReplicaCount: 5 });
      },
    },
  ],
  refusals: [
    {
      code: 'upstream-cause',
      when: 'a dependency fails',
      incident: (incident) => ({
        ...incident,
        diagnosis: { ...incident.diagnosis, causes: [cause('dependency-failure'), cause('cpu-saturation')] },
      }),
    },
    {
      code: 'at-lower-bound',
      when: 'it is scaled to zero',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { replicas: 0 } }),
    },
    {
      code: 'at-upper-bound',
      when: 'the policy allows no more replicas',
      policy: { scale: { minReplicas: 1, maxReplicas: 3, maxFactor: 2 } },
    },
    {
      code: 'autoscaler-owned',
      when: 'its autoscaler belongs to somebody who would put it back',
      world: 'an autoscaler at its maximum',
      arrange: ({ objects }) =>
        void merge(objects, 'horizontalpodautoscalers', 'cart', { metadata: { ownerReferences: [OPERATOR] } }),
      at: 'after',
    },
    {
      code: 'paused',
      when: 'its ScaledObject is paused',
      world: 'a ScaledObject of KEDA',
      arrange: ({ objects }) => annotate(objects, 'scaledobjects', 'cart', { 'autoscaling.keda.sh/paused': 'true' }),
      at: 'after',
    },
    ...ownedRows('deployments', 'cart'),
    ...ownedRows('deployments', 'cart', { at: 'after' }),
    {
      code: 'quota-exceeded',
      when: 'the namespace has no room for another pod',
      arrange: ({ objects }) => addFullQuota(objects, { pods: '3' }),
      at: 'after',
    },
    { code: 'no-node-fits', when: 'no node takes pods', arrange: ({ objects }) => cordonAll(objects), at: 'after' },
  ],
};
