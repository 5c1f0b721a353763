import { expect } from '@jest/globals';
import { rolloutRestart } from '../../../../src/act/remedies/rollout-restart.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { After, RemedyCase, RemedyWorld } from '../case.ts';
import { merge, podsOf } from '../hands.ts';
import { aService, isReady, NO_DISRUPTION, NO_DISRUPTION_LATER, UNSEEN } from './shop.ts';

function worldOf(kind: ServiceSpec['kind']): RemedyWorld {
  return {
    name: `a ${kind}`,
    services: [aService('cart', { kind })],
    cause: 'memory-leak',
    effect({ objects, run, intent }: After) {
      const before = podsOf(objects, 'cart').map(({ metadata }) => metadata.uid);
      run(240);

      const pods = podsOf(objects, 'cart');
      expect(pods.filter(isReady)).toHaveLength(before.length);
      expect(before.length).toBe(3);
      expect(pods.map(({ metadata }) => metadata.uid).filter((uid) => before.includes(uid))).toEqual([]);
      expect(intent.undo).toBeUndefined();
    },
  };
}

export const rolloutRestartCase: RemedyCase = {
  remedy: rolloutRestart,
  disruption: 'grows',
  worlds: [worldOf('Deployment'), worldOf('StatefulSet'), worldOf('DaemonSet')],
  refusals: [
    {
      code: 'paused',
      when: 'the rollout is paused',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { spec: { paused: true } }),
    },
    {
      code: 'rollout-in-progress',
      when: 'the controller has not seen the newest spec',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', UNSEEN),
    },
    {
      code: 'rollout-in-progress',
      when: 'a rollout began after the diagnosis',
      arrange: ({ objects }) => void merge(objects, 'deployments', 'cart', { status: { updatedReplicas: 1 } }),
      at: 'after',
    },
    {
      code: 'wrong-kind',
      when: 'it updates on deletion only',
      world: 'a StatefulSet',
      arrange: ({ objects }) =>
        void merge(objects, 'statefulsets', 'cart', { spec: { updateStrategy: { type: 'OnDelete' } } }),
      at: 'after',
    },
    NO_DISRUPTION,
    NO_DISRUPTION_LATER,
  ],
};
