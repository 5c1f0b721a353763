import { expect } from '@jest/globals';
import { scaleNodes } from '../../../../src/act/remedies/scale-nodes.ts';
import type { NodeGroup } from '../../../../src/domain/policy.ts';
import type { CustomResource } from '../../../../src/simulator/api/resource-types.ts';
import { MACHINE_DEPLOYMENTS } from '../../../../src/simulator/custom-resources.ts';
import type { NewObject, ObjectStore } from '../../../../src/simulator/objects.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { annotate, merge, objectOf, podsOf, replace } from '../hands.ts';
import { aService, isReady, OPERATOR } from './shop.ts';

const GROUP: NodeGroup = {
  apiVersion: 'cluster.x-k8s.io/v1beta1',
  kind: 'MachineDeployment',
  namespace: 'infra',
  name: 'workers',
  maxReplicas: 5,
  nodeLabels: { pool: 'workers' },
};

function worldOf(kind: ServiceSpec['kind'], resource: string): RemedyWorld {
  return {
    name: `pods of a ${kind} that find no node`,
    services: [aService('cart', { kind, replicas: 2, requests: { cpu: '600m', memory: '64Mi' }, limits: {} })],
    more: {
      nodes: ['node-1', 'node-2'].map((name) => ({
        name,
        cpu: '1',
        memory: '8Gi',
        group: 'workers',
        labels: { pool: 'workers' },
      })),
      nodeGroups: [{ namespace: 'infra', name: 'workers', joinSeconds: 30 }],
    },
    policy: { limits: { nodeGroups: [GROUP] } },
    cause: 'unschedulable',
    arrange({ objects, run }) {
      merge(objects, resource, 'cart', { spec: { replicas: 3 } });
      run(60);
    },
    effect({ objects, run }) {
      run(180);

      expect(groupIn(objects).spec).toMatchObject({ replicas: 3 });
      expect(objects.list('nodes')).toHaveLength(3);
      expect(podsOf(objects, 'cart').filter(isReady)).toHaveLength(3);
    },
  };
}

function groupIn(objects: ObjectStore): ReturnType<typeof objectOf> {
  return objectOf(objects, 'machinedeployments', 'workers', 'infra');
}

function changeGroup(objects: ObjectStore, patch: object): void {
  const group = groupIn(objects);
  const spec = { ...group.spec, ...('spec' in patch ? (patch.spec as object) : {}) }; // A patch of these fields.
  const status = { ...group.status, ...('status' in patch ? (patch.status as object) : {}) };
  const metadata = { ...group.metadata, ...('metadata' in patch ? (patch.metadata as object) : {}) };
  objects.update('machinedeployments', { ...group, spec, status, metadata });
}

const POOL: NodeGroup = { ...GROUP, kind: 'MachinePool', name: 'pool', nodeLabels: {} };
const MACHINE_POOLS: CustomResource = {
  ...MACHINE_DEPLOYMENTS,
  plural: 'machinepools',
  kind: 'MachinePool',
  shortNames: ['mp'],
};

/** Nothing in the simulator makes nodes of a MachinePool: only its number is seen to change. */
function byPool(): RemedyWorld {
  const world = worldOf('Deployment', 'deployments');
  const pool: NewObject = {
    apiVersion: POOL.apiVersion,
    kind: POOL.kind,
    metadata: { name: POOL.name, namespace: POOL.namespace },
    spec: { replicas: 1 },
    status: { readyReplicas: 1 },
  };
  return {
    ...world,
    name: 'a MachinePool',
    more: { ...world.more, customResources: [MACHINE_POOLS], objects: [{ resource: 'machinepools', object: pool }] },
    policy: { limits: { nodeGroups: [POOL] } },
    effect: ({ objects }) =>
      expect(objectOf(objects, 'machinepools', POOL.name, POOL.namespace).spec).toMatchObject({ replicas: 2 }),
  };
}

const DEPLOYMENT = worldOf('Deployment', 'deployments');

export const scaleNodesCase: RemedyCase = {
  remedy: scaleNodes,
  disruption: 'constant',
  worlds: [DEPLOYMENT, worldOf('StatefulSet', 'statefulsets'), byPool()],
  refusals: [
    { code: 'no-node-group', when: 'the policy names none', policy: { limits: { nodeGroups: [] } } },
    {
      code: 'no-node-group',
      when: 'the workload is for another one',
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/node-group': 'a/B/c/d' }),
      at: 'after',
    },
    {
      code: 'no-node-group',
      when: 'there is no such object',
      arrange: ({ objects }) => objects.remove('machinedeployments', 'infra', 'workers'),
      at: 'after',
    },
    {
      code: 'at-upper-bound',
      when: 'it has as many nodes as the policy allows',
      policy: { limits: { nodeGroups: [{ ...GROUP, maxReplicas: 2 }] } },
    },
    {
      code: 'no-node-fits',
      when: 'the pod would not fit on a new node either',
      arrange: ({ objects }) => {
        for (const { metadata } of objects.list('nodes')) {
          merge(objects, 'nodes', metadata.name, { status: { allocatable: { cpu: '500m' } } });
        }
      },
      at: 'after',
    },
    {
      code: 'rollout-in-progress',
      when: 'a node is on its way',
      arrange: ({ objects }) => changeGroup(objects, { status: { readyReplicas: 1 } }),
      at: 'after',
    },
    {
      code: 'paused',
      when: 'the node group is paused',
      arrange: ({ objects }) => changeGroup(objects, { spec: { paused: true } }),
      at: 'after',
    },
    {
      code: 'gitops-owned',
      when: 'Argo CD writes the node group',
      arrange: ({ objects }) =>
        changeGroup(objects, { metadata: { labels: { 'argocd.argoproj.io/instance': 'infra' } } }),
      at: 'after',
    },
    {
      code: 'operator-owned',
      when: 'an operator writes the node group',
      arrange: ({ objects }) => changeGroup(objects, { metadata: { ownerReferences: [OPERATOR] } }),
      at: 'after',
    },
    {
      code: 'does-not-cure',
      when: 'no pod waits for a node',
      arrange: ({ objects }) => {
        for (const pod of podsOf(objects, 'cart')) {
          if (!isReady(pod)) objects.remove('pods', pod.metadata.namespace, pod.metadata.name);
        }
      },
    },
    {
      code: 'changed-since',
      when: 'another Deployment of the same name is there by now',
      arrange: ({ objects }) => void replace(objects, 'deployments', objectOf(objects, 'deployments', 'cart')),
      at: 'after',
    },
  ],
};
