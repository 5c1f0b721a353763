import type { DashboardSpec, Section } from './frame.ts';
import { HEALTH } from './model/health.ts';
import { countedInRange, countedPerStep } from './promql.ts';

const CLOSED = 'autoheal_incidents_closed_total';

const CHOICES: Section = {
  id: 1,
  title: 'What became of the choices',
  panels: [
    {
      id: 10,
      title: 'Share of the tries that healed',
      kind: 'lines',
      size: [12, 8],
      unit: 'percentunit',
      description:
        'Healed incidents per executed remedy, over a day. A ladder that needs several rungs per incident lowers it.',
      queries: [
        {
          expr: `sum(increase(${CLOSED}{outcome="healed"}[1d])) / (sum(increase(autoheal_actions_total[1d])) > 0)`,
          legend: 'healed per try',
          tone: 'good',
        },
      ],
      noValue: 'nothing was tried',
      min: 0,
    },
    {
      id: 11,
      title: 'Scores too low to act',
      kind: 'bars',
      size: [6, 8],
      unit: 'short',
      description: 'Refusals in each step of the graph because no remedy was probable enough to help.',
      queries: [
        {
          expr: countedPerStep('autoheal_refusals_total', 'code', 'code="low-score"'),
          legend: '{{code}}',
          tone: 'plain',
        },
      ],
      min: 0,
    },
    {
      id: 12,
      title: 'How acted-on incidents ended',
      kind: 'ranking',
      size: [6, 8],
      unit: 'short',
      description: 'Incidents of the time shown in which AutoHeal acted or gave up, by outcome.',
      queries: [
        {
          expr: countedInRange(CLOSED, 'outcome', 'outcome=~"healed|not-healed|unknown|escalated"'),
          legend: '{{outcome}}',
          tone: 'plain',
        },
      ],
      min: 0,
      decimals: 0,
    },
  ],
};

export const MODEL: DashboardSpec = {
  name: 'model',
  description: 'Whether what is chosen helps.',
  variables: [],
  sections: [HEALTH, CHOICES],
};
