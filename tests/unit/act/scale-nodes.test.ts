import { afterEach, describe, expect, test } from '@jest/globals';
import { scaleNodes } from '../../../src/act/remedies/scale-nodes.ts';
import type { CauseName, Evidence } from '../../../src/domain/diagnosis.ts';
import type { NodeGroup } from '../../../src/domain/policy.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import type { NewObject, OwnerReference } from '../../../src/simulator/objects.ts';
import { ACTION, podEvidence } from '../../builders/incident.ts';
import {
  AN_OPERATOR,
  aNamedNode,
  CART,
  scalingWorld,
  using,
  type ScalingParts,
  type Using,
} from '../../builders/scaling.ts';
import type { SimulatedCluster } from '../../fakes/simulated-cluster.ts';

let world: SimulatedCluster;

afterEach(async () => {
  await world.close();
});

const SCALE = '/apis/cluster.x-k8s.io/v1beta1/namespaces/infra/machinedeployments/workers/scale';
const GROUP: NodeGroup = {
  apiVersion: 'cluster.x-k8s.io/v1beta1',
  kind: 'MachineDeployment',
  namespace: 'infra',
  name: 'workers',
  maxReplicas: 5,
  nodeLabels: { pool: 'workers' },
};
const NAMED = 'cluster.x-k8s.io/v1beta1/MachineDeployment/infra/workers';
const full = aNamedNode('node-1', '4', { labels: { pool: 'workers' } });

function aGroup(
  name: string,
  parts: { replicas?: unknown; ready?: number; spec?: object; metadata?: object } = {},
): NewObject {
  const { replicas = 3, ready, spec, metadata } = parts;
  return {
    apiVersion: GROUP.apiVersion,
    kind: GROUP.kind,
    metadata: { name, namespace: 'infra', ...metadata },
    spec: { replicas, ...spec },
    ...(ready === undefined ? {} : { status: { readyReplicas: ready } }),
  };
}

function aPod(
  name: string,
  parts: { cpu: string; node?: string; labels?: typeof CART; owner?: string; waits?: boolean; spec?: object },
): NewObject {
  const { cpu, node, labels, owner, waits, spec } = parts;
  const owned: readonly OwnerReference[] =
    owner === undefined ? [] : [{ apiVersion: 'apps/v1', kind: owner, name: 'o', uid: 'o', controller: true }];
  const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', ...(labels === undefined ? {} : { labels }), ownerReferences: owned },
    spec: {
      containers: [{ name: 'a', image: 'a', resources: { requests: { cpu } } }],
      ...(node === undefined ? {} : { nodeName: node }),
      ...spec,
    },
    status: { phase: waits === true ? 'Pending' : 'Running', conditions: waits === true ? [scheduled] : [] },
  };
}

const hog = aPod('hog', { cpu: '3800m', node: 'node-1' });
const waiting = aPod('cart-b', { cpu: '1', labels: CART, waits: true });
const found: Partial<Evidence> = { pods: [podEvidence('cart-b', { ready: false, unschedulable: 'no node' })] };

interface Parts extends ScalingParts {
  readonly pods?: readonly NewObject[];
  readonly groups?: readonly NewObject[];
  readonly namespace?: Readonly<Record<string, string>>;
  readonly cause?: CauseName;
  readonly found?: Partial<Evidence>;
  readonly nodeGroups?: readonly NodeGroup[];
  readonly uid?: string;
}

async function open(parts: Parts = {}): Promise<Using> {
  const { pods = [hog, waiting], groups = [aGroup('workers')], nodeGroups = [GROUP], namespace, ...rest } = parts;
  const annotated = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', annotations: namespace ?? {} } };
  world = await scalingWorld({
    nodes: [full],
    ...rest,
    more: { pods, machinedeployments: groups, ...(namespace === undefined ? {} : { namespaces: [annotated] }) },
  });
  const uid = parts.uid === undefined ? {} : { uid: parts.uid };
  return using(world, scaleNodes, {
    cause: parts.cause ?? 'unschedulable',
    found: parts.found ?? found,
    limits: { nodeGroups },
    ...uid,
  });
}

function replicasOf(name: string): unknown {
  return world.objects.get('machinedeployments', 'infra', name)?.spec?.['replicas'];
}

describe('what is sent', () => {
  test('one node more, on the scale of the group', async () => {
    const asked = await open();
    const group = world.objects.get('machinedeployments', 'infra', 'workers')?.metadata;

    const intent = await asked.planned();

    expect(intent).toMatchObject({
      target: { kind: 'MachineDeployment', namespace: 'infra', name: 'workers' },
      apiVersion: 'cluster.x-k8s.io/v1beta1',
      uid: group?.uid,
      resourceVersion: group?.resourceVersion,
      summary: 'MachineDeployment workers: 3 -> 4 nodes, for pod cart-b',
    });
    expect(intent.write).toEqual({
      method: 'PATCH',
      path: SCALE,
      contentType: 'application/merge-patch+json',
      body: {
        metadata: {
          uid: group?.uid,
          resourceVersion: group?.resourceVersion,
          annotations: { 'autoheal.io/action-id': ACTION },
        },
        spec: { replicas: 4 },
      },
    });
    expect(intent.undo).toEqual({
      target: intent.target,
      apiVersion: intent.apiVersion,
      uid: group?.uid,
      path: SCALE,
      expect: { '/spec/replicas': 4 },
      restore: { '/spec/replicas': 3 },
    });
    expect(intent.giveBack).toBeUndefined();
    expect(replicasOf('workers')).toBe(3);
  });

  test('is written once, recognised after a crash, and undone, with its own rights only', async () => {
    const asked = await open({ rbac: scaleNodes.rbac });
    const intent = await asked.planned();

    const results = [await asked.execute(intent), await asked.execute(intent)];
    const [written, left] = [world.writes().length, replicasOf('workers')];
    const answer = await asked.undo(intent);

    expect(results.map(({ kind }) => kind)).toEqual(['done', 'already-done']);
    expect([written, left]).toEqual([1, 4]);
    expect([answer.kind, replicasOf('workers')]).toEqual(['undone', 3]);
  });

  test('a group that somebody else scaled meanwhile is left alone, and so is the undo', async () => {
    const asked = await open();
    const intent = await asked.planned();
    world.touch('machinedeployments', 'workers', (object) => ({ ...object, spec: { replicas: 5 } }));

    const result = await asked.execute(intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(await asked.undo(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });
});

describe('which group', () => {
  const other: NodeGroup = { ...GROUP, name: 'large', nodeLabels: {} };
  const groups = [aGroup('workers'), aGroup('large')];
  const large = NAMED.replace('workers', 'large');

  test.each([
    { name: 'the first of the policy without an annotation', parts: {}, target: 'workers' },
    {
      name: 'the one that the workload names',
      parts: { annotations: { 'autoheal.io/node-group': large } },
      target: 'large',
    },
    {
      name: 'the one that the namespace names',
      parts: { namespace: { 'autoheal.io/node-group': large } },
      target: 'large',
    },
    {
      name: 'the workload before its namespace',
      parts: {
        annotations: { 'autoheal.io/node-group': NAMED },
        namespace: { 'autoheal.io/node-group': large },
      },
      target: 'workers',
    },
    {
      name: 'the next one where the first has no room',
      parts: { pods: [hog, aPod('cart-b', { cpu: '6', labels: CART, waits: true })] },
      target: 'large',
    },
    {
      name: 'the next one where the first is at its bound',
      parts: { groups: [aGroup('workers', { replicas: 5 }), aGroup('large')] },
      target: 'large',
    },
  ])('$name', async ({ parts, target }) => {
    const asked = await open({ groups, nodeGroups: [GROUP, other], ...parts });

    expect((await asked.planned()).target.name).toBe(target);
  });
});

describe('whether the pod would fit', () => {
  test.each([
    { name: 'no node of the group to judge by', nodes: [aNamedNode('node-1')] },
    { name: 'a group whose nodes carry no label of their own', nodeGroups: [{ ...GROUP, nodeLabels: {} }] },
    {
      name: 'the model is full, cordoned and marked as such',
      nodes: [
        aNamedNode('node-1', '4', {
          labels: { pool: 'workers' },
          spec: {
            unschedulable: true,
            taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
          },
        }),
      ],
    },
    {
      name: 'room beside what runs on every node',
      pods: [hog, aPod('agent', { cpu: '2900m', node: 'node-1', owner: 'DaemonSet' }), waiting],
    },
  ])('it is tried: $name', async (parts) => {
    const asked = await open(parts);

    expect((await asked.planned()).target.name).toBe('workers');
  });
});

interface Refused extends Parts {
  readonly name: string;
  readonly code: RefusalCode;
  readonly why?: string;
}

const refusals: readonly Refused[] = [
  { name: 'a cause it does not cure', cause: 'cpu-saturation', code: 'does-not-cure' },
  { name: 'no pod that waits, by the evidence', found: {}, code: 'does-not-cure' },
  {
    name: 'no group in the policy',
    nodeGroups: [],
    code: 'no-node-group',
    why: 'the policy names none',
  },
  {
    name: 'an annotation that names a group that the policy does not',
    annotations: { 'autoheal.io/node-group': 'v1/Huge/infra/expensive' },
    code: 'no-node-group',
    why: 'the annotation names v1/Huge/infra/expensive, which the policy does not',
  },
  {
    name: 'a group that is not there',
    groups: [],
    code: 'no-node-group',
    why: 'there is no MachineDeployment infra/workers with replicas',
  },
  {
    name: 'a kind that is not served',
    nodeGroups: [{ ...GROUP, apiVersion: 'acme.example/v1' }],
    code: 'no-node-group',
  },
  { name: 'a group without a number', groups: [aGroup('workers', { replicas: 'many' })], code: 'no-node-group' },
  {
    name: 'as many nodes as the policy allows',
    groups: [aGroup('workers', { replicas: 5 })],
    code: 'at-upper-bound',
    why: 'MachineDeployment workers has 5 nodes, and the policy allows 5',
  },
  { name: 'a paused group', groups: [aGroup('workers', { spec: { paused: true } })], code: 'paused' },
  {
    name: 'a group that Cluster API pauses',
    groups: [aGroup('workers', { metadata: { annotations: { 'cluster.x-k8s.io/paused': '' } } })],
    code: 'paused',
  },
  {
    name: 'a node that is on its way',
    groups: [aGroup('workers', { ready: 2 })],
    code: 'rollout-in-progress',
    why: '2 of 3 nodes of MachineDeployment workers are ready: one is on its way',
  },
  {
    name: 'a group that Flux owns',
    groups: [aGroup('workers', { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'infra' } } })],
    code: 'gitops-owned',
  },
  {
    name: 'a group that an operator made',
    groups: [aGroup('workers', { metadata: { ownerReferences: [AN_OPERATOR] } })],
    code: 'operator-owned',
  },
  {
    name: 'a pod that is too large for a node of the group',
    pods: [hog, aPod('cart-b', { cpu: '6', labels: CART, waits: true })],
    code: 'no-node-fits',
    why: 'pod cart-b would not fit on a new node of MachineDeployment workers (like node-1): 1 of 1 nodes: not enough cpu (needs 6, 4 free at most)',
  },
  {
    name: 'a pod that is too large beside what runs on every node',
    pods: [hog, aPod('agent', { cpu: '3100m', node: 'node-1', owner: 'DaemonSet' }), waiting],
    code: 'no-node-fits',
  },
  {
    name: 'a pod that is meant for one node alone',
    pods: [
      hog,
      aPod('cart-b', {
        cpu: '1',
        labels: CART,
        waits: true,
        spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-1' } },
      }),
    ],
    code: 'no-node-fits',
  },
  { name: 'no pod that waits by now', pods: [hog], code: 'changed-since' },
  {
    name: 'a pod that there is room for by now',
    pods: [waiting],
    code: 'does-not-cure',
    why: 'there is room for pod cart-b now: it starts soon, or it waits for something else',
  },
  { name: 'another workload under the name', uid: 'another', code: 'changed-since' },
];

test.each(refusals)('refused, without a write: $name -> $code', async ({ code, why, ...parts }) => {
  const asked = await open(parts);

  const answer = await asked.plan();

  expect(answer).toMatchObject({ kind: 'refused', refusal: { code, ...(why === undefined ? {} : { why }) } });
  if (code === 'no-node-group') expect(answer).toHaveProperty('refusal.suggest');
  expect(scaleNodes.refusals).toContain(code);
  expect(world.writes()).toEqual([]);
});
