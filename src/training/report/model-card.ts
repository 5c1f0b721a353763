import type { ForestModel } from '../../score/forest/model.ts';
import { FIGURE_TEXTS, figureTable } from './figure-text.ts';
import { POLICY_NAMES, type HealScores, type PolicyName } from './heal-scores.ts';
import { cell, decimal, percent, table, whole } from './markdown.ts';
import type { OutsideCheck } from './outside.ts';
import type { Report } from './report.ts';

/** Where the rows of a model come from. */
export interface DataFacts {
  /** One sentence: `Simulated faults on 12 topologies of microservices.` */
  readonly what: string;
  /** False for rows that say nothing about faults: the card then says so, in bold. */
  readonly simulated: boolean;
  readonly seed: number;
  readonly rows: number;
  readonly incidents: number;
  /** Incidents by kind of fault. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Kinds of faults that were left out of training on purpose. */
  readonly leftOut: readonly string[];
  /** The commands that make the rows and the model again, one a line. */
  readonly retrain: readonly string[];
}

export interface CardExtras {
  readonly heal?: HealScores;
  readonly outside?: readonly OutsideCheck[];
  /** Folder of the pictures, as the card links to it; without it the card shows none. */
  readonly pictures?: string;
  /** File names of the pictures that there are. */
  readonly pictureNames?: readonly string[];
}

/** The card of a model as Markdown. Every number in it comes from its arguments; the same arguments make the same text. */
export function modelCard(model: ForestModel, report: Report, data: DataFacts, extras: CardExtras = {}): string {
  const sections = [
    `# Model card: which remedy recovers the workload?`,
    firstOfAll(data),
    purpose(),
    dataSection(model, data),
    trainingSection(model),
    figuresSection(report, extras),
    calibrationSection(report, extras),
    thresholdSection(report, extras),
    kindsSection(report),
    importanceSection(model, report, extras),
    ...healSection(extras),
    ...outsideSection(extras.outside ?? []),
    unknowns(model, data),
    retrainSection(data),
  ];
  return `${sections.join('\n\n')}\n`;
}

function firstOfAll({ simulated }: DataFacts): string {
  return simulated
    ? '**All figures on this page are measured on simulated faults.** They say how well the model knows the simulator. How well ' +
        'the simulator knows your cluster is not measured here; the checks on outside data below are the only hint.'
    : '**The rows behind this page are made up and have nothing to do with faults.** The figures say that the machinery works; ' +
        'they say nothing about how well AutoHeal heals.';
}

function purpose(): string {
  return [
    '## What it is for',
    '',
    'For one incident it states, for every remedy that applies and for doing nothing, how probable it is that the remedy makes ' +
      'things worse, does not help, or recovers the workload. AutoHeal turns that into expected bad minutes and takes the least.',
    '',
    '- It never decides alone: what may be done at all is said by the remedies, the guards and the policy, before and after it.',
    '- Below its threshold, and for evidence unlike any it learned from, the rules decide; so they do where they are sure of something else that it expects to be hardly worse.',
    '- It is not meant to find causes, to predict outages, or to judge remedies that AutoHeal does not have.',
  ].join('\n');
}

function dataSection(model: ForestModel, data: DataFacts): string {
  const kinds = Object.entries(data.kinds).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const left = data.leftOut.length === 0 ? 'None.' : data.leftOut.map(cell).join(', ');
  return [
    '## Data',
    '',
    `${data.what} ${whole(data.rows)} rows of ${whole(data.incidents)} incidents, seed ${data.seed}. A row is one remedy in one ` +
      'incident; its class is told by living the same incident with and without the remedy.',
    '',
    table(
      ['kind of fault', 'incidents'],
      kinds.map(([kind, incidents]) => [cell(kind), whole(incidents)]),
    ),
    '',
    `Kinds left out of training on purpose: ${left}`,
    '',
    `Features: ${model.features.length}, version ${model.featureVersion}.` +
      (data.simulated
        ? ' No name of a service, a namespace or a node is among them; what is not known is missing, not zero.'
        : ''),
  ].join('\n');
}

function trainingSection({ growth, rows, groups, dataHash, temperature, classes }: ForestModel): string {
  return [
    '## Training',
    '',
    `A random forest (ml-random-forest) of ${growth.trees} trees, depth at most ${growth.maxDepth}, ${percent(growth.maxFeatures)} of the features for each ` +
      `tree, nodes of ${growth.minRows} rows or fewer not split, seed ${growth.seed}. It learned ${whole(rows)} rows of ${whole(groups)} incidents; whole ` +
      'incidents were drawn for each tree and held back, never single rows.',
    '',
    `Classes: ${classes.join(', ')}. Calibration: one temperature, ${decimal(temperature)}, fitted on the votes of trees that had not learned the row.`,
    '',
    `Training set: sha256 \`${dataHash}\`.`,
  ].join('\n');
}

function figuresSection(report: Report, { heal }: CardExtras): string {
  const more = heal === undefined ? '' : ' What the whole product makes of it stands under "The whole product".';
  return [
    '## Figures',
    '',
    `On ${whole(report.incidents)} incidents that no tree learned (${whole(report.rows)} rows, ${whole(report.choices.decisions)} decisions). Intervals are 95 %, by redrawing whole incidents.${more}`,
    '',
    figureTable(report),
    '',
    ...FIGURE_TEXTS.map(({ name, meaning }) => `- ${name}: ${meaning}`),
    '',
    `In these rows a remedy that recovered avoided ${percent(report.consequences.avoidedByRecovered)} of the bad minutes of doing nothing on average, and one ` +
      `that harmed added ${decimal(report.consequences.addedByHarmed)}.`,
  ].join('\n');
}

function calibrationSection(report: Report, extras: CardExtras): string {
  const rows = report.recovers.map(({ rows: count, stated, came }, place) => [
    `${(place / 10).toFixed(1)} to ${((place + 1) / 10).toFixed(1)}`,
    whole(count),
    count === 0 ? '' : decimal(stated),
    count === 0 ? '' : decimal(came),
  ]);
  return [
    '## Calibration',
    '',
    'Of what was stated to recover with a probability in a range, how much really did.',
    '',
    ...shown('model-reliability.svg', 'Stated against real share of recoveries', extras),
    table(['stated', 'rows', 'mean stated', 'recovered'], rows),
  ].join('\n');
}

function thresholdSection(report: Report, extras: CardExtras): string {
  const rows = report.riskCoverage
    .filter((_, place) => place % 2 === 0)
    .map(({ threshold, coverage, accuracy, harmfulShare }) => [
      decimal(threshold),
      percent(coverage),
      coverage === 0 ? '' : percent(accuracy),
      coverage === 0 ? '' : percent(harmfulShare),
    ]);
  return [
    '## How sure it has to be',
    '',
    `Where the evidence is like what it learned, the model decides from ${decimal(report.threshold)} on, which is ${percent(report.choices.decided)} of the decisions; the rules decide the others.`,
    '',
    ...shown('model-risk-coverage.svg', 'Share that recovered against share decided', extras),
    table(['threshold', 'decided', 'of these recovered', 'actions that harmed'], rows),
  ].join('\n');
}

function kindsSection(report: Report): string {
  const rows = report.byKind.map((each) => [
    cell(each.kind),
    whole(each.decisions),
    decimal(each.accuracy),
    decimal(each.regret),
    decimal(each.regretOfNone),
    percent(each.decided),
    percent(each.recoveredShare),
    percent(each.harmfulShare),
  ]);
  const heads = [
    'kind of fault',
    'decisions',
    'accuracy',
    'regret',
    'regret of doing nothing',
    'decided',
    'recovered',
    'harmed',
  ];
  return ['## By kind of fault', '', table(heads, rows)].join('\n');
}

const SHOWN_FEATURES = 15;

function importanceSection({ features }: ForestModel, { importance }: Report, extras: CardExtras): string {
  const rows = importance
    .slice(0, SHOWN_FEATURES)
    .map(({ feature, logLoss, accuracy }) => [cell(feature), logLoss.toFixed(4), accuracy.toFixed(4)]);
  const text =
    rows.length === 0
      ? ['It was not measured in this run.']
      : [
          `The first ${rows.length} of ${features.length}, by what is lost on held-out incidents when the values of a feature change places. Of two features that ` +
            'say the same, each looks unimportant.',
          '',
          ...shown('model-importance.svg', 'The features that matter most', extras),
          table(['feature', 'log-loss more', 'accuracy less'], rows),
        ];
  return ['## What it goes by', '', ...text].join('\n');
}

function healSection({ heal, ...extras }: CardExtras): readonly string[] {
  if (heal === undefined) return [];
  const score = (value: number | null): string => (value === null ? '-' : decimal(value));
  const line = (name: string, of: (policy: PolicyName) => string): readonly string[] => [name, ...POLICY_NAMES.map(of)];
  const rows = [
    line('score', (policy) => score(heal.score[policy])),
    line('score, kinds seen in training', (policy) => score(heal.score_seen[policy])),
    line('score, kinds left out of it', (policy) => score(heal.score_unseen[policy])),
    line('actions that harmed', (policy) => percent(heal.harmful_share[policy])),
    line('the same, kinds left out', (policy) => percent(heal.harmful_share_unseen[policy])),
  ];
  const text = [
    '## The whole product',
    '',
    `HealBench: ${whole(heal.scenarios)} simulated scenarios, ${whole(heal.incidents)} incidents, under five policies. The score is the share of the avoidable ` +
      'bad minutes that were avoided: 0 is doing nothing, 1 is knowing the fault.',
    '',
    ...shown('score-by-fault.svg', 'Score of each policy by kind of fault', extras),
    table(['', ...POLICY_NAMES], rows),
  ];
  return [text.join('\n')];
}

function outsideSection(checks: readonly OutsideCheck[]): readonly string[] {
  if (checks.length === 0) {
    return ['## Outside data\n\nNot checked in this run: the outside data was not at hand.'];
  }
  const each = checks.map(({ name, source, question, figures, limits }) =>
    [
      `### ${cell(name)}`,
      '',
      `${question} Data: ${source}.`,
      '',
      table(
        ['figure', 'value', 'trivial answer', 'cases'],
        figures.map((figure) => [
          cell(figure.name),
          decimal(figure.value),
          figure.trivial === undefined ? '' : decimal(figure.trivial),
          whole(figure.cases),
        ]),
      ),
      '',
      ...limits.map((limit) => `- ${limit}`),
    ].join('\n'),
  );
  return ['## Outside data', ...each];
}

function unknowns(model: ForestModel, { leftOut }: DataFacts): string {
  const kinds = leftOut.length === 0 ? '' : ` (here: ${leftOut.map(cell).join(', ')})`;
  return [
    '## What it does not know, and what may go wrong',
    '',
    `- Kinds of faults that were not in training${kinds}: a forest is at its worst there, and may do worse than the rules. That is why it is gated.`,
    `- Evidence beyond the ranges it learned, or with more than ${model.mostMissing} features missing: it says so, and the rules decide.`,
    '- Your cluster. What is slow or rare there may be usual in the simulation. Let it look on for some weeks before it decides, and ' +
      'retrain with the outcomes of your own incidents.',
    '- Consequences outside of its window, and outside of what the simulation counts: data lost, money spent, people woken.',
    '- Two faults at once look to it like one strange fault.',
    '- Whoever writes labels, metrics or alerts can steer the evidence, and so the model. It can never do more than the policy allows.',
  ].join('\n');
}

function retrainSection({ retrain }: DataFacts): string {
  return ['## How to train it again', '', '```sh', ...retrain, '```'].join('\n');
}

function shown(name: string, alt: string, { pictures, pictureNames = [] }: CardExtras): readonly string[] {
  return pictures !== undefined && pictureNames.includes(name) ? [`![${alt}](${pictures}/${name})`, ''] : [];
}
