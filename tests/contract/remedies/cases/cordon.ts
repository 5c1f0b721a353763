import { expect } from '@jest/globals';
import { cordon } from '../../../../src/act/remedies/cordon.ts';
import type { RemedyCase } from '../case.ts';
import { merge, objectOf, podsOf } from '../hands.ts';
import { NODE, press, TAKE_OUT_ROWS, theNode } from './nodes.ts';
import { aService, CORDONED } from './shop.ts';

/** Four nodes: of fewer none may be taken out by its share alone. */
export const FOUR_NODES = ['node-1', 'node-2', 'node-3', 'node-4'].map((name) => ({ name, cpu: '4', memory: '8Gi' }));

export const cordonCase: RemedyCase = {
  remedy: cordon,
  disruption: 'constant',
  worlds: [
    {
      name: 'a node under pressure',
      services: [aService('cart')],
      more: { nodes: FOUR_NODES },
      cause: 'node-pressure',
      located: theNode,
      arrange: press,
      effect({ objects, run, intent }) {
        const before = podsOf(objects, 'cart').map(({ metadata }) => metadata.uid);
        run(10);

        const { metadata, spec } = objectOf(objects, 'nodes', NODE);
        expect(spec).toMatchObject({ unschedulable: true });
        expect(metadata.annotations).toMatchObject({ 'autoheal.io/held-by': intent.actionId });
        expect(podsOf(objects, 'cart').map((pod) => pod.metadata.uid)).toEqual(before);
        expect(intent.giveBack).toMatchObject({ when: 'node-healthy' });
      },
    },
  ],
  refusals: [
    ...TAKE_OUT_ROWS,
    {
      code: 'does-not-cure',
      when: 'somebody has cordoned it',
      arrange: ({ objects }) => void merge(objects, 'nodes', NODE, CORDONED),
    },
    {
      code: 'does-not-cure',
      when: 'somebody has cordoned it since',
      arrange: ({ objects }) => void merge(objects, 'nodes', NODE, CORDONED),
      at: 'after',
    },
  ],
};
