import { describe, expect, test } from '@jest/globals';

import { alertOf, clusterItems, itemOf, locateIn, webhookAlerts, without, type Item } from './fixtures.ts';

type Labels = Readonly<Record<string, string>>;

const CART_POD = 'cart-7d9c5b8f6-x2x4z';
const KSM_POD = 'kps-kube-state-metrics-5b9f6c7d8-hq2wl';
const BY_KSM: Labels = {
  container: 'kube-state-metrics',
  endpoint: 'http',
  instance: '10.244.0.7:8080',
  job: 'kube-state-metrics',
  namespace: 'monitoring',
  pod: KSM_POD,
  service: 'kps-kube-state-metrics',
};
const CART = { kind: 'located', workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' } };
const KSM = {
  kind: 'located',
  workload: { kind: 'Deployment', namespace: 'monitoring', name: 'kps-kube-state-metrics' },
  notifyOnly: 'monitoring-plane',
};
const EXPORTER_ONLY = { kind: 'unlocated', reason: 'exporter-only', candidates: [] };

/** kube-state-metrics as it crashes again and again. */
function withIllExporter(): Item[] {
  const items = clusterItems();
  itemOf(items, 'Pod', KSM_POD)['status'] = {
    phase: 'Running',
    podIP: '10.244.0.7',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      {
        name: 'kube-state-metrics',
        ready: false,
        restartCount: 8,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      },
    ],
  };
  return items;
}

/** kube-state-metrics well, beside a container that crashes. */
function withIllNeighbour(): Item[] {
  const items = clusterItems();
  itemOf(items, 'Pod', KSM_POD)['status'] = {
    phase: 'Running',
    podIP: '10.244.0.7',
    containerStatuses: [
      { name: 'kube-state-metrics', ready: true, restartCount: 0, state: { running: {} } },
      { name: 'proxy', ready: false, restartCount: 8, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ],
  };
  return items;
}

/** kube-state-metrics under names that give nothing away, but for the image. */
function withRenamedExporter(image: string): Item[] {
  const items = clusterItems();
  const pod = itemOf(items, 'Pod', KSM_POD);
  pod.metadata = { ...pod.metadata, labels: { app: 'objects' } };
  pod['spec'] = { nodeName: 'node-1', containers: [{ name: 'main', image }] };
  return items;
}

function withAddress(name: string, podIP: string): Item[] {
  const items = clusterItems();
  const pod = itemOf(items, 'Pod', name);
  pod['status'] = { ...(pod['status'] as object), podIP }; // Every pod of the fixture has a status.
  return items;
}

interface Case {
  readonly name: string;
  readonly labels: Labels;
  readonly items?: Item[];
  readonly expected: object;
}

describe('a pod label counts when it is the subject', () => {
  const own: Labels = { alertname: 'CartErrors', namespace: 'shop', pod: CART_POD, job: 'cart', service: 'cart' };
  const cases: readonly Case[] = [
    {
      name: 'kube-state-metrics is not the subject of what it reports (kubernaut#178, #308)',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics' },
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor under another job name: its image tells',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics', job: 'objects' },
      items: withRenamedExporter('example.org/kube-state-metrics:v2'),
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor under any other name: the job tells',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics' },
      items: withRenamedExporter('example.org/objects:v2'),
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor when it has got another address since',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics', instance: '10.244.0.99:8080' },
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor when the instance was relabelled: it is behind the scraped Service',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics', instance: 'objects-of-cluster-7' },
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor when nothing tells of the scrape',
      labels: { alertname: 'Aggregated', namespace: 'monitoring', pod: KSM_POD },
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor when its pod is gone',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics' },
      items: without(clusterItems(), 'Pod', KSM_POD),
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor when the namespace had to give way to it',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics', exported_namespace: 'shop' },
      expected: EXPORTER_ONLY,
    },
    {
      name: 'an exporter that crashes itself is the subject',
      labels: { ...BY_KSM, alertname: 'KubePodCrashLooping', reason: 'CrashLoopBackOff' },
      items: withIllExporter(),
      expected: { ...KSM, pods: [KSM_POD] },
    },
    {
      name: 'an exporter that is not ready itself is the subject',
      labels: { alertname: 'KubePodNotReady', namespace: 'monitoring', pod: KSM_POD, job: 'kube-state-metrics' },
      items: withIllExporter(),
      expected: KSM,
    },
    {
      name: 'an exporter that was killed for its memory is the subject',
      labels: { alertname: 'AutoHealOOMKilled', namespace: 'monitoring', pod: KSM_POD, reason: 'OOMKilled' },
      items: withIllExporter(),
      expected: KSM,
    },
    {
      name: 'but not for an illness that its status does not show',
      labels: { ...BY_KSM, alertname: 'KubeContainerWaiting', reason: 'ImagePullBackOff' },
      items: withIllExporter(),
      expected: EXPORTER_ONLY,
    },
    {
      name: 'nor for one that only another of its containers shows',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics', reason: 'CrashLoopBackOff' },
      items: withIllNeighbour(),
      expected: EXPORTER_ONLY,
    },
    {
      name: 'an exporter is the subject of what the kubelet says of it',
      labels: {
        alertname: 'CPUThrottlingHigh',
        namespace: 'monitoring',
        pod: KSM_POD,
        container: 'kube-state-metrics',
        instance: '10.0.0.11:10250',
        job: 'kubelet',
      },
      expected: KSM,
    },
    {
      name: 'even one on the network of the host, where the kubelet has its address',
      labels: {
        alertname: 'CPUThrottlingHigh',
        namespace: 'monitoring',
        pod: 'kps-prometheus-node-exporter-v3h8d',
        container: 'node-exporter',
        instance: '10.0.0.12:10250',
        node: 'node-2',
        job: 'kubelet',
      },
      expected: {
        kind: 'located',
        workload: { kind: 'DaemonSet', namespace: 'monitoring', name: 'kps-prometheus-node-exporter' },
        decidedBy: 'pod',
        notifyOnly: 'monitoring-plane',
      },
    },
    {
      name: 'a pod that reports on itself is the subject',
      labels: { ...own, instance: '10.244.1.21:8080' },
      expected: { ...CART, pods: [CART_POD] },
    },
    {
      name: 'a pod that reports on itself under its own name is the subject',
      labels: { ...own, instance: `${CART_POD}:8080` },
      expected: CART,
    },
    {
      name: 'a pod that reports on itself under the name of its node is the subject',
      labels: { ...own, instance: 'node-1' },
      expected: CART,
    },
    {
      name: 'a pod that probes something else is not the subject',
      labels: { ...own, pod: 'cart-7d9c5b8f6-q8w2k', instance: 'https://shop.example/checkout' },
      expected: EXPORTER_ONLY,
    },
    {
      name: 'an address in IPv6 is an address',
      labels: { ...BY_KSM, alertname: 'AnythingOfKubeStateMetrics', instance: '[fd00::7]:8080' },
      items: withAddress(KSM_POD, 'fd00::7'),
      expected: EXPORTER_ONLY,
    },
    {
      name: 'an exporter that another metric names is the subject',
      labels: {
        ...BY_KSM,
        alertname: 'PodCosts',
        job: 'costs',
        exported_namespace: 'monitoring',
        exported_pod: KSM_POD,
      },
      expected: { ...KSM, decidedBy: 'exported_pod' },
    },
    {
      name: 'the exporter of a node means the node',
      labels: {
        alertname: 'MyDiskAlert',
        namespace: 'monitoring',
        pod: 'kps-prometheus-node-exporter-v3h8d',
        instance: '10.0.0.12:9100',
        job: 'node-exporter',
      },
      expected: { kind: 'located', workload: { kind: 'Node', name: 'node-2' }, pods: [] },
    },
    {
      name: 'a node label decides where the pod is only the exporter',
      labels: { ...BY_KSM, alertname: 'MyNodeAlert', node: 'node-2' },
      expected: { kind: 'located', workload: { kind: 'Node', name: 'node-2' }, decidedBy: 'node' },
    },
    {
      name: 'a pod decides over the node that it runs on',
      labels: { alertname: 'CPUThrottlingHigh', namespace: 'shop', pod: CART_POD, node: 'node-1', job: 'kubelet' },
      expected: CART,
    },
    {
      name: 'an alert about Node.js is no alert about a node',
      labels: { alertname: 'NodeMemoryLeak', namespace: 'shop', pod: CART_POD },
      expected: CART,
    },
    {
      name: 'an exported pod decides over the one that was scraped',
      labels: { ...BY_KSM, alertname: 'KubePodCrashLooping', exported_namespace: 'shop', exported_pod: CART_POD },
      expected: { ...CART, decidedBy: 'exported_pod' },
    },
  ];

  test.each(cases)('$name', async ({ labels, items = clusterItems(), expected }) => {
    const location = await locateIn(items)([alertOf(labels)]);

    expect(location).toMatchObject(expected);
  });

  test('the sentence names the chain, the label that decided and what was passed over', async () => {
    const location = await locateIn(clusterItems())(webhookAlerts('KubePodCrashLooping'));

    expect(location.why).toBe(
      `pod shop/${CART_POD} is owned by ReplicaSet cart-7d9c5b8f6, owned by Deployment cart; ` +
        `label pod decided, since endpoint/instance/job/service are kube-state-metrics' own`,
    );
  });
});

describe('a pod that is not the one that fired', () => {
  test('another pod of the same name is refused', async () => {
    const [alert] = webhookAlerts('KubePodCrashLooping');
    const labels = { ...alert?.labels, uid: '00000000-0000-4000-a000-000000000000' };

    expect(await locateIn(clusterItems())([alertOf(labels)])).toMatchObject({ reason: 'uid-changed' });
  });

  const gone: readonly Case[] = [
    {
      name: 'the Deployment whose history holds its ReplicaSet',
      labels: { namespace: 'shop', pod: 'cart-5c6b7f9d84-abcde' },
      expected: { ...CART, pods: [], decidedBy: 'pod' },
    },
    {
      name: 'nothing where the ReplicaSet is gone as well (kubernaut#451)',
      labels: { namespace: 'shop', pod: 'cart-0123456789-abcde' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'the StatefulSet that misses it',
      labels: { namespace: 'shop', pod: 'orders-db-1' },
      items: without(clusterItems(), 'Pod', 'orders-db-1'),
      expected: { kind: 'located', workload: { kind: 'StatefulSet', name: 'orders-db' }, pods: [] },
    },
    {
      name: 'nothing where the StatefulSet was scaled below it',
      labels: { namespace: 'shop', pod: 'orders-db-2' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'the DaemonSet',
      labels: { namespace: 'platform', pod: 'log-agent-00000' },
      expected: { kind: 'located', workload: { kind: 'DaemonSet', name: 'log-agent' } },
    },
    {
      name: 'the CronJob above its Job',
      labels: { namespace: 'shop', pod: 'nightly-report-29384040-00000' },
      expected: { kind: 'located', workload: { kind: 'CronJob', name: 'nightly-report' } },
    },
    {
      name: 'the Job of an indexed pod',
      labels: { namespace: 'shop', pod: 'import-catalogue-3-00000' },
      expected: { kind: 'located', workload: { kind: 'Job', name: 'import-catalogue' } },
    },
    {
      name: 'nothing in another namespace',
      labels: { namespace: 'default', pod: 'cart-5c6b7f9d84-abcde' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'not the node on which it ran',
      labels: { namespace: 'shop', pod: 'cart-0123456789-abcde', node: 'node-1' },
      expected: { reason: 'not-found' },
    },
    {
      name: 'nobody where one of two controllers has lost its owner',
      labels: { namespace: 'platform', pod: 'log-agent-00000' },
      items: [
        ...clusterItems(),
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: {
            name: 'log-agent',
            namespace: 'platform',
            uid: 'uid-1',
            resourceVersion: '1',
            ownerReferences: [
              { apiVersion: 'batch/v1', kind: 'CronJob', name: 'gone', uid: 'uid-2', controller: true },
            ],
          },
        },
      ],
      expected: { reason: 'not-found', candidates: [{ kind: 'Job', namespace: 'platform', name: 'log-agent' }] },
    },
    {
      name: 'nobody where two controllers make such pods',
      labels: { namespace: 'platform', pod: 'log-agent-00000' },
      items: [
        ...clusterItems(),
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'log-agent', namespace: 'platform', uid: 'uid-1', resourceVersion: '1' },
        },
      ],
      expected: {
        reason: 'ambiguous',
        candidates: [
          { kind: 'DaemonSet', namespace: 'platform', name: 'log-agent' },
          { kind: 'Job', namespace: 'platform', name: 'log-agent' },
        ],
      },
    },
  ];

  test.each(gone)('of a pod that is gone is found: $name', async ({ labels, items = clusterItems(), expected }) => {
    const location = await locateIn(items)([alertOf({ alertname: 'KubePodCrashLooping', ...labels })]);

    expect(location).toMatchObject(expected);
  });
});
