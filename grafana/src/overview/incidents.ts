import { UIDS, type Section } from '../frame.ts';
import { countedInRange, countedPerStep, quantile, READY_SHARE } from '../promql.ts';

const CLOSED = 'autoheal_incidents_closed_total';

export const INCIDENTS: Section = {
  id: 2,
  title: 'Incidents',
  panels: [
    {
      id: 20,
      title: 'Open incidents by phase',
      kind: 'areas',
      size: [8, 8],
      unit: 'short',
      description: 'Where the open incidents are on their way. A phase that only grows is where the journey is stuck.',
      queries: [{ expr: 'max by (phase) (autoheal_incidents_open)', legend: '{{phase}}', tone: 'plain' }],
      min: 0,
    },
    {
      id: 21,
      title: 'Ended incidents by outcome',
      kind: 'bars',
      size: [8, 8],
      unit: 'short',
      description:
        'Incidents that ended in each step of the graph: teal recovered, amber did not, blue needed no change.',
      queries: [
        {
          expr: countedPerStep(CLOSED, 'outcome', 'outcome=~"healed|self-recovered"'),
          legend: '{{outcome}}',
          tone: 'good',
        },
        {
          expr: countedPerStep(CLOSED, 'outcome', 'outcome=~"not-healed|unknown|escalated"'),
          legend: '{{outcome}}',
          tone: 'warning',
        },
        {
          expr: countedPerStep(CLOSED, 'outcome', 'outcome!~"healed|self-recovered|not-healed|unknown|escalated"'),
          legend: '{{outcome}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 22,
      title: 'Outcomes',
      kind: 'ranking',
      size: [8, 8],
      unit: 'short',
      description: 'How many incidents of the time shown ended with each outcome.',
      queries: [{ expr: `sort_desc(${countedInRange(CLOSED, 'outcome')})`, legend: '{{outcome}}', tone: 'plain' }],
      min: 0,
      decimals: 0,
    },
    {
      id: 23,
      title: 'Time to recovery',
      kind: 'lines',
      size: [12, 8],
      unit: 's',
      description:
        'From the first alert to the verified recovery, over the last hour: median and 90th percentile of the incidents that AutoHeal healed, and the median of those that recovered by themselves.',
      queries: [
        ...([0.5, 0.9] as const).map((q) => ({
          expr: quantile(q, 'autoheal_recovery_seconds', { matchers: 'outcome="healed"', window: '1h' }),
          legend: q === 0.5 ? 'healed, median' : 'healed, 90th percentile',
          tone: q === 0.5 ? ('good' as const) : ('plain' as const),
        })),
        {
          expr: quantile(0.5, 'autoheal_recovery_seconds', { matchers: 'outcome="self-recovered"', window: '1h' }),
          legend: 'by itself, median',
          tone: 'warning',
        },
      ],
      min: 0,
    },
    {
      id: 24,
      title: 'Least ready workloads',
      kind: 'ranking',
      size: [12, 8],
      unit: 'percentunit',
      description: 'Ready of wanted replicas of the ten workloads that are worst off. Click one to see its service.',
      queries: [{ expr: `bottomk(10, ${READY_SHARE})`, legend: '{{namespace}}/{{workload}}' }],
      steps: [
        [null, 'warning'],
        [1, 'good'],
      ],
      min: 0,
      max: 1,
      link: {
        title: 'Show this service',
        url: `/d/${UIDS.services}?var-datasource=\${datasource}&var-namespace=\${__field.labels.namespace}&var-workload=\${__field.labels.workload}&\${__url_time_range}`,
      },
    },
  ],
};
