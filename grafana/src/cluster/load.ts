import type { Section } from '../frame.ts';
import { CONTAINERS, IN_NAMESPACES, rateOf } from '../promql.ts';

const PER_AUTOSCALER = 'max by (namespace, horizontalpodautoscaler)';

export const LOAD: Section = {
  id: 3,
  title: 'Load',
  panels: [
    {
      id: 30,
      title: 'Requests',
      kind: 'areas',
      size: [8, 8],
      unit: 'reqps',
      description: 'Requests that are answered per second, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (${rateOf('http_requests_total', IN_NAMESPACES)})`,
          legend: '{{namespace}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 31,
      title: 'Failed requests',
      kind: 'lines',
      size: [8, 8],
      unit: 'percentunit',
      description: 'Share of the answers with a status of 500 or more, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (${rateOf('http_requests_total', `${IN_NAMESPACES},code=~"5.."`)}) / sum by (namespace) (${rateOf('http_requests_total', IN_NAMESPACES)})`,
          legend: '{{namespace}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 32,
      title: 'CPU',
      kind: 'lines',
      size: [8, 8],
      unit: 'suffix: cores',
      description: 'CPU that containers use, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (${rateOf('container_cpu_usage_seconds_total', CONTAINERS)})`,
          legend: '{{namespace}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 33,
      title: 'Throttled',
      kind: 'lines',
      size: [8, 8],
      unit: 'percentunit',
      description:
        'Share of the scheduling periods in which containers were kept from the CPU by their limit, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (${rateOf('container_cpu_cfs_throttled_periods_total', CONTAINERS)}) / sum by (namespace) (${rateOf('container_cpu_cfs_periods_total', CONTAINERS)})`,
          legend: '{{namespace}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 34,
      title: 'Autoscalers at their bound',
      kind: 'lines',
      size: [8, 8],
      unit: 'percentunit',
      description: 'Present replicas of what the autoscaler may give. At 100 %, more load finds no more pods.',
      queries: [
        {
          expr: `${PER_AUTOSCALER} (kube_horizontalpodautoscaler_status_current_replicas{${IN_NAMESPACES}}) / ${PER_AUTOSCALER} (kube_horizontalpodautoscaler_spec_max_replicas{${IN_NAMESPACES}})`,
          legend: '{{namespace}}/{{horizontalpodautoscaler}}',
          tone: 'plain',
        },
      ],
      noValue: 'no autoscaler',
      min: 0,
      max: 1,
    },
    {
      id: 35,
      title: 'Volumes',
      kind: 'lines',
      size: [8, 8],
      unit: 'percentunit',
      description: 'How full the persistent volumes are that running pods have mounted.',
      queries: [
        {
          expr: `max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{${IN_NAMESPACES}}) / max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes{${IN_NAMESPACES}})`,
          legend: '{{namespace}}/{{persistentvolumeclaim}}',
          tone: 'plain',
        },
      ],
      noValue: 'no volume mounted',
      min: 0,
      max: 1,
    },
    {
      id: 36,
      title: 'Disruptions that budgets allow',
      kind: 'lines',
      size: [24, 8],
      unit: 'short',
      description: 'Pods that may be evicted now, by PodDisruptionBudget. At 0, AutoHeal evicts nothing of it.',
      queries: [
        {
          expr: `max by (namespace, poddisruptionbudget) (kube_poddisruptionbudget_status_pod_disruptions_allowed{${IN_NAMESPACES}})`,
          legend: '{{namespace}}/{{poddisruptionbudget}}',
          tone: 'good',
        },
      ],
      noValue: 'no budget',
      min: 0,
    },
  ],
};
