import type { Section } from '../frame.ts';
import { countedInRange, countedPerStep } from '../promql.ts';

export const ACTIONS: Section = {
  id: 3,
  title: 'Actions',
  panels: [
    {
      id: 30,
      title: 'Actions by kind',
      kind: 'bars',
      size: [12, 8],
      unit: 'short',
      description: 'Remedies that were executed in each step of the graph. Remedies that did nothing are left out.',
      queries: [
        { expr: `${countedPerStep('autoheal_actions_total', 'remedy')} > 0`, legend: '{{remedy}}', tone: 'good' },
      ],
      noValue: 'none',
      min: 0,
    },
    {
      id: 31,
      title: 'Actions in the time shown',
      kind: 'ranking',
      size: [6, 8],
      unit: 'short',
      description: 'How often each remedy was executed.',
      queries: [
        {
          expr: `sort_desc(${countedInRange('autoheal_actions_total', 'remedy')} > 0)`,
          legend: '{{remedy}}',
          tone: 'good',
        },
      ],
      min: 0,
      decimals: 0,
      noValue: 'none',
    },
    {
      id: 32,
      title: 'What became of the writes',
      kind: 'ranking',
      size: [6, 8],
      unit: 'short',
      description:
        'done: the cluster took it. already-done: it stood there before. unknown: no answer came; the object is read back.',
      queries: [{ expr: countedInRange('autoheal_actions_total', 'result'), legend: '{{result}}', tone: 'plain' }],
      min: 0,
      decimals: 0,
    },
    {
      id: 33,
      title: 'Refusals by reason',
      kind: 'bars',
      size: [12, 8],
      unit: 'short',
      description: 'Guards that said no in each step of the graph, by the code that messages and the audit name too.',
      queries: [
        { expr: `${countedPerStep('autoheal_refusals_total', 'code')} > 0`, legend: '{{code}}', tone: 'plain' },
      ],
      noValue: 'none',
      min: 0,
    },
    {
      id: 34,
      title: 'Most frequent refusals',
      kind: 'ranking',
      size: [6, 8],
      unit: 'short',
      description: 'The ten commonest reasons in the time shown for which AutoHeal kept its hands off.',
      queries: [
        {
          expr: `topk(10, ${countedInRange('autoheal_refusals_total', 'code')} > 0)`,
          legend: '{{code}}',
          tone: 'plain',
        },
      ],
      min: 0,
      decimals: 0,
      noValue: 'none',
    },
    {
      id: 35,
      title: 'Changes taken back',
      kind: 'ranking',
      size: [6, 8],
      unit: 'short',
      description:
        'Temporary changes that were due to be put back: undone, refused because somebody else changed the object, or unknown.',
      queries: [{ expr: countedInRange('autoheal_restores_total', 'result'), legend: '{{result}}', tone: 'plain' }],
      min: 0,
      decimals: 0,
    },
  ],
};

export const NOTIFICATIONS: Section = {
  id: 4,
  title: 'Notifications',
  panels: [
    {
      id: 40,
      title: 'Messages sent',
      kind: 'bars',
      size: [12, 8],
      unit: 'short',
      description: 'Messages that Slack, the mail server and the cluster took in each step of the graph.',
      queries: [
        {
          expr: countedPerStep('autoheal_notifications_total', 'channel', 'result="sent"'),
          legend: '{{channel}}',
          tone: 'good',
        },
      ],
      min: 0,
    },
    {
      id: 41,
      title: 'Messages that failed',
      kind: 'bars',
      size: [12, 8],
      unit: 'short',
      description:
        'Tries that failed: retry is tried again, dead was given up. Combinations that never failed are left out.',
      queries: [
        {
          expr: `${countedPerStep('autoheal_notifications_total', 'channel, result', 'result!="sent"')} > 0`,
          legend: '{{channel}}: {{result}}',
          tone: 'warning',
        },
      ],
      noValue: 'none',
      min: 0,
    },
  ],
};
