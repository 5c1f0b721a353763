import type { Section } from '../frame.ts';
import { IN_NAMESPACES } from '../promql.ts';

const BY_REASON = `kube_pod_container_status_waiting_reason{${IN_NAMESPACES}}`;

export const PODS: Section = {
  id: 2,
  title: 'Pods',
  panels: [
    {
      id: 20,
      title: 'Pods by phase',
      kind: 'areas',
      size: [8, 8],
      unit: 'short',
      description:
        'Pods of the chosen namespaces. Pending pods wait for a node or an image; failed ones ended for good.',
      queries: [
        {
          expr: `sum by (phase) (kube_pod_status_phase{${IN_NAMESPACES},phase=~"Running|Succeeded"})`,
          legend: '{{phase}}',
          tone: 'good',
        },
        {
          expr: `sum by (phase) (kube_pod_status_phase{${IN_NAMESPACES},phase="Pending"})`,
          legend: '{{phase}}',
          tone: 'plain',
        },
        {
          expr: `sum by (phase) (kube_pod_status_phase{${IN_NAMESPACES},phase=~"Failed|Unknown"})`,
          legend: '{{phase}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 21,
      title: 'Failed pods',
      kind: 'lines',
      size: [8, 8],
      unit: 'short',
      description: 'Pods in the phase Failed, such as evicted ones, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (kube_pod_status_phase{${IN_NAMESPACES},phase="Failed"})`,
          legend: '{{namespace}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 22,
      title: 'Pods that are not ready',
      kind: 'lines',
      size: [8, 8],
      unit: 'short',
      description: 'Running or pending pods that serve nothing, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (kube_pod_status_ready{${IN_NAMESPACES},condition=~"false|unknown"} * on (namespace, pod) group_left () max by (namespace, pod) (kube_pod_status_phase{phase=~"Running|Pending"}))`,
          legend: '{{namespace}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 23,
      title: 'Restarts',
      kind: 'bars',
      size: [8, 8],
      unit: 'short',
      description: 'Containers that were started again in each step of the graph, by namespace.',
      queries: [
        {
          expr: `sum by (namespace) (increase(kube_pod_container_status_restarts_total{${IN_NAMESPACES}}[$__interval]))`,
          legend: '{{namespace}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 24,
      title: 'Why containers wait',
      kind: 'lines',
      size: [8, 8],
      unit: 'short',
      description: 'Containers that do not run, by the reason that the kubelet gives.',
      queries: [{ expr: `sum by (reason) (${BY_REASON})`, legend: '{{reason}}', tone: 'warning' }],
      noValue: 'none waits',
      min: 0,
    },
    {
      id: 25,
      title: 'Why containers ended',
      kind: 'lines',
      size: [8, 8],
      unit: 'short',
      description: 'Containers that run again or are to, by why they ended the last time.',
      queries: [
        {
          expr: `sum by (reason) (kube_pod_container_status_last_terminated_reason{${IN_NAMESPACES}})`,
          legend: '{{reason}}',
          tone: 'plain',
        },
      ],
      noValue: 'none ended',
      min: 0,
    },
  ],
};
