import type { Section } from '../frame.ts';
import { countedInRange, countedPerStep } from '../promql.ts';

const FORETOLD = 'autoheal_model_predictions_total';

/** Whether there is a model, whether it is right, and whether the world is still the one that it learned from. */
export const HEALTH: Section = {
  id: 2,
  title: 'The model',
  panels: [
    {
      id: 20,
      title: 'State',
      kind: 'states',
      size: [12, 6],
      unit: 'short',
      description: 'Which state the model is in, over time. Without a usable one, the rules alone decide.',
      queries: [{ expr: 'max by (state) (autoheal_model_state)', legend: '{{state}}' }],
      steps: [
        [null, 'quiet'],
        [1, 'good'],
      ],
      mappings: [
        { from: 1, to: 1, text: 'yes', tone: 'good' },
        { from: 0, to: 0, text: 'no', tone: 'quiet' },
      ],
    },
    {
      id: 21,
      title: 'Calibration error',
      kind: 'lines',
      size: [6, 6],
      unit: 'percentunit',
      description: 'By how much the probabilities and the outcomes of the last 200 incidents differ on average (ECE).',
      queries: [{ expr: 'max by () (autoheal_model_calibration_error)', legend: 'error', tone: 'plain' }],
      noValue: 'too few outcomes',
      min: 0,
    },
    {
      id: 22,
      title: 'Brier score',
      kind: 'lines',
      size: [6, 6],
      unit: 'none',
      description: 'Mean squared difference of probability and outcome; 0 is perfect, 0.25 is a coin.',
      queries: [{ expr: 'max by () (autoheal_model_brier)', legend: 'Brier score', tone: 'plain' }],
      noValue: 'too few outcomes',
      min: 0,
    },
    {
      id: 23,
      title: 'Drift of the features',
      kind: 'ranking',
      size: [12, 10],
      unit: 'none',
      description:
        'Population stability index of the fifteen features that moved most since the training. From 0.1 on look, from 0.25 on train anew.',
      queries: [{ expr: 'topk(15, max by (feature) (autoheal_model_feature_drift))', legend: '{{feature}}' }],
      steps: [
        [null, 'good'],
        [0.1, 'plain'],
        [0.25, 'warning'],
      ],
      noValue: 'no baseline',
      min: 0,
    },
    {
      id: 27,
      title: 'Importance of the features',
      kind: 'ranking',
      size: [12, 10],
      unit: 'percentunit',
      description:
        'The fifteen features that the model leans on most: their share of what its splits do to tell the outcomes apart.',
      queries: [
        {
          expr: 'topk(15, max by (feature) (autoheal_model_feature_importance))',
          legend: '{{feature}}',
          tone: 'plain',
        },
      ],
      noValue: 'no model',
      min: 0,
    },
    {
      id: 26,
      title: 'Decided by the rules',
      kind: 'number',
      size: [4, 8],
      unit: 'percentunit',
      description:
        'Share of the decisions of the time shown that the rules made, because there was no model or it was unsure.',
      queries: [
        {
          expr: `${countedInRange('autoheal_decisions_total', '', 'by!="model"')} / (${countedInRange('autoheal_decisions_total')} > 0)`,
          legend: 'by the rules',
        },
      ],
      steps: [[null, 'plain']],
      noValue: 'none made',
      min: 0,
      max: 1,
    },
    {
      id: 24,
      title: 'Who decided',
      kind: 'bars',
      size: [8, 8],
      unit: 'short',
      description:
        'Decisions in each step of the graph: by the model, by the rules alone, or by the rules where the model was unsure.',
      queries: [{ expr: countedPerStep('autoheal_decisions_total', 'by'), legend: '{{by}}', tone: 'plain' }],
      min: 0,
      decimals: 0,
    },
    {
      id: 25,
      title: 'Probability against outcome',
      kind: 'ranking',
      size: [12, 8],
      unit: 'percentunit',
      description:
        'Of the actions to which the model gave a probability of 0.7 to 0.8, and so on, the share that healed.',
      queries: [
        {
          expr: `sum by (bucket) (${FORETOLD}{result="healed"}) / (sum by (bucket) (${FORETOLD}) > 0)`,
          legend: 'from {{bucket}}',
        },
      ],
      steps: [[null, 'plain']],
      noValue: 'no outcome was foretold',
      min: 0,
    },
  ],
};
