import { expect } from '@jest/globals';
import { rebalance } from '../../../../src/act/remedies/rebalance.ts';
import { writesOf } from '../../../../src/domain/remedy.ts';
import type { ObjectStore } from '../../../../src/simulator/objects.ts';
import type { RemedyCase } from '../case.ts';
import { merge, podsOf } from '../hands.ts';
import { NODE, press } from './nodes.ts';
import { aService, cordonAll, isReady, NO_DISRUPTION, NO_DISRUPTION_LATER } from './shop.ts';

function allButOne(objects: ObjectStore): void {
  for (const { metadata } of podsOf(objects, 'cart').slice(1)) {
    merge(objects, 'pods', metadata.name, { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
  }
}

export const rebalanceCase: RemedyCase = {
  remedy: rebalance,
  disruption: 'grows',
  worlds: [
    {
      name: 'a node under pressure',
      services: [aService('cart', { replicas: 6 })],
      cause: 'node-pressure',
      arrange: press,
      effect({ objects, run, intent }) {
        const leaving = writesOf(intent).map(({ target }) => target.name);
        run(90);

        const pods = podsOf(objects, 'cart');
        expect(leaving.length).toBeGreaterThan(1);
        expect(pods.filter(({ metadata }) => leaving.includes(metadata.name))).toEqual([]);
        expect(pods.filter(isReady)).toHaveLength(6);
        const there = pods.filter(({ spec }) => spec?.['nodeName'] === NODE);
        expect(there.length).toBeLessThan(2);
      },
    },
  ],
  refusals: [
    { code: 'last-healthy-pod', when: 'only one pod is ready', arrange: ({ objects }) => allButOne(objects) },
    {
      code: 'last-healthy-pod',
      when: 'only one pod is ready by now',
      arrange: ({ objects }) => allButOne(objects),
      at: 'after',
    },
    NO_DISRUPTION,
    NO_DISRUPTION_LATER,
    {
      code: 'no-cooler-node',
      when: 'no other node takes pods',
      arrange: ({ objects }) => cordonAll(objects),
      at: 'after',
    },
    {
      code: 'changed-since',
      when: 'none of its pods is there any more',
      arrange: ({ objects }) => {
        for (const { metadata } of podsOf(objects, 'cart')) objects.remove('pods', metadata.namespace, metadata.name);
      },
      at: 'after',
    },
  ],
};
