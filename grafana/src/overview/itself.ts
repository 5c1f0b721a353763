import type { Section } from '../frame.ts';
import { countedPerStep, quantile } from '../promql.ts';

/** 1 for each instance: Prometheus may scrape other programs of Node, and they have the same metrics. */
const INSTANCES = 'max by (job, instance) (autoheal_build_info)';

export const ITSELF: Section = {
  id: 5,
  title: 'The service itself',
  panels: [
    {
      id: 50,
      title: 'Queues',
      kind: 'lines',
      size: [8, 8],
      unit: 'short',
      description: 'What waits: webhooks to be grouped, incidents that are due, notifications to be sent.',
      queries: [{ expr: 'max by (queue) (autoheal_queue_depth)', legend: '{{queue}}', tone: 'plain' }],
      min: 0,
    },
    {
      id: 51,
      title: 'Webhooks by status',
      kind: 'bars',
      size: [8, 8],
      unit: 'short',
      description:
        'Answers to Alertmanager. 503 means that the journal could not take them; Alertmanager sends them again.',
      queries: [
        {
          expr: countedPerStep('autoheal_webhooks_total', 'status', 'status=~"2.."'),
          legend: '{{status}}',
          tone: 'good',
        },
        {
          expr: countedPerStep('autoheal_webhooks_total', 'status', 'status!~"2.."'),
          legend: '{{status}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 52,
      title: 'Alerts received',
      kind: 'bars',
      size: [8, 8],
      unit: 'short',
      description: 'Alerts of the webhooks, by whether they could be used.',
      queries: [
        {
          expr: countedPerStep('autoheal_webhook_alerts_total', 'result', 'result="accepted"'),
          legend: '{{result}}',
          tone: 'plain',
        },
        {
          expr: countedPerStep('autoheal_webhook_alerts_total', 'result', 'result!="accepted"'),
          legend: '{{result}}',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 53,
      title: 'Webhook to answer, 99th percentile',
      kind: 'lines',
      size: [8, 8],
      unit: 's',
      description: 'From the first byte of a webhook to its answer, the durable journal entry included.',
      queries: [{ expr: quantile(0.99, 'autoheal_webhook_duration_seconds'), legend: 'webhook', tone: 'plain' }],
      min: 0,
    },
    {
      id: 54,
      title: 'Step of an incident, 99th percentile',
      kind: 'lines',
      size: [8, 8],
      unit: 's',
      description: 'Duration of one step, commit included, by the phase it started from.',
      queries: [
        {
          expr: quantile(0.99, 'autoheal_step_duration_seconds', { by: ['from'] }),
          legend: '{{from}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 55,
      title: 'Durable commit, 99th percentile',
      kind: 'lines',
      size: [8, 8],
      unit: 's',
      description: 'Duration of a commit of the store, by operation. Slow commits make slow answers to Alertmanager.',
      queries: [
        {
          expr: quantile(0.99, 'autoheal_store_commit_duration_seconds', { by: ['operation'] }),
          legend: '{{operation}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 56,
      title: 'Steps that failed',
      kind: 'bars',
      size: [8, 8],
      unit: 'short',
      description: 'Steps that threw (failed) or that another worker had taken already (stale), by phase.',
      queries: [
        {
          expr: `${countedPerStep('autoheal_steps_total', 'from, to', 'to=~"failed|stale"')} > 0`,
          legend: '{{from}}: {{to}}',
          tone: 'warning',
        },
      ],
      noValue: 'none',
      min: 0,
    },
    {
      id: 57,
      title: 'Memory of AutoHeal',
      kind: 'lines',
      size: [8, 8],
      unit: 'bytes',
      description: 'Resident memory of each instance.',
      queries: [
        {
          expr: `process_resident_memory_bytes * on (job, instance) ${INSTANCES}`,
          legend: '{{instance}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 58,
      title: 'Event loop lag of AutoHeal',
      kind: 'lines',
      size: [8, 8],
      unit: 's',
      description: 'By how much timers of each instance come late. Above a second, webhooks wait.',
      queries: [
        {
          expr: `nodejs_eventloop_lag_seconds * on (job, instance) ${INSTANCES}`,
          legend: '{{instance}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
  ],
};
