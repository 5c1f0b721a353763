import type { PodTemplate } from '../../domain/kubernetes.ts';
import { HEAL_PATH_ANNOTATION } from '../../domain/remedy.ts';
import type { NewObject } from '../objects.ts';
import type { Kit } from './kit.ts';
import { GROUP_LABEL } from './controllers/node-group.ts';
import { type Created, groupObject, quotaObject, routesOf, scalersOf } from './bounds.ts';
import type { CronSpec, NodeSpec, ServiceSpec, WorldSpec } from './spec.ts';

/** Creates the objects of a world. Pods, ReplicaSets and all statuses are left to the controllers. */
export function createObjects(kit: Kit, spec: WorldSpec, options: { readonly previousImages: boolean }): void {
  for (const [resource, object] of [...namespacesOf(spec), ...boundsOf(spec)]) {
    createMissing(kit, resource, object);
  }
  for (const service of spec.services) {
    createService(kit, service, options.previousImages ? (service.previousImage ?? service.image) : service.image);
  }
  for (const cron of spec.crons ?? []) {
    createMissing(kit, 'cronjobs', cronObject(cron));
  }
}

function namespacesOf({ services, crons = [], nodeGroups = [], quotas = [] }: WorldSpec): readonly Created[] {
  const parts: readonly { readonly namespace: string }[] = [...services, ...crons, ...nodeGroups, ...quotas];
  const names = new Set(['default', 'kube-system', ...parts.map(({ namespace }) => namespace)]);
  return [...names].map((name) => [
    'namespaces',
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    },
  ]);
}

function boundsOf(spec: WorldSpec): readonly Created[] {
  return [
    ...spec.nodes.map((node, index): Created => ['nodes', nodeObject(node, index)]),
    ...(spec.nodeGroups ?? []).map((group): Created => ['machinedeployments', groupObject(group, spec)]),
    ...(spec.quotas ?? []).map((quota): Created => ['resourcequotas', quotaObject(quota)]),
  ];
}

/** Rolls every service that has a previous image on to its present one. */
export function rollToPresent(kit: Kit, spec: WorldSpec): void {
  for (const service of spec.services) {
    const resource = RESOURCES[service.kind];
    const workload = kit.get(resource, service.namespace, service.name);
    if (service.previousImage !== undefined && workload !== undefined) {
      const template = templateOf(service, service.image);
      kit.update(resource, { ...workload, spec: { ...workload.spec, template } });
    }
  }
}

const RESOURCES = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const;

type CreatedResource = Parameters<Kit['create']>[0];

/** A world may be put on a store that holds some of its objects already. */
function createMissing(kit: Kit, resource: CreatedResource, object: NewObject): void {
  if (kit.get(resource, object.metadata.namespace, object.metadata.name ?? '') === undefined) {
    kit.create(resource, object);
  }
}

function nodeObject(node: NodeSpec, index: number): NewObject {
  const size = { cpu: node.cpu, memory: node.memory, pods: '110', 'ephemeral-storage': '100Gi' };
  const address = `10.97.0.${index + 1}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        ...(node.group === undefined ? {} : { [GROUP_LABEL]: node.group }),
        ...node.labels,
      },
    },
    spec: { podCIDR: `10.244.${index + 1}.0/24`, podCIDRs: [`10.244.${index + 1}.0/24`] },
    status: {
      capacity: size,
      allocatable: size,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: node.name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'Simulated Linux',
        kernelVersion: '6.18.0-sim',
        containerRuntimeVersion: 'containerd://2.1.9',
        kubeletVersion: 'v1.36.3',
        kubeProxyVersion: 'v1.36.3',
      },
    },
  };
}

function createService(kit: Kit, service: ServiceSpec, image: string): void {
  const { namespace, name } = service;
  if (service.configMap !== undefined) {
    createMissing(kit, 'configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: service.configMap, namespace },
      data: { LOG_LEVEL: 'info' },
    });
  }
  createMissing(kit, RESOURCES[service.kind], workloadObject(service, image));
  if (service.port !== undefined) {
    createMissing(kit, 'services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        type: 'ClusterIP',
        ...(service.kind === 'StatefulSet' ? { clusterIP: 'None' } : {}),
        selector: { app: name },
        ports: [{ name: 'http', port: service.port, targetPort: service.port, protocol: 'TCP' }],
      },
    });
  }
  for (const [resource, object] of [...scalersOf(service), ...routesOf(service)]) {
    createMissing(kit, resource, object);
  }
  if (service.budget !== undefined) {
    createMissing(kit, 'poddisruptionbudgets', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace },
      spec: { ...service.budget, selector: { matchLabels: { app: name } } },
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    });
  }
}

function templateOf(service: ServiceSpec, image: string): PodTemplate {
  const { port } = service;
  return {
    metadata: { labels: { app: service.name } },
    spec: {
      containers: [
        {
          name: service.container ?? 'app',
          image,
          ...(port === undefined ? {} : { ports: [{ containerPort: port, protocol: 'TCP' }] }),
          ...(service.configMap === undefined ? {} : { envFrom: [{ configMapRef: { name: service.configMap } }] }),
          resources: {
            requests: service.requests,
            ...(service.limits === undefined ? {} : { limits: service.limits }),
          },
          ...(port === undefined
            ? {}
            : {
                readinessProbe: {
                  httpGet: { path: '/healthz', port, scheme: 'HTTP' },
                  periodSeconds: 1,
                  timeoutSeconds: 1,
                  successThreshold: 1,
                  failureThreshold: 3,
                },
              }),
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      ...TEMPLATE_DEFAULTS,
    },
  };
}

const TEMPLATE_DEFAULTS = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  securityContext: {},
};

function workloadObject(service: ServiceSpec, image: string): NewObject {
  return {
    apiVersion: 'apps/v1',
    kind: service.kind,
    metadata: {
      name: service.name,
      namespace: service.namespace,
      labels: { app: service.name },
      ...annotationsOf(service),
    },
    spec: {
      selector: { matchLabels: { app: service.name } },
      template: templateOf(service, image),
      revisionHistoryLimit: 10,
      ...kindSpec(service),
    },
    status: {},
  };
}

function annotationsOf({ annotations, healEndpoint }: ServiceSpec): {
  readonly annotations?: Readonly<Record<string, string>>;
} {
  const own = healEndpoint === undefined ? {} : { [HEAL_PATH_ANNOTATION]: healEndpoint.path };
  return annotations === undefined && healEndpoint === undefined ? {} : { annotations: { ...own, ...annotations } };
}

function kindSpec(service: ServiceSpec): object {
  switch (service.kind) {
    case 'Deployment':
      return {
        replicas: service.replicas,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        progressDeadlineSeconds: service.progressDeadlineSeconds ?? 600,
      };
    case 'StatefulSet':
      return {
        replicas: service.replicas,
        serviceName: service.name,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        ...(service.volume === undefined
          ? {}
          : {
              volumeClaimTemplates: [
                {
                  metadata: { name: 'data' },
                  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: service.volume.size } } },
                },
              ],
            }),
      };
    case 'DaemonSet':
      return { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } } };
  }
}

function cronObject(cron: CronSpec): NewObject {
  const template = {
    metadata: { labels: { app: cron.name } },
    spec: {
      ...TEMPLATE_DEFAULTS,
      containers: [
        {
          name: 'app',
          image: cron.image,
          resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        },
      ],
      restartPolicy: 'Never',
    },
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: cron.name, namespace: cron.namespace, labels: { app: cron.name } },
    spec: {
      schedule: cron.schedule,
      suspend: false,
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { spec: { backoffLimit: 2, template } },
    },
    status: {},
  };
}
