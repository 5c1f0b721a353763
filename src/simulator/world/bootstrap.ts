import type { PodTemplate } from '../../domain/kubernetes.ts';
import type { NewObject } from '../objects.ts';
import type { Kit } from './kit.ts';
import type { CronSpec, NodeSpec, ServiceSpec, WorldSpec } from './spec.ts';

/** Creates the objects of a world. Pods, ReplicaSets and all statuses are left to the controllers. */
export function createObjects(kit: Kit, spec: WorldSpec, options: { readonly previousImages: boolean }): void {
  const namespaces = new Set(['default', 'kube-system']);
  for (const part of [...spec.services, ...(spec.crons ?? [])]) {
    namespaces.add(part.namespace);
  }
  for (const name of namespaces) {
    createMissing(kit, 'namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  for (const [index, node] of spec.nodes.entries()) {
    createMissing(kit, 'nodes', nodeObject(node, index));
  }
  for (const service of spec.services) {
    createService(kit, service, options.previousImages ? (service.previousImage ?? service.image) : service.image);
  }
  for (const cron of spec.crons ?? []) {
    createMissing(kit, 'cronjobs', cronObject(cron));
  }
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
  createAutoscaler(kit, service);
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

function createAutoscaler(kit: Kit, service: ServiceSpec): void {
  const { autoscaler, namespace, name } = service;
  if (autoscaler === undefined) {
    return;
  }
  createMissing(kit, 'horizontalpodautoscalers', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: service.kind, name },
      minReplicas: autoscaler.min,
      maxReplicas: autoscaler.max,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: autoscaler.cpuPercent } },
        },
      ],
    },
    status: { desiredReplicas: 0, currentMetrics: null },
  });
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
      ...(service.annotations === undefined ? {} : { annotations: service.annotations }),
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
