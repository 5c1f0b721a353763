import { describe, expect, test } from '@jest/globals';
import { format } from 'prettier';

import type { ForestModel } from '../../../../src/score/forest/model.ts';
import { fitForest } from '../../../../src/training/fit.ts';
import type { HealScores } from '../../../../src/training/report/heal-scores.ts';
import { modelCard, type CardExtras, type DataFacts } from '../../../../src/training/report/model-card.ts';
import type { OutsideCheck } from '../../../../src/training/report/outside.ts';
import { reportOf } from '../../../../src/training/report/report.ts';
import { aNoneRow, aRow } from './rows.ts';

const growth = { seed: 9, trees: 7, maxFeatures: 1, maxDepth: 3, minRows: 1 };
const model: ForestModel = fitForest(
  {
    features: ['restarts', 'cause_<b>|*x*'],
    featureVersion: 4,
    classes: ['harmed', 'not-recovered', 'recovered'],
    values: Float64Array.of(0, 1, 1, 0, 2, 1, 3, 0),
    labels: Int32Array.of(0, 1, 2, 2),
  },
  { growth, thresholds: {} },
);
const importance = [{ feature: 'cause_<b>|*x*', logLoss: 0.1234, accuracy: 0.05 }];
const rows = [
  aNoneRow(),
  aRow(),
  aNoneRow({ group: 2, kind: 'leak' }),
  aRow({ group: 2, kind: 'leak', truth: 0, cost: 13 }),
];
const report = reportOf(rows, { threshold: 0.7, importance, redraws: { count: 20, seed: 1 } });
const data: DataFacts = {
  what: 'Simulated faults.',
  simulated: true,
  seed: 31_337,
  rows: 12_345,
  incidents: 2_345,
  kinds: { leak: 1_000, 'bad-rollout': 1_345 },
  leftOut: ['retry-storm'],
  retrain: ['autoheal train --simulate 2345 --seed 31337'],
};

const SCORES = { none: 0, 'always-restart': -0.411, rules: 0.522, autoheal: 0.733, oracle: null };
const SHARES = { none: 0, 'always-restart': 0.3, rules: 0.05, autoheal: 0.021, oracle: 0 };
const heal: HealScores = {
  scenarios: 77,
  incidents: 88,
  score: SCORES,
  score_by_fault: { leak: SCORES },
  score_seen: SCORES,
  score_unseen: SCORES,
  harmful_share: SHARES,
  harmful_share_unseen: SHARES,
};
const outside: readonly OutsideCheck[] = [
  {
    name: 'Real <faults>',
    source: 'Somewhere (MIT)',
    question: 'Are they told apart?',
    figures: [
      { name: 'macro-F1', value: 0.5871, trivial: 0.192, cases: 31 },
      { name: 'without a trivial answer', value: 1, cases: 3 },
    ],
    limits: ['31 cases are few.'],
  },
];

const everything: CardExtras = {
  heal,
  outside,
  pictures: 'pictures',
  pictureNames: ['model-importance.svg', 'score-by-fault.svg'],
};

describe('the model card', () => {
  test('says first that the figures are of simulated faults', () => {
    const [, first] = modelCard(model, report, data).split('\n\n');

    expect(first).toMatch(/^\*\*All figures on this page are measured on simulated faults\.\*\*/);
  });

  test('says first of made-up rows that they have nothing to do with faults', () => {
    const [, first] = modelCard(model, report, { ...data, simulated: false }).split('\n\n');

    expect(first).toMatch(/^\*\*The rows behind this page are made up/);
  });

  const figures: readonly { name: string; text: RegExp }[] = [
    { name: 'how many rows, and the seed', text: /12,345 rows of 2,345 incidents, seed 31337/ },
    { name: 'the kinds and how often they came', text: /\| bad-rollout +\| +1,345 \|\n\| leak +\| +1,000 \|/ },
    { name: 'what was left out of training', text: /left out of training on purpose: retry-storm/ },
    { name: 'the features and their version', text: /Features: 2, version 4\./ },
    {
      name: 'how the forest was grown',
      text: /of 7 trees, depth at most 3.*seed 9\. It learned 4 rows of 4 incidents/,
    },
    { name: 'the hash of the training set', text: new RegExp(model.dataHash) },
    { name: 'a figure with its interval', text: /\| accuracy +\| +0\.750 \| +0\.500 to 1\.000 \|/ },
    { name: 'what the choice costs', text: /\| regret +\| +1\.500 \|/ },
    { name: 'how often an action harms', text: /\| harmed +\| +50\.0 % \|/ },
    { name: 'the formula of the choice', text: /E\(none\) = [\d.]+ \(1 - p\(recovered \| none\)\)/ },
    { name: 'the kinds of faults one by one', text: /\| leak +\| +1 \| +0\.500 \| +3\.000 \|/ },
    { name: 'calibration, empty where there are no rows', text: /\| 0\.4 to 0\.5 \| +0 \| +\| +\|/ },
    { name: 'importance, with names escaped', text: /\| cause\\_&lt;b>\\\|\\\*x\\\* \| +0\.1234 \| +0\.0500 \|/ },
    {
      name: 'the scores of the whole product',
      text: /77 simulated scenarios, 88 incidents[^]*\| score +\| 0\.000 \| +-0\.411 \| 0\.522 \| +0\.733 \| +- \|/,
    },
    {
      name: 'checks on outside data',
      text: /### Real &lt;faults>\n\nAre they told apart\? Data: Somewhere \(MIT\)\.\n[^]*\| macro-F1 +\| 0\.587 \| +0\.192 \| +31 \|/,
    },
    { name: 'what they do not say', text: /- 31 cases are few\./ },
    { name: 'how to train again', text: /```sh\nautoheal train --simulate 2345 --seed 31337\n```/ },
    { name: 'the pictures that there are', text: /!\[[^\]]+\]\(pictures\/score-by-fault\.svg\)/ },
  ];

  test.each(figures)('has $name', ({ text }) => {
    expect(modelCard(model, report, data, everything)).toMatch(text);
  });

  test('links no picture that is not there, and says so where nothing was checked', () => {
    const bare = modelCard(model, reportOf(rows, { threshold: 0.7 }), data);

    expect(modelCard(model, report, data, everything)).not.toContain('model-reliability.svg');
    expect(bare).not.toContain('.svg');
    expect(bare).not.toContain('## The whole product');
    expect(bare).toContain('Not checked in this run');
    expect(bare).toContain('It was not measured in this run.');
  });

  test('is the same for the same run, and the way the formatter writes it', async () => {
    const card = modelCard(model, report, data, everything);

    expect(modelCard(model, report, data, everything)).toBe(card);
    expect(await format(card, { parser: 'markdown', printWidth: 120 })).toBe(card);
  });
});
