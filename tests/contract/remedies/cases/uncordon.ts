import { expect } from '@jest/globals';
import { uncordon } from '../../../../src/act/remedies/uncordon.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { annotate, merge, objectOf, podsOf } from '../hands.ts';
import { condition, hold, NODE, theNode } from './nodes.ts';
import { aService, isReady } from './shop.ts';

const SMALL = { name: 'node-2', cpu: '200m', memory: '1Gi' } as const;

const WAITING: RemedyWorld = {
  name: 'pods that wait for a node that AutoHeal cordoned',
  services: [aService('cart', { replicas: 4 })],
  more: { nodes: [{ name: NODE, cpu: '4', memory: '8Gi' }, SMALL] },
  cause: 'unschedulable',
  arrange({ objects, run }) {
    hold(objects, NODE);
    for (const { metadata, spec } of podsOf(objects, 'cart')) {
      if (spec?.['nodeName'] === NODE) objects.remove('pods', metadata.namespace, metadata.name);
    }
    run(30);
  },
  effect({ objects, run }) {
    run(90);

    const { metadata, spec } = objectOf(objects, 'nodes', NODE);
    expect(spec).not.toHaveProperty('unschedulable', true);
    expect(metadata.annotations).not.toHaveProperty(['autoheal.io/held-by']);
    expect(podsOf(objects, 'cart').filter(isReady)).toHaveLength(4);
  },
};

export const uncordonCase: RemedyCase = {
  remedy: uncordon,
  disruption: 'constant',
  worlds: [
    WAITING,
    {
      ...WAITING,
      name: 'the node itself',
      located: theNode,
      effect({ objects }) {
        expect(objectOf(objects, 'nodes', NODE).spec).not.toHaveProperty('unschedulable', true);
      },
    },
  ],
  refusals: [
    {
      code: 'evidence-missing',
      when: 'how the nodes stand is not known',
      incident: (incident) => {
        const { allNodes: _, ...evidence } = incident.diagnosis.evidence;
        return { ...incident, diagnosis: { ...incident.diagnosis, evidence } };
      },
    },
    {
      code: 'not-held-by-autoheal',
      when: 'a person has cordoned the node',
      arrange: ({ objects }) => annotate(objects, 'nodes', NODE, { 'autoheal.io/held-by': null }),
    },
    {
      code: 'not-held-by-autoheal',
      when: 'a person has taken the hold over since',
      arrange: ({ objects }) => annotate(objects, 'nodes', NODE, { 'autoheal.io/held-by': null }),
      at: 'after',
    },
    {
      code: 'node-not-ready',
      when: 'the node is still ill',
      arrange: (hands) => condition(hands, NODE, 'MemoryPressure', 'True'),
    },
    {
      code: 'node-not-ready',
      when: 'the node has fallen ill again',
      arrange: (hands) => condition(hands, NODE, 'Ready', 'Unknown'),
      at: 'after',
    },
    {
      code: 'no-node-fits',
      when: 'the pods that wait would not fit on it',
      arrange: ({ objects }) => void merge(objects, 'nodes', NODE, { status: { allocatable: { cpu: '50m' } } }),
      at: 'after',
    },
    {
      code: 'changed-since',
      when: 'no pod waits any more',
      arrange: ({ objects }) => {
        for (const { metadata } of podsOf(objects, 'cart')) objects.remove('pods', metadata.namespace, metadata.name);
      },
      at: 'after',
    },
  ],
};
