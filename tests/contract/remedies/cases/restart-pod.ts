import { expect } from '@jest/globals';
import { restartPod } from '../../../../src/act/remedies/restart-pod.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { merge, objectOf, podsOf } from '../hands.ts';
import { aService, isReady, NO_DISRUPTION, NO_DISRUPTION_LATER } from './shop.ts';

function worldOf(kind: ServiceSpec['kind']): RemedyWorld {
  return {
    name: `a pod of a ${kind}`,
    services: [aService('cart', { kind })],
    cause: 'one-bad-pod',
    located: (objects) => ({
      pods: podsOf(objects, 'cart')
        .slice(0, 1)
        .map(({ metadata }) => metadata.name),
    }),
    effect({ objects, run, intent }) {
      run(90);

      const pods = podsOf(objects, 'cart');
      expect(pods.filter(isReady)).toHaveLength(3);
      expect(pods.map(({ metadata }) => metadata.uid)).not.toContain(intent.uid);
    },
  };
}

export const restartPodCase: RemedyCase = {
  remedy: restartPod,
  disruption: 'constant',
  worlds: [worldOf('Deployment'), worldOf('StatefulSet'), worldOf('DaemonSet')],
  refusals: [
    {
      code: 'no-pod-named',
      when: 'no alert names a pod, and none looks ill',
      incident: (incident) => ({ ...incident, location: { ...incident.location, pods: [] } }),
    },
    {
      code: 'bare-pod',
      when: 'the pod has lost its controller since',
      arrange: ({ objects }) => {
        const [pod] = podsOf(objects, 'cart');
        merge(objects, 'pods', pod?.metadata.name ?? '', { metadata: { ownerReferences: null } });
        expect(objectOf(objects, 'pods', pod?.metadata.name ?? '').metadata.ownerReferences).toBeUndefined();
      },
      at: 'after',
    },
    NO_DISRUPTION,
    NO_DISRUPTION_LATER,
  ],
};
