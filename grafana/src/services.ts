import type { DashboardSpec, Section } from './frame.ts';
import {
  acrossPods,
  AVAILABLE,
  CHANGED,
  CONTAINERS,
  DESIRED,
  IN_NAMESPACES,
  rateOf,
  READY,
  READY_SHARE,
  UPDATED,
} from './promql.ts';

const REQUESTS = acrossPods('sum', rateOf('http_requests_total', IN_NAMESPACES));
const FAILED = acrossPods('sum', rateOf('http_requests_total', `${IN_NAMESPACES},code=~"5.."`));
const CALLS = acrossPods('sum', rateOf('http_client_requests_total', IN_NAMESPACES));
/** Calls to others have no status where none came back; clients then write a word such as `error` or `timeout`. */
const FAILED_CALLS = acrossPods('sum', rateOf('http_client_requests_total', `${IN_NAMESPACES},code=~"5..|[A-Za-z_]+"`));
const BUCKETS = acrossPods('sum', rateOf('http_request_duration_seconds_bucket', IN_NAMESPACES), ['le']);

/** Where nothing ever failed there is no series of failures, and the ratio is 0; where nothing was asked there is none. */
function ratio(failed: string, all: string): string {
  return `((${failed}) or (${all}) * 0) / (${all})`;
}

function resources(which: 'requests' | 'limits', resource: 'cpu' | 'memory'): string {
  return acrossPods('sum', `kube_pod_container_resource_${which}{${IN_NAMESPACES},resource="${resource}"}`);
}

const USAGE = {
  cpu: acrossPods('sum', rateOf('container_cpu_usage_seconds_total', CONTAINERS)),
  memory: acrossPods('sum', `container_memory_working_set_bytes{${CONTAINERS}}`),
} as const;

function usageQueries(resource: 'cpu' | 'memory'): Section['panels'][number]['queries'] {
  return [
    { expr: USAGE[resource], legend: 'used: {{namespace}}/{{workload}}', tone: 'good' },
    { expr: resources('requests', resource), legend: 'requested: {{namespace}}/{{workload}}', tone: 'plain' },
    { expr: resources('limits', resource), legend: 'limit: {{namespace}}/{{workload}}', tone: 'warning' },
  ];
}

const EACH: Section = {
  id: 1,
  title: '$workload',
  repeat: 'workload',
  panels: [
    {
      id: 10,
      title: 'State',
      kind: 'states',
      size: [18, 4],
      unit: 'percentunit',
      description: 'How many of the wanted replicas are ready: all of them, some, or none.',
      queries: [{ expr: READY_SHARE, legend: '{{namespace}}/{{workload}}' }],
      steps: [
        [null, 'warning'],
        [1, 'good'],
      ],
      mappings: [
        { from: 1, to: 1, text: 'all ready', tone: 'good' },
        { from: 0.0001, to: 0.9999, text: 'some ready', tone: 'plain' },
        { from: 0, to: 0, text: 'none ready', tone: 'warning' },
        { text: 'none wanted', tone: 'quiet' },
      ],
    },
    {
      id: 11,
      title: 'Restarts in the time shown',
      kind: 'number',
      size: [6, 4],
      unit: 'short',
      description: 'How often containers of its present pods were started again.',
      queries: [
        {
          expr: acrossPods('sum', `increase(kube_pod_container_status_restarts_total{${IN_NAMESPACES}}[$__range])`),
          legend: '{{namespace}}/{{workload}}',
        },
      ],
      steps: [
        [null, 'good'],
        [1, 'warning'],
      ],
      decimals: 0,
    },
    {
      id: 12,
      title: 'CPU',
      kind: 'lines',
      size: [8, 8],
      unit: 'suffix: cores',
      description: 'CPU that all its pods use, what they requested and what they may use.',
      queries: usageQueries('cpu'),
      min: 0,
    },
    {
      id: 13,
      title: 'Memory',
      kind: 'lines',
      size: [8, 8],
      unit: 'bytes',
      description: 'Working set of all its pods, what they requested and where they are killed.',
      queries: usageQueries('memory'),
      min: 0,
    },
    {
      id: 14,
      title: 'Replicas',
      kind: 'lines',
      size: [8, 8],
      unit: 'short',
      description: 'Replicas that are wanted, ready, available and of the newest revision.',
      queries: [
        { expr: DESIRED, legend: 'wanted: {{namespace}}/{{workload}}', tone: 'plain' },
        { expr: READY, legend: 'ready: {{namespace}}/{{workload}}', tone: 'good' },
        { expr: AVAILABLE, legend: 'available: {{namespace}}/{{workload}}', tone: 'good' },
        { expr: UPDATED, legend: 'newest revision: {{namespace}}/{{workload}}', tone: 'warning' },
      ],
      min: 0,
    },
    {
      id: 15,
      title: 'Latency',
      kind: 'lines',
      size: [8, 8],
      unit: 's',
      description: 'Time from a request to its answer: median, 95th and 99th percentile over all its pods.',
      queries: (
        [
          [0.5, 'median', 'good'],
          [0.95, '95th percentile', 'plain'],
          [0.99, '99th percentile', 'warning'],
        ] as const
      ).map(([q, name, tone]) => ({
        expr: `histogram_quantile(${q}, ${BUCKETS})`,
        legend: `${name}: {{namespace}}/{{workload}}`,
        tone,
      })),
      min: 0,
    },
    {
      id: 16,
      title: 'Errors',
      kind: 'lines',
      size: [8, 8],
      unit: 'percentunit',
      description:
        'Share of its answers with a status of 500 or more, and share of its own calls to others that failed. A workload that calls nobody has only the first.',
      queries: [
        { expr: ratio(FAILED, REQUESTS), legend: 'its answers: {{namespace}}/{{workload}}', tone: 'warning' },
        { expr: ratio(FAILED_CALLS, CALLS), legend: 'its calls: {{namespace}}/{{workload}}', tone: 'plain' },
      ],
      min: 0,
    },
    {
      id: 17,
      title: 'Requests',
      kind: 'lines',
      size: [8, 8],
      unit: 'reqps',
      description: 'Requests that all its pods answer per second.',
      queries: [{ expr: REQUESTS, legend: '{{namespace}}/{{workload}}', tone: 'plain' }],
      min: 0,
    },
  ],
};

export const SERVICES: DashboardSpec = {
  name: 'services',
  description:
    'One section per workload: state, CPU, memory, replicas, latency, errors. Needs the recorded rule autoheal:pod_deployment of rules/.',
  variables: ['namespace', 'workload'],
  sections: [EACH],
  marks: [
    {
      name: 'Actions of AutoHeal',
      expr: 'sum by (remedy) (increase(autoheal_actions_total[2m])) > 0',
      title: '{{remedy}}',
      text: 'AutoHeal executed this remedy somewhere in the cluster.',
      tone: 'good',
    },
    {
      name: 'Changes of the specification',
      expr: CHANGED,
      title: '{{namespace}}/{{workload}} changed',
      text: 'Its specification changed, by AutoHeal, a person or a controller.',
      tone: 'plain',
    },
  ],
};
