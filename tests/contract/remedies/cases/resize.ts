import { expect } from '@jest/globals';
import { resize } from '../../../../src/act/remedies/resize.ts';
import type { CauseName } from '../../../../src/domain/diagnosis.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { add, merge, objectOf, podsOf, replace, SHOP } from '../hands.ts';
import { addFullQuota, aService, ownedRows, UNSEEN } from './shop.ts';

const VPA = {
  group: 'autoscaling.k8s.io',
  version: 'v1',
  plural: 'verticalpodautoscalers',
  kind: 'VerticalPodAutoscaler',
};

function worldOf(kind: ServiceSpec['kind'], resource: string, cause: CauseName, raised: string): RemedyWorld {
  return {
    name: `${cause} of a ${kind}`,
    services: [aService('cart', { kind })],
    more: { customResources: [VPA] },
    cause,
    effect({ objects, run }) {
      run(5);

      expect(JSON.stringify(objectOf(objects, resource, 'cart').spec)).toContain(raised);
      for (const pod of podsOf(objects, 'cart')) expect(JSON.stringify(pod.spec)).toContain(raised);
    },
  };
}

const FIRST = worldOf('Deployment', 'deployments', 'memory-limit-too-low', '"192Mi"');
const THROTTLED = worldOf('DaemonSet', 'daemonsets', 'cpu-throttling', '"300m"');

export const resizeCase: RemedyCase = {
  remedy: resize,
  disruption: 'grows',
  worlds: [FIRST, worldOf('StatefulSet', 'statefulsets', 'memory-limit-too-low', '"192Mi"'), THROTTLED],
  refusals: [
    {
      code: 'paused',
      when: 'the rollout is paused',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { paused: true } }),
    },
    {
      code: 'rollout-in-progress',
      when: 'the controller has not seen the newest spec',
      world: THROTTLED.name,
      arrange: ({ objects }) => void merge(objects, 'daemonsets', 'cart', UNSEEN),
      at: 'after',
    },
    {
      code: 'no-limit-set',
      when: 'no container has a limit',
      arrange: ({ objects }) => {
        const { spec = {} } = objectOf(objects, 'deployments', 'cart');
        const bare = JSON.parse(JSON.stringify(spec).replaceAll('"limits":', '"requests":')) as object; // Of an object.
        merge(objects, 'deployments', 'cart', { spec: bare });
      },
      at: 'after',
    },
    {
      code: 'at-upper-bound',
      when: 'the policy allows no more memory',
      policy: { limits: { resize: { factor: 1.5, maxMemory: '128Mi', maxCpu: '4' } } },
    },
    ...ownedRows('deployments', 'cart'),
    ...ownedRows('deployments', 'cart', { at: 'after' }),
    {
      code: 'autoscaler-owned',
      when: 'a VerticalPodAutoscaler decides on its limits',
      arrange: ({ objects }) =>
        void add(objects, 'verticalpodautoscalers', {
          apiVersion: 'autoscaling.k8s.io/v1',
          kind: VPA.kind,
          metadata: { name: 'cart', namespace: SHOP },
          spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } },
        }),
    },
    {
      code: 'no-node-fits',
      when: 'the nodes have no memory left',
      arrange: ({ objects }) => {
        for (const { metadata } of objects.list('nodes')) {
          merge(objects, 'nodes', metadata.name, { status: { allocatable: { memory: '64Mi' } } });
        }
      },
      at: 'after',
    },
    {
      code: 'infeasible',
      when: 'the API server finds a resize of a pod impossible',
      arrange: ({ objects }) => {
        for (const pod of podsOf(objects, 'cart')) {
          // More than the new limit: nobody may request that.
          const text = JSON.stringify(pod.spec).replace('"memory":"64Mi"', '"memory":"1Gi"');
          objects.update('pods', { ...pod, spec: JSON.parse(text) as object as Record<string, unknown> }); // A pod's.
        }
      },
      at: 'after',
    },
    {
      code: 'changed-since',
      when: 'another Deployment of the same name is there by now',
      arrange: ({ objects }) => void replace(objects, 'deployments', objectOf(objects, 'deployments', 'cart')),
      at: 'after',
    },
    {
      code: 'quota-exceeded',
      when: 'the namespace has used up its limits',
      arrange: ({ objects }) => addFullQuota(objects, { 'limits.memory': '384Mi' }),
    },
  ],
};
