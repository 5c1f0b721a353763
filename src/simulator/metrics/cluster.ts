import type { NodeObject } from '../world/kinds.ts';
import type { WorldView } from '../world/view.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { gauge, type Family, type Labels, type Sample } from './exposition.ts';
import { conditions, created, gaugesOf } from './gauges.ts';

/** `kube_horizontalpodautoscaler_*` and `kube_poddisruptionbudget_*`. */
export function boundFamilies({ kit }: WorldView): readonly Family[] {
  const scalers = kit.list('horizontalpodautoscalers');
  return [
    ...gaugesOf('horizontalpodautoscaler', scalers, [
      ['spec_max_replicas', 'Upper limit for the number of pods.', (item) => item.spec?.maxReplicas],
      ['spec_min_replicas', 'Lower limit for the number of pods, default 1.', (item) => item.spec?.minReplicas ?? 1],
      ['status_current_replicas', 'Current number of replicas.', (item) => item.status?.currentReplicas ?? 0],
      ['status_desired_replicas', 'Desired number of replicas.', (item) => item.status?.desiredReplicas ?? 0],
    ]),
    gauge(
      'kube_horizontalpodautoscaler_status_condition',
      'The condition of this autoscaler.',
      conditions('horizontalpodautoscaler', scalers, (item) => item.status?.conditions),
    ),
    ...gaugesOf('poddisruptionbudget', kit.list('poddisruptionbudgets'), [
      ['status_current_healthy', 'Current number of healthy pods.', (item) => item.status?.currentHealthy],
      ['status_desired_healthy', 'Minimum desired number of healthy pods.', (item) => item.status?.desiredHealthy],
      ['status_expected_pods', 'Pods that the budget counts.', (item) => item.status?.expectedPods],
      ['status_pod_disruptions_allowed', 'Disruptions allowed now.', (item) => item.status?.disruptionsAllowed],
    ]),
  ];
}

/** `kube_node_*`. */
export function nodeFamilies({ kit }: WorldView): readonly Family[] {
  const nodes = kit.list('nodes');
  return [
    gauge(
      'kube_node_info',
      'Information about a cluster node.',
      nodes.map((node) => ({ labels: infoLabels(node), value: 1 })),
    ),
    ...gaugesOf('node', nodes, [
      ['created', 'Unix creation timestamp', created],
      [
        'spec_unschedulable',
        'Whether a node takes no new pods.',
        (node) => (node.spec?.unschedulable === true ? 1 : 0),
      ],
    ]),
    gauge(
      'kube_node_status_condition',
      'The condition of a cluster node.',
      conditions('node', nodes, (node) => node.status?.conditions),
    ),
    gauge('kube_node_status_capacity', 'The total amount of resources of a node.', sizes(nodes, 'capacity')),
    gauge('kube_node_status_allocatable', 'The resources of a node that pods may have.', sizes(nodes, 'allocatable')),
    gauge(
      'kube_node_spec_taint',
      'The taint of a cluster node.',
      nodes.flatMap((node) =>
        (node.spec?.taints ?? []).map(({ key, effect }) => ({
          labels: { node: node.metadata.name, key, value: '', effect },
          value: 1,
        })),
      ),
    ),
  ];
}

const UNITS: Readonly<Record<string, string>> = { cpu: 'core', memory: 'byte', pods: 'integer' };

function sizes(nodes: readonly NodeObject[], which: 'allocatable' | 'capacity'): readonly Sample[] {
  return nodes.flatMap((node) =>
    Object.entries(UNITS).flatMap(([resource, unit]) => {
      const value = parseQuantity(node.status?.[which]?.[resource]);
      return value === undefined ? [] : [{ labels: { node: node.metadata.name, resource, unit }, value }];
    }),
  );
}

/** `kube_resourcequota`: what is used and what may be, by resource. */
export function quotaFamilies({ kit }: WorldView): readonly Family[] {
  const samples = kit.list('resourcequotas').flatMap((quota) => {
    const { namespace = '', name } = quota.metadata;
    const of = (type: string, amounts: Readonly<Record<string, string>>): readonly Sample[] =>
      Object.entries(amounts).map(([resource, amount]) => ({
        labels: { namespace, resourcequota: name, resource, type },
        value: parseQuantity(amount) ?? 0,
      }));
    return [...of('hard', quota.spec?.hard ?? {}), ...of('used', kit.quotaUsed(quota))];
  });
  return [gauge('kube_resourcequota', 'Information about resource quota.', samples)];
}

function infoLabels(node: NodeObject): Labels {
  const info = node.status?.nodeInfo ?? {};
  const internal = node.status?.addresses?.find((address) => address.type === 'InternalIP');
  return {
    node: node.metadata.name,
    kernel_version: info['kernelVersion'] ?? '',
    os_image: info['osImage'] ?? '',
    container_runtime_version: info['containerRuntimeVersion'] ?? '',
    kubelet_version: info['kubeletVersion'] ?? '',
    internal_ip: internal?.address ?? '',
  };
}
