import type { CauseName } from '../../../src/domain/diagnosis.ts';
import type { ObjectStore } from '../../../src/simulator/objects.ts';
import { timestamp } from '../../../src/simulator/objects.ts';
import { NOW, POLICY } from '../../builders/incident.ts';
import { addCart, addNodes, addPod, addService, change, NAMESPACE, templateOf, type CartWish } from './shop.ts';
import type { RemedyCase } from './world.ts';

const MINUTE = 60_000;

function located(kind: string, name: string, uid: string, namespace = NAMESPACE) {
  return { workload: { kind, namespace, name }, uid };
}

/** The Deployment `cart` on four nodes. */
function cart(objects: ObjectStore, wish: CartWish = {}) {
  addNodes(objects);
  const made = addCart(objects, wish);
  return located(made.kind ?? 'Deployment', 'cart', made.metadata.uid);
}

function cartOf(objects: ObjectStore) {
  return objects.get('deployments', NAMESPACE, 'cart');
}

function replicas(objects: ObjectStore): unknown {
  return cartOf(objects)?.spec?.['replicas'];
}

function image(objects: ObjectStore): unknown {
  const template = cartOf(objects)?.spec?.['template'] as { spec?: { containers?: { image?: string }[] } } | undefined; // As addCart made it.
  return template?.spec?.containers?.[0]?.image;
}

function isEvicted(objects: ObjectStore, name: string): boolean {
  const pod = objects.get('pods', NAMESPACE, name);
  return pod === undefined || pod.metadata.deletionTimestamp !== undefined;
}

/** A rollout of revision 2 that is half way: one new pod, two old ones that serve. */
function halfway(objects: ObjectStore) {
  const place = cart(objects, {
    replicas: 3,
    ageMinutes: 2,
    status: { replicas: 4, updatedReplicas: 1, readyReplicas: 3, availableReplicas: 3 },
  });
  change(objects, 'replicasets', 'cart-1', ({ spec }) => ({
    spec: { ...spec, replicas: 3 },
    status: { observedGeneration: 1, replicas: 3, readyReplicas: 3, availableReplicas: 3 },
  }));
  change(objects, 'replicasets', 'cart-2', ({ spec }) => ({
    spec: { ...spec, replicas: 1 },
    status: { observedGeneration: 1, replicas: 1, readyReplicas: 0, availableReplicas: 0 },
  }));
  return place;
}

function aNode(objects: ObjectStore, condition: 'down' | 'pressure') {
  const place = cart(objects);
  const node = change(objects, 'nodes', 'node-1', ({ status }) => ({
    status: {
      ...status,
      conditions:
        condition === 'down'
          ? [{ type: 'Ready', status: 'Unknown', lastTransitionTime: timestamp(NOW - 10 * MINUTE) }]
          : [
              { type: 'Ready', status: 'True', lastTransitionTime: timestamp(NOW - 600 * MINUTE) },
              { type: 'MemoryPressure', status: 'True', lastTransitionTime: timestamp(NOW - 10 * MINUTE) },
            ],
    },
  }));
  void place;
  return located('Node', 'node-1', node.metadata.uid, '');
}

const GROUP = {
  apiVersion: 'cluster.x-k8s.io/v1beta1',
  kind: 'MachineDeployment',
  namespace: 'infra',
  name: 'workers',
};
const NODES = { ...POLICY.limits.nodes, maxShareOut: 0.5 };
const EVERY_CAUSE: CauseName = 'crash-loop';

/** One world for each remedy of the catalogue in which it applies. */
export const CASES: readonly RemedyCase[] = [
  {
    remedy: 'soft-reset',
    cause: 'memory-leak',
    setup(objects) {
      const place = cart(objects, { annotations: { 'autoheal.io/heal-path': '/heal' } });
      addService(objects, 'cart', ['cart-2-a']);
      return place;
    },
    shows: (objects) => cartOf(objects)?.metadata.annotations?.['autoheal.io/action-id'] !== undefined,
    unused: ['get statefulsets', 'patch statefulsets', 'get daemonsets', 'patch daemonsets'],
  },
  {
    remedy: 'restart-pod',
    cause: 'one-bad-pod',
    setup(objects) {
      const place = cart(objects);
      return { ...place, pods: ['cart-2-a'] };
    },
    shows: (objects) => isEvicted(objects, 'cart-2-a'),
  },
  {
    remedy: 'rollout-restart',
    cause: 'memory-leak',
    setup: (objects) => cart(objects),
    shows: (objects) => JSON.stringify(cartOf(objects)?.spec?.['template']).includes('restartedAt'),
    unused: ['get statefulsets', 'patch statefulsets', 'get daemonsets', 'patch daemonsets'],
  },
  {
    remedy: 'scale-up',
    cause: 'cpu-saturation',
    setup: (objects) => cart(objects),
    shows: (objects) => Number(replicas(objects)) > 3,
    unused: [
      // Another workload than a Deployment, or an autoscaler that decides on the number.
      'get statefulsets',
      'patch statefulsets',
      'get horizontalpodautoscalers',
      'patch horizontalpodautoscalers',
      'get scaledobjects',
      'patch scaledobjects',
      'list scaledobjects',
    ],
  },
  {
    remedy: 'rollback',
    cause: 'crash-loop-after-rollout',
    setup: (objects) => cart(objects, { status: { readyReplicas: 0, availableReplicas: 0 } }),
    shows: (objects) => image(objects) === 'cart:1',
    unused: [
      'get statefulsets',
      'patch statefulsets',
      'get daemonsets',
      'patch daemonsets',
      'list controllerrevisions',
      'get rollouts',
      'patch rollouts',
      'patch rollouts/status',
      'get configmaps',
      'list pods',
    ],
  },
  {
    remedy: 'pause-rollout',
    cause: 'errors-after-rollout',
    setup: halfway,
    shows: (objects) => cartOf(objects)?.spec?.['paused'] === true,
  },
  {
    remedy: 'reroute',
    cause: 'errors-after-rollout',
    setup(objects) {
      const place = cart(objects, { annotations: { 'autoheal.io/fallback': 'service/cart-static' } });
      addService(objects, 'cart', ['cart-2-a']);
      addService(objects, 'cart-static', ['static-a']);
      return place;
    },
    shows: (objects) =>
      JSON.stringify(objects.get('services', NAMESPACE, 'cart')?.spec?.['selector']) === '{"app":"cart-static"}',
    // For setting one pod aside, for routes, and for other kinds of workloads: their own tests run with these rights alone.
    unused: [
      'get statefulsets',
      'get daemonsets',
      'list replicasets',
      'get pods',
      'list pods',
      'patch pods',
      'create pods/eviction',
      'list poddisruptionbudgets',
      'get httproutes',
      'list httproutes',
      'patch httproutes',
    ],
  },
  {
    remedy: 'resize',
    cause: 'memory-limit-too-low',
    setup(objects) {
      const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } };
      return cart(objects, { resources });
    },
    shows: (objects) => JSON.stringify(cartOf(objects)?.spec?.['template']).includes('"memory":"384Mi"'),
    // The pods of this cluster are of a kubelet without in-place resize, no autoscaler of that kind is installed.
    unused: [
      'get statefulsets',
      'get daemonsets',
      'patch statefulsets',
      'patch daemonsets',
      'get pods',
      'patch pods/resize',
      'list verticalpodautoscalers',
      'list pods',
    ],
  },
  {
    remedy: 'cleanup',
    cause: 'evicted-pods',
    setup(objects) {
      const place = cart(objects);
      const owner = objects.get('replicasets', NAMESPACE, 'cart-2');
      if (owner === undefined) throw new Error('addCart makes it');
      for (const name of ['cart-2-x', 'cart-2-y']) {
        addPod(objects, name, {
          owner,
          phase: 'Failed',
          ready: false,
          status: { reason: 'Evicted', message: 'low on memory' },
        });
      }
      return place;
    },
    shows: (objects) => isEvicted(objects, 'cart-2-x') && isEvicted(objects, 'cart-2-y'),
    // No pod here is of a Job.
    unused: ['get jobs'],
  },
  {
    remedy: 'ensure-hpa',
    cause: 'cpu-saturation',
    setup: (objects) => cart(objects),
    shows: (objects) => objects.get('horizontalpodautoscalers', NAMESPACE, 'cart') !== undefined,
    // For StatefulSets, for widening one that is there, and where KEDA is installed.
    unused: ['get statefulsets', 'patch horizontalpodautoscalers', 'list scaledobjects'],
  },
  {
    remedy: 'cordon',
    cause: 'node-pressure',
    policy: { limits: { ...POLICY.limits, nodes: NODES } },
    setup: (objects) => aNode(objects, 'pressure'),
    shows: (objects) => objects.get('nodes', undefined, 'node-1')?.spec?.['unschedulable'] === true,
  },
  {
    remedy: 'drain',
    cause: 'node-not-ready',
    policy: { limits: { ...POLICY.limits, nodes: NODES } },
    setup: (objects) => aNode(objects, 'down'),
    shows: (objects) =>
      objects.get('nodes', undefined, 'node-1')?.spec?.['unschedulable'] === true && isEvicted(objects, 'cart-2-a'),
  },
  {
    remedy: 'uncordon',
    cause: 'unschedulable',
    setup(objects) {
      addNodes(objects, 3);
      for (const name of ['node-2', 'node-3']) {
        change(objects, 'nodes', name, ({ status }) => ({
          status: { ...status, allocatable: { cpu: '50m', memory: '32Gi', pods: '110' } },
        }));
      }
      change(objects, 'nodes', 'node-1', ({ metadata, spec }) => ({
        metadata: {
          ...metadata,
          annotations: { 'autoheal.io/held-by': 'inc-0/1', 'autoheal.io/action-id': 'inc-0/1' },
        },
        spec: { ...spec, unschedulable: true },
      }));
      const made = addCart(objects, { replicas: 1, status: { readyReplicas: 0, availableReplicas: 0 } });
      makePending(objects, 'cart-2-a');
      return located('Deployment', 'cart', made.metadata.uid);
    },
    shows: (objects) => objects.get('nodes', undefined, 'node-1')?.spec?.['unschedulable'] !== true,
  },
  {
    remedy: 'rebalance',
    cause: 'node-pressure',
    setup(objects) {
      const place = cart(objects, { replicas: 4 });
      change(objects, 'nodes', 'node-1', ({ status }) => ({
        status: {
          ...status,
          conditions: [
            { type: 'Ready', status: 'True', lastTransitionTime: timestamp(NOW - 600 * MINUTE) },
            { type: 'MemoryPressure', status: 'True', lastTransitionTime: timestamp(NOW - 10 * MINUTE) },
          ],
        },
      }));
      return place;
    },
    shows: (objects) => isEvicted(objects, 'cart-2-a') || isEvicted(objects, 'cart-2-d'),
  },
  {
    remedy: 'scale-nodes',
    cause: 'unschedulable',
    policy: {
      limits: { ...POLICY.limits, nodeGroups: [{ ...GROUP, maxReplicas: 5, nodeLabels: { pool: 'general' } }] },
    },
    customResources: [
      {
        group: 'cluster.x-k8s.io',
        version: 'v1beta1',
        plural: 'machinedeployments',
        kind: 'MachineDeployment',
        scale: { minimum: 0 },
        status: true,
      },
    ],
    setup(objects) {
      addNodes(objects, 3);
      for (const name of ['node-1', 'node-2', 'node-3']) {
        addPod(objects, `full-${name}`, {
          node: name,
          labels: { app: 'full' },
          resources: { requests: { cpu: '7900m' } },
        });
      }
      const made = addCart(objects, {
        replicas: 1,
        resources: { requests: { cpu: '500m' } },
        status: { readyReplicas: 0, availableReplicas: 0 },
      });
      makePending(objects, 'cart-2-a');
      objects.create('machinedeployments', {
        apiVersion: GROUP.apiVersion,
        kind: GROUP.kind,
        metadata: { name: GROUP.name, namespace: GROUP.namespace },
        spec: { replicas: 3 },
        status: { replicas: 3, readyReplicas: 3 },
      });
      return located('Deployment', 'cart', made.metadata.uid);
    },
    shows: (objects) => objects.get('machinedeployments', GROUP.namespace, GROUP.name)?.spec?.['replicas'] === 4,
    // For StatefulSets and for the other kind of node group.
    unused: ['get statefulsets', 'get machinepools', 'patch machinepools/scale'],
  },
  {
    remedy: 'run-job',
    cause: EVERY_CAUSE,
    policy: {
      limits: {
        ...POLICY.limits,
        runbooks: [
          {
            name: 'flush-queue',
            causes: [EVERY_CAUSE],
            configMap: { namespace: 'runbooks', name: 'flush-queue' },
            namespaces: [NAMESPACE],
          },
        ],
      },
    },
    setup(objects) {
      const place = cart(objects);
      const template = templateOf('flush', 'tools:1');
      const spec = { ...(template['spec'] as object), restartPolicy: 'Never' }; // As templateOf made it.
      const job = {
        apiVersion: 'batch/v1',
        kind: 'Job',
        spec: { backoffLimit: 1, activeDeadlineSeconds: 300, template: { spec } },
      };
      objects.create('configmaps', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'flush-queue', namespace: 'runbooks' },
        data: { 'job.yaml': JSON.stringify(job), 'job.json': JSON.stringify(job) },
      });
      return place;
    },
    shows: (objects) => objects.list('jobs').length === 1,
  },
];

/** Remedies that no world makes applicable, with the reason. */
export const WITHOUT_A_CASE: Readonly<Record<string, string>> = {
  'scale-down': 'refuses during every incident, and there is no other occasion',
  'resume-rollout': 'goes on from what pause-rollout left: see the story of the two',
};

function makePending(objects: ObjectStore, name: string): void {
  change(objects, 'pods', name, ({ spec = {} }) => {
    const { nodeName: _, ...rest } = spec;
    return {
      spec: rest,
      status: {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available',
            lastTransitionTime: timestamp(NOW - 10 * MINUTE),
          },
        ],
      },
    };
  });
}
