import { describe, expect, test } from '@jest/globals';
import { fitOnNodes, freeOn, placeOnNodes, podToPlace, type PodToPlace } from '../../../src/act/capacity/node-fit.ts';
import type { Node, Pod } from '../../../src/domain/kubernetes.ts';
import { aNodeObject, asking, running, toPlace } from '../../builders/nodes.ts';

const small = toPlace({ cpu: '500m', memory: '512Mi' });
const gpuTaint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };

function selecting(expression: object): Readonly<Record<string, unknown>> {
  const term = { matchExpressions: [expression] };
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
  };
}

function apart(term: object): Readonly<Record<string, unknown>> {
  return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
}

const fromCarts = {
  labelSelector: { matchLabels: { app: 'cart' } },
  topologyKey: 'kubernetes.io/hostname',
};

interface Case {
  readonly name: string;
  readonly pod?: PodToPlace;
  readonly node?: Node;
  readonly pods?: readonly Pod[];
  /** Empty: it fits. */
  readonly why: string;
}

const cases: readonly Case[] = [
  { name: 'an empty node', why: '' },
  {
    name: 'exactly what is left',
    pod: toPlace({ cpu: '1', memory: '1Gi' }),
    pods: [running('a', 'node-1', { cpu: '3', memory: '7Gi' })],
    why: '',
  },
  {
    name: 'a thousandth of a core too much',
    pod: toPlace({ cpu: '1001m' }),
    pods: [running('a', 'node-1', { cpu: '3' })],
    why: '1 of 1 nodes: not enough cpu (needs 1001m, 1 free at most)',
  },
  {
    name: 'tenths that add up to no round number in binary',
    pod: toPlace({ cpu: '100m' }),
    node: aNodeObject('node-1', { cpu: '300m' }),
    pods: [running('a', 'node-1', { cpu: '0.1' }), running('b', 'node-1', { cpu: '100m' })],
    why: '',
  },
  {
    name: 'too little memory',
    pod: toPlace({ memory: '1.5Gi' }),
    pods: [running('a', 'node-1', { memory: '7Gi' })],
    why: '1 of 1 nodes: not enough memory (needs 1.5Gi, 1Gi free at most)',
  },
  {
    name: 'a resource that the node does not have',
    pod: toPlace({ 'nvidia.com/gpu': '1' }),
    why: '1 of 1 nodes: not enough nvidia.com/gpu (needs 1, 0 free at most)',
  },
  {
    name: 'pods that are over hold nothing',
    pod: toPlace({ cpu: '4' }),
    pods: [
      running('a', 'node-1', { cpu: '4' }, { phase: 'Succeeded' }),
      running('b', 'node-1', { cpu: '4' }, { phase: 'Failed' }),
    ],
    why: '',
  },
  { name: 'pods of other nodes hold nothing here', pods: [running('a', 'node-2', { cpu: '4' })], why: '' },
  {
    name: 'no place for another pod',
    node: aNodeObject('node-1', { pods: '1' }),
    pods: [running('a', 'node-1', {})],
    why: '1 of 1 nodes: no place for another pod',
  },
  {
    name: 'the largest init container counts where it is more',
    pod: toPlace({ cpu: '1' }, { initContainers: [{ name: 'init', resources: { requests: { cpu: '5' } } }] }),
    why: '1 of 1 nodes: not enough cpu (needs 5, 4 free at most)',
  },
  {
    name: 'a sidecar counts with the containers',
    pod: toPlace(
      { cpu: '3' },
      { initContainers: [{ name: 'mesh', restartPolicy: 'Always', resources: { requests: { cpu: '1500m' } } }] },
    ),
    why: '1 of 1 nodes: not enough cpu (needs 4500m, 4 free at most)',
  },
  {
    name: 'overhead counts',
    pod: toPlace({ cpu: '4' }, { overhead: { cpu: '250m' } }),
    why: '1 of 1 nodes: not enough cpu (needs 4250m, 4 free at most)',
  },
  {
    name: 'a limit without a request is the request',
    pod: { ...small, spec: { containers: [{ name: 'app', resources: { limits: { cpu: '5' } } }] } },
    why: '1 of 1 nodes: not enough cpu (needs 5, 4 free at most)',
  },
  {
    name: 'what the whole pod requests counts instead of its containers',
    pod: toPlace({ cpu: '5' }, { resources: { requests: { cpu: '2' } } }),
    why: '',
  },
  {
    name: 'a node that is not ready',
    node: aNodeObject('node-1', { ready: 'Unknown' }),
    why: '1 of 1 nodes: not ready',
  },
  { name: 'a cordoned node', node: aNodeObject('node-1', { unschedulable: true }), why: '1 of 1 nodes: cordoned' },
  {
    name: 'a taint',
    node: aNodeObject('node-1', { taints: [gpuTaint] }),
    why: '1 of 1 nodes: tainted (gpu)',
  },
  {
    name: 'a taint that is a wish only',
    node: aNodeObject('node-1', { taints: [{ key: 'gpu', effect: 'PreferNoSchedule' }] }),
    why: '',
  },
  {
    name: 'a taint that is tolerated by its value',
    pod: toPlace({}, { tolerations: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
    node: aNodeObject('node-1', { taints: [gpuTaint] }),
    why: '',
  },
  {
    name: 'a taint of another value',
    pod: toPlace({}, { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'no' }] }),
    node: aNodeObject('node-1', { taints: [gpuTaint] }),
    why: '1 of 1 nodes: tainted (gpu)',
  },
  {
    name: 'a taint of another effect',
    pod: toPlace({}, { tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] }),
    node: aNodeObject('node-1', { taints: [gpuTaint] }),
    why: '1 of 1 nodes: tainted (gpu)',
  },
  {
    name: 'whatever the taint',
    pod: toPlace({}, { tolerations: [{ operator: 'Exists' }] }),
    node: aNodeObject('node-1', { taints: [gpuTaint, { key: 'more', effect: 'NoExecute' }] }),
    why: '',
  },
  {
    name: 'a node selector',
    pod: toPlace({}, { nodeSelector: { disk: 'ssd' } }),
    why: '1 of 1 nodes: not selected by the pod (node selector or affinity)',
  },
  {
    name: 'a node selector that selects',
    pod: toPlace({}, { nodeSelector: { disk: 'ssd' } }),
    node: aNodeObject('node-1', { labels: { disk: 'ssd' } }),
    why: '',
  },
  {
    name: 'a pod that must be apart from its own kind',
    pod: toPlace({}, apart(fromCarts)),
    pods: [running('a', 'node-1', {}, { labels: { app: 'cart' } })],
    why: '1 of 1 nodes: a pod is there that it must be apart from (kubernetes.io/hostname)',
  },
  {
    name: 'a pod of the same labels in another namespace',
    pod: toPlace({}, apart(fromCarts)),
    pods: [running('a', 'node-1', {}, { labels: { app: 'cart' }, namespace: 'other' })],
    why: '',
  },
  {
    name: 'a pod in a namespace that the term names',
    pod: toPlace({}, apart({ ...fromCarts, namespaces: ['other'] })),
    pods: [running('a', 'node-1', {}, { labels: { app: 'cart' }, namespace: 'other' })],
    why: '1 of 1 nodes: a pod is there that it must be apart from (kubernetes.io/hostname)',
  },
  {
    name: 'a pod that wants to be apart from this one',
    pods: [running('a', 'node-1', {}, { spec: apart(fromCarts) })],
    why: '1 of 1 nodes: a pod is there that it must be apart from (kubernetes.io/hostname)',
  },
  {
    name: 'a pod that is over does not keep others away',
    pods: [running('a', 'node-1', {}, { spec: apart(fromCarts), phase: 'Succeeded' })],
    why: '',
  },
];

describe('whether a pod fits on a node', () => {
  test.each(cases)('$name -> "$why"', ({ pod = small, node = aNodeObject('node-1'), pods = [], why }) => {
    const found = fitOnNodes(pod, [node], pods);

    expect(found).toEqual({ fits: why === '' ? ['node-1'] : [], why });
  });

  test.each([
    { name: 'In', expression: { key: 'zone', operator: 'In', values: ['a', 'b'] }, fits: ['in-a'] },
    { name: 'NotIn', expression: { key: 'zone', operator: 'NotIn', values: ['a'] }, fits: ['in-c', 'nowhere'] },
    { name: 'Exists', expression: { key: 'zone', operator: 'Exists' }, fits: ['in-a', 'in-c'] },
    { name: 'DoesNotExist', expression: { key: 'zone', operator: 'DoesNotExist' }, fits: ['nowhere'] },
    { name: 'Gt', expression: { key: 'disks', operator: 'Gt', values: ['2'] }, fits: ['in-a'] },
    { name: 'Lt', expression: { key: 'disks', operator: 'Lt', values: ['3'] }, fits: ['in-c'] },
    { name: 'Lt of no number', expression: { key: 'zone', operator: 'Lt', values: ['3'] }, fits: [] },
    { name: 'an operator that there is not', expression: { key: 'zone', operator: 'Near' }, fits: [] },
  ])('node affinity: $name', ({ expression, fits }) => {
    const nodes = [
      aNodeObject('in-a', { labels: { zone: 'a', disks: '4' } }),
      aNodeObject('in-c', { labels: { zone: 'c', disks: '2' } }),
      aNodeObject('nowhere'),
    ];

    expect(fitOnNodes(toPlace({}, selecting(expression)), nodes, []).fits).toEqual(fits);
  });

  test('node affinity by the name of the node', () => {
    const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] };
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
    const pod = toPlace({}, { affinity: { nodeAffinity: required } });

    expect(fitOnNodes(pod, [aNodeObject('node-1'), aNodeObject('node-2')], []).fits).toEqual(['node-2']);
  });

  test('anti-affinity over zones keeps a pod away from every node of the zone', () => {
    const pod = toPlace({}, apart({ ...fromCarts, topologyKey: 'zone' }));
    const nodes = [
      aNodeObject('a-1', { labels: { zone: 'a' } }),
      aNodeObject('a-2', { labels: { zone: 'a' } }),
      aNodeObject('b-1', { labels: { zone: 'b' } }),
    ];

    expect(fitOnNodes(pod, nodes, [running('x', 'a-1', {}, { labels: { app: 'cart' } })]).fits).toEqual(['b-1']);
  });

  test('the node with the most room comes first, by name where that is equal', () => {
    const nodes = [aNodeObject('node-1'), aNodeObject('node-3'), aNodeObject('node-2')];

    const { fits } = fitOnNodes(small, nodes, [running('a', 'node-1', { cpu: '2' })]);

    expect(fits).toEqual(['node-2', 'node-3', 'node-1']);
  });

  test('the reasons are counted, with the room there is at most', () => {
    const nodes = [
      aNodeObject('node-1', { cpu: '1' }),
      aNodeObject('node-2', { cpu: '1200m' }),
      aNodeObject('node-3', { taints: [gpuTaint] }),
      aNodeObject('node-4', { cpu: '2' }),
    ];

    const found = fitOnNodes(toPlace({ cpu: '2' }), nodes, []);

    expect(found).toEqual({
      fits: ['node-4'],
      why: '2 of 4 nodes: not enough cpu (needs 2, 1200m free at most); 1 of 4 nodes: tainted (gpu)',
    });
  });

  test('no node at all', () => {
    expect(fitOnNodes(small, [], [])).toEqual({ fits: [], why: 'there is no node' });
  });
});

test('a node that says nothing about its size takes no pod', () => {
  const { status: _, ...bare } = aNodeObject('node-1');
  const node: Node = { ...bare, status: { conditions: [{ type: 'Ready', status: 'True' }] } };

  expect(fitOnNodes(small, [node], []).fits).toEqual([]);
});

test('what is free is what is allocatable less what living pods request', () => {
  const pods = [
    running('a', 'node-1', { cpu: '1500m', memory: '1Gi' }),
    running('b', 'node-1', { cpu: '2', memory: '2Gi' }, { phase: 'Succeeded' }),
    running('c', 'node-2', { cpu: '1' }),
  ];

  expect(freeOn(aNodeObject('node-1'), pods)).toEqual({ cpu: 2.5, memory: 7 * 2 ** 30 });
});

describe('several equal pods', () => {
  test('are placed one after the other until there is no room', () => {
    const nodes = [aNodeObject('node-1', { cpu: '2' }), aNodeObject('node-2', { cpu: '1' })];

    const found = placeOnNodes(toPlace({ cpu: '900m' }), 5, { nodes, pods: [] });

    expect(found).toEqual({ placed: 3, why: '2 of 2 nodes: not enough cpu (needs 900m, 200m free at most)' });
  });

  test('keep apart from each other where they must', () => {
    const nodes = [aNodeObject('node-1'), aNodeObject('node-2')];

    const { placed } = placeOnNodes(toPlace({}, apart(fromCarts)), 3, { nodes, pods: [] });

    expect(placed).toBe(2);
  });

  test('all fit', () => {
    expect(placeOnNodes(small, 3, { nodes: [aNodeObject('node-1')], pods: [] })).toEqual({ placed: 3, why: '' });
  });
});

test('a pod that runs is placed again wherever it runs now', () => {
  const pod = running('a', 'node-1', { cpu: '3' }, { labels: { app: 'cart' } });

  const { fits } = fitOnNodes(podToPlace(pod), [aNodeObject('node-1'), aNodeObject('node-2')], [pod]);

  expect(fits).toEqual(['node-2']);
  expect(podToPlace({ spec: asking({}) })).toEqual({ namespace: '', labels: {}, spec: asking({}) });
});
