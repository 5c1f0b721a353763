import type { Section } from '../frame.ts';

const READY_NODES = 'max by (node) (kube_node_status_condition{condition="Ready",status="true"})';

export const NODES: Section = {
  id: 1,
  title: 'Nodes',
  panels: [
    {
      id: 10,
      title: 'Nodes ready',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Nodes whose kubelet says that it can take pods.',
      queries: [{ expr: `sum(${READY_NODES})`, legend: 'ready' }],
      steps: [
        [null, 'warning'],
        [1, 'good'],
      ],
      decimals: 0,
    },
    {
      id: 11,
      title: 'Nodes not ready',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Nodes that are not ready or from which nothing is heard.',
      queries: [{ expr: `count(${READY_NODES}) - sum(${READY_NODES})`, legend: 'not ready' }],
      steps: [
        [null, 'good'],
        [1, 'warning'],
      ],
      decimals: 0,
    },
    {
      id: 12,
      title: 'Nodes cordoned',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Nodes that take no new pods, because AutoHeal or a person said so.',
      queries: [{ expr: 'sum(max by (node) (kube_node_spec_unschedulable))', legend: 'cordoned' }],
      steps: [
        [null, 'good'],
        [1, 'warning'],
      ],
      decimals: 0,
    },
    {
      id: 13,
      title: 'Health of the nodes',
      kind: 'states',
      size: [12, 8],
      unit: 'short',
      description: 'Whether each node is ready, over time.',
      queries: [{ expr: READY_NODES, legend: '{{node}}' }],
      steps: [
        [null, 'warning'],
        [1, 'good'],
      ],
      mappings: [
        { from: 1, to: 1, text: 'ready', tone: 'good' },
        { from: 0, to: 0, text: 'not ready', tone: 'warning' },
      ],
    },
    {
      id: 14,
      title: 'Nodes under pressure',
      kind: 'lines',
      size: [12, 8],
      unit: 'short',
      description: 'Nodes that are short of memory, disk, process ids or network, by condition.',
      queries: [
        {
          expr: 'sum by (condition) (kube_node_status_condition{condition!="Ready",status="true"})',
          legend: '{{condition}}',
          tone: 'warning',
        },
      ],
      noValue: 'no such condition reported',
      min: 0,
    },
    {
      id: 15,
      title: 'CPU of the nodes',
      kind: 'lines',
      size: [12, 8],
      unit: 'percentunit',
      description: 'CPU that containers use, of what the node can give to pods.',
      queries: [
        {
          expr: `sum by (node) (rate(container_cpu_usage_seconds_total{container!="",container!="POD"}[$__rate_interval])) / on (node) max by (node) (kube_node_status_allocatable{resource="cpu"})`,
          legend: '{{node}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 16,
      title: 'Memory of the nodes',
      kind: 'lines',
      size: [12, 8],
      unit: 'percentunit',
      description: 'Working set of the containers, of what the node can give to pods.',
      queries: [
        {
          expr: `sum by (node) (container_memory_working_set_bytes{container!="",container!="POD"}) / on (node) max by (node) (kube_node_status_allocatable{resource="memory"})`,
          legend: '{{node}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 17,
      title: 'Requested of the nodes',
      kind: 'lines',
      size: [12, 8],
      unit: 'percentunit',
      description: 'What the pods of each node requested, of what it can give. Near 100 %, new pods find no place.',
      queries: (['cpu', 'memory'] as const).map((resource) => ({
        expr: `sum by (node) (kube_pod_container_resource_requests{resource="${resource}",node!=""}) / on (node) max by (node) (kube_node_status_allocatable{resource="${resource}"})`,
        legend: `${resource}: {{node}}`,
        tone: resource === 'cpu' ? ('plain' as const) : ('good' as const),
      })),
      min: 0,
    },
    {
      id: 18,
      title: 'Pods of the nodes',
      kind: 'lines',
      size: [12, 8],
      unit: 'short',
      description: 'Pods that are placed on each node, whatever their state.',
      queries: [{ expr: 'count by (node) (kube_pod_info{node!=""})', legend: '{{node}}', tone: 'plain' }],
      min: 0,
    },
  ],
};
