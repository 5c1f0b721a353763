import { expect } from '@jest/globals';
import { ensureHpa } from '../../../../src/act/remedies/ensure-hpa.ts';
import { SCALED_OBJECTS } from '../../../../src/simulator/custom-resources.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import { cause } from '../../../builders/incident.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { add, merge, objectOf, SHOP } from '../hands.ts';
import { aService, ownedRows, rollOut } from './shop.ts';

const KEDA = { customResources: [SCALED_OBJECTS] };

function creating(kind: ServiceSpec['kind']): RemedyWorld {
  return {
    name: `a ${kind} without an autoscaler`,
    services: [aService('cart', { kind })],
    more: KEDA,
    cause: 'cpu-saturation',
    effect({ objects, run }) {
      run(20);

      const { metadata, spec } = objectOf(objects, 'horizontalpodautoscalers', 'cart');
      expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'autoheal' });
      expect(spec).toMatchObject({ scaleTargetRef: { kind, name: 'cart' }, minReplicas: 3, maxReplicas: 6 });
    },
  };
}

const WIDENING: RemedyWorld = {
  name: 'an autoscaler of its own that is at its maximum',
  services: [aService('cart', { autoscaler: { min: 3, max: 3, cpuPercent: 60 } })],
  more: KEDA,
  cause: 'autoscaler-at-maximum',
  arrange({ objects }) {
    const labels = { 'app.kubernetes.io/managed-by': 'autoheal' };
    const annotations = { 'autoheal.io/action-id': 'inc-0/1' };
    merge(objects, 'horizontalpodautoscalers', 'cart', { metadata: { labels, annotations } });
  },
  effect({ objects }) {
    expect(objectOf(objects, 'horizontalpodautoscalers', 'cart').spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 6,
    });
  },
};

const DEPLOYMENT = creating('Deployment');

export const ensureHpaCase: RemedyCase = {
  remedy: ensureHpa,
  disruption: 'constant',
  worlds: [DEPLOYMENT, creating('StatefulSet'), WIDENING],
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
      code: 'autoscaler-exists',
      when: 'somebody else has made one since',
      arrange: ({ objects }) =>
        void add(objects, 'horizontalpodautoscalers', {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'cart', namespace: SHOP },
          spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' }, maxReplicas: 9 },
        }),
      at: 'after',
    },
    {
      code: 'autoscaler-exists',
      when: 'one of that name is there, for another workload',
      arrange: ({ objects }) =>
        void add(objects, 'horizontalpodautoscalers', {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'cart', namespace: SHOP },
          spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other' }, maxReplicas: 9 },
        }),
      at: 'after',
    },
    {
      code: 'no-requests-set',
      when: 'a container requests no CPU',
      arrange: ({ objects }) => rollOut(objects, 'deployments', 'cart', { resources: {} }),
      at: 'after',
    },
    ...ownedRows('deployments', 'cart'),
    ...ownedRows('deployments', 'cart', { at: 'after' }),
    {
      code: 'at-upper-bound',
      when: 'the policy allows no more replicas',
      policy: { scale: { minReplicas: 1, maxReplicas: 3, maxFactor: 2 } },
    },
    {
      code: 'at-upper-bound',
      when: 'its maximum is not what holds it back',
      world: WIDENING.name,
      arrange: ({ objects }) => void merge(objects, 'horizontalpodautoscalers', 'cart', { spec: { maxReplicas: 5 } }),
      at: 'after',
    },
    {
      code: 'at-lower-bound',
      when: 'it is scaled to zero',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { replicas: 0 } }),
    },
    {
      code: 'at-lower-bound',
      when: 'it is scaled to zero by now',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { replicas: 0 } }),
      at: 'after',
    },
  ],
};
