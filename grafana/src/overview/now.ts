import type { Section } from '../frame.ts';
import { countedInRange, quantile } from '../promql.ts';

const CLOSED = 'autoheal_incidents_closed_total';
/** Outcomes of incidents in which AutoHeal changed something, or meant to and gave up. */
const ACTED_ON = 'outcome=~"healed|not-healed|unknown|escalated"';

export const NOW: Section = {
  id: 1,
  title: 'Now, and in the time shown',
  panels: [
    {
      id: 10,
      title: 'Open incidents',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Incidents that have not ended, in any phase, over all instances that share the store once.',
      queries: [{ expr: 'max by () (sum by (instance) (autoheal_incidents_open))', legend: 'open' }],
      steps: [
        [null, 'good'],
        [1, 'plain'],
      ],
      decimals: 0,
    },
    {
      id: 11,
      title: 'Waiting for a person',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Incidents whose remedy somebody has to approve or deny. They expire when nobody answers.',
      queries: [{ expr: 'max by () (autoheal_incidents_open{phase="awaiting-approval"})', legend: 'waiting' }],
      steps: [
        [null, 'good'],
        [1, 'warning'],
      ],
      decimals: 0,
    },
    {
      id: 12,
      title: 'Healed',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Incidents of the time shown in which a remedy was applied and the recovery was verified.',
      queries: [{ expr: countedInRange(CLOSED, '', 'outcome="healed"'), legend: 'healed' }],
      steps: [[null, 'good']],
      decimals: 0,
    },
    {
      id: 13,
      title: 'Share healed',
      kind: 'number',
      size: [4, 4],
      unit: 'percentunit',
      description:
        'Healed incidents of those in which AutoHeal acted or gave up (healed, not healed, unknown, escalated) in the time shown.',
      queries: [
        {
          expr: `${countedInRange(CLOSED, '', 'outcome="healed"')} / (${countedInRange(CLOSED, '', ACTED_ON)} > 0)`,
          legend: 'share',
        },
      ],
      steps: [
        [null, 'warning'],
        [0.8, 'good'],
      ],
      noValue: 'none ended',
    },
    {
      id: 14,
      title: 'Median time to recovery',
      kind: 'number',
      size: [4, 4],
      unit: 's',
      description: 'From the first alert of an incident to its verified recovery by AutoHeal, in the time shown.',
      queries: [
        {
          expr: quantile(0.5, 'autoheal_recovery_seconds', { matchers: 'outcome="healed"', window: '$__range' }),
          legend: 'median',
        },
      ],
      noValue: 'none healed',
    },
    {
      id: 15,
      title: 'Instances',
      kind: 'number',
      size: [4, 4],
      unit: 'short',
      description: 'Instances of AutoHeal that Prometheus scrapes, by version. None at all means that nobody heals.',
      queries: [{ expr: 'count by (version) (autoheal_build_info)', legend: '{{version}}' }],
      steps: [
        [null, 'warning'],
        [1, 'good'],
      ],
      noValue: 'none answers',
    },
  ],
};
