import type { NewObject } from '../objects.ts';
import type { ResourceName } from './kinds.ts';
import type { NodeGroupSpec, QuotaSpec, ServiceSpec, WorldSpec } from './spec.ts';

/** An object to create, and the resource that it is kept under. */
export type Created = readonly [ResourceName, NewObject];

/** The HPA of a service, or the ScaledObject that KEDA makes one from. */
export function scalersOf(service: ServiceSpec): readonly Created[] {
  const { autoscaler, namespace, name } = service;
  if (autoscaler === undefined) {
    return [];
  }
  if (autoscaler.keda === true) {
    const object = {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name, namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: service.kind, name },
        minReplicaCount: autoscaler.min,
        maxReplicaCount: autoscaler.max,
        triggers: [{ type: 'cpu', metricType: 'Utilization', metadata: { value: String(autoscaler.cpuPercent) } }],
      },
    };
    return [['scaledobjects', object]];
  }
  const object = {
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
  };
  return [['horizontalpodautoscalers', object]];
}

/** A mesh route: every caller of the Service goes by its weights. */
export function routesOf({ namespace, name, port = 8080, route }: ServiceSpec): readonly Created[] {
  if (route === undefined) {
    return [];
  }
  const object = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: route.name, namespace },
    spec: {
      parentRefs: [{ group: '', kind: 'Service', name, port }],
      rules: [
        {
          backendRefs: [
            { group: '', kind: 'Service', name, port, weight: 100 },
            { group: '', kind: 'Service', name: route.fallback, port, weight: 0 },
          ],
        },
      ],
    },
  };
  return [['httproutes', object]];
}

/** A quota; its controller fills in what is used. */
export function quotaObject({ namespace, name, hard }: QuotaSpec): NewObject {
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace }, spec: { hard }, status: {} };
}

/** The MachineDeployment of a node group, with as many replicas as the world has nodes in it. */
export function groupObject(group: NodeGroupSpec, spec: WorldSpec): NewObject {
  const { namespace, name } = group;
  const replicas = spec.nodes.filter((node) => node.group === name).length;
  const matchLabels = { 'cluster.x-k8s.io/deployment-name': name };
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta1',
    kind: 'MachineDeployment',
    metadata: { name, namespace },
    spec: {
      clusterName: 'simulated',
      replicas,
      selector: { matchLabels },
      template: { metadata: { labels: matchLabels }, spec: { clusterName: 'simulated' } },
    },
    status: { replicas, readyReplicas: replicas, phase: 'Running' },
  };
}
