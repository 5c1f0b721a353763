import { expect } from '@jest/globals';
import { scaleDown } from '../../../../src/act/remedies/scale-down.ts';
import { SCALED_OBJECTS } from '../../../../src/simulator/custom-resources.ts';
import type { RemedyCase } from '../case.ts';
import { add, annotate, merge, objectOf, SHOP } from '../hands.ts';
import { aService, ownedRows } from './shop.ts';

const KEDA = { customResources: [SCALED_OBJECTS] };

export const scaleDownCase: RemedyCase = {
  remedy: scaleDown,
  considered: 'refuses',
  disruption: 'constant',
  worlds: [
    {
      name: 'a Deployment with more than it needs',
      services: [aService('cart', { replicas: 4 })],
      more: KEDA,
      cause: 'unknown',
      effect({ objects, run }) {
        run(60);

        expect(objectOf(objects, 'deployments', 'cart').status).toMatchObject({ replicas: 2, readyReplicas: 2 });
      },
    },
    {
      name: 'a StatefulSet with more than it needs',
      services: [aService('cart', { kind: 'StatefulSet', replicas: 4 })],
      more: KEDA,
      cause: 'unknown',
      effect({ objects, run }) {
        run(90);

        expect(objectOf(objects, 'statefulsets', 'cart').status).toMatchObject({ replicas: 2 });
      },
    },
  ],
  refusals: [
    {
      code: 'wrong-kind',
      when: 'a DaemonSet has taken its place',
      incident: (incident) => {
        const { location } = incident;
        const workload = { ...location.workload, kind: 'DaemonSet', name: 'agent' };
        return { ...incident, location: { ...location, workload, uid: 'uid-of-the-agent' } };
      },
      arrange: ({ objects, now }) => {
        objects.restore('daemonsets', {
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          metadata: {
            name: 'agent',
            namespace: SHOP,
            uid: 'uid-of-the-agent',
            resourceVersion: '1',
            creationTimestamp: new Date(now).toISOString(),
          },
          spec: { selector: { matchLabels: { app: 'agent' } }, template: { spec: { containers: [] } } },
        });
      },
      at: 'after',
    },
    {
      code: 'autoscaler-owned',
      when: 'an autoscaler does so by itself',
      arrange: ({ objects }) =>
        void add(objects, 'horizontalpodautoscalers', {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'cart', namespace: SHOP },
          spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' }, maxReplicas: 9 },
        }),
    },
    {
      code: 'paused',
      when: 'KEDA is paused on it',
      arrange: ({ objects }) => {
        add(objects, 'scaledobjects', {
          apiVersion: 'keda.sh/v1alpha1',
          kind: 'ScaledObject',
          metadata: { name: 'cart', namespace: SHOP },
          spec: { scaleTargetRef: { name: 'cart' } },
        });
        annotate(objects, 'scaledobjects', 'cart', { 'autoscaling.keda.sh/paused-replicas': '4' });
      },
    },
    ...ownedRows('deployments', 'cart'),
    {
      code: 'at-lower-bound',
      when: 'there are as few as the policy allows',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { replicas: 1 } }),
    },
  ],
};
