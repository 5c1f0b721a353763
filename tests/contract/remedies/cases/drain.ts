import { expect } from '@jest/globals';
import { drain } from '../../../../src/act/remedies/drain.ts';
import { writesOf } from '../../../../src/domain/remedy.ts';
import type { ObjectStore, StoredObject } from '../../../../src/simulator/objects.ts';
import type { RemedyCase } from '../case.ts';
import { add, merge, objectOf, podsOf, SHOP } from '../hands.ts';
import { FOUR_NODES } from './cordon.ts';
import { NODE, press, TAKE_OUT_ROWS, theNode } from './nodes.ts';
import { addBudget, aService, CORDONED, isReady } from './shop.ts';

function onTheNode(objects: ObjectStore): readonly StoredObject[] {
  return podsOf(objects, 'cart').filter(({ spec }) => spec?.['nodeName'] === NODE);
}

function addBarePod(objects: ObjectStore): void {
  add(objects, 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'debug', namespace: SHOP },
    spec: { nodeName: NODE, containers: [{ name: 'shell', image: 'shop/shell:1' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

export const drainCase: RemedyCase = {
  remedy: drain,
  disruption: 'grows',
  worlds: [
    {
      name: 'a node under pressure',
      services: [aService('cart', { replicas: 8, budget: { maxUnavailable: 4 } })],
      more: { nodes: FOUR_NODES },
      cause: 'node-pressure',
      located: theNode,
      arrange: press,
      effect({ objects, run, intent }) {
        const evicted = writesOf(intent).slice(1);
        run(120);

        expect(evicted.length).toBeGreaterThan(1);
        expect(objectOf(objects, 'nodes', NODE).spec).toMatchObject({ unschedulable: true });
        expect(onTheNode(objects)).toEqual([]);
        expect(podsOf(objects, 'cart').filter(isReady)).toHaveLength(8);
      },
    },
  ],
  refusals: [
    ...TAKE_OUT_ROWS,
    {
      code: 'does-not-cure',
      when: 'somebody else has cordoned it',
      arrange: ({ objects }) => void merge(objects, 'nodes', NODE, CORDONED),
    },
    { code: 'bare-pod', when: 'a pod on it would not come back', arrange: ({ objects }) => addBarePod(objects) },
    {
      code: 'bare-pod',
      when: 'a pod came that would not come back',
      arrange: ({ objects }) => addBarePod(objects),
      at: 'after',
    },
    {
      code: 'no-node-fits',
      when: 'no other node has room for its pods',
      arrange: ({ objects }) => {
        for (const { metadata } of objects.list('nodes')) {
          if (metadata.name !== NODE)
            merge(objects, 'nodes', metadata.name, { status: { allocatable: { cpu: '100m' } } });
        }
      },
      at: 'after',
    },
    {
      code: 'no-disruption-allowed',
      when: 'two budgets cover a pod, which the API server cannot evict then',
      arrange: ({ objects }) => addBudget(objects, 'cart', 4),
      at: 'after',
    },
    {
      code: 'too-disruptive',
      when: 'more pods than any node holds would go',
      arrange: ({ objects }) => {
        const [pod] = onTheNode(objects);
        if (pod === undefined) throw new Error('no pod on the node');
        const { uid: _u, resourceVersion: _v, ...metadata } = pod.metadata;
        for (let at = 0; at < 120; at += 1) {
          add(objects, 'pods', { ...pod, metadata: { ...metadata, name: `cart-more-${at}` } });
        }
      },
      at: 'after',
    },
  ],
};
