import { makeRandom, shuffle } from '../../src/training/random.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { fitForest } from '../../src/training/fit.ts';
import type { Growth } from '../../src/score/forest/model.ts';
import type { Quality } from '../../src/score/forest/quality.ts';
import type { OutsideCheck } from '../../src/training/report/outside.ts';
import type { TrainingSet } from '../../src/training/training-set.ts';
import { readTable, type Line } from './shared-data.ts';

const FAULTS = ['cpu_contention', 'cpu_consumed', 'network_delay', 'exception', 'return'] as const;
const DAYS = { learn: '2022-08-22', heldOut: '2022-08-23' } as const;
const NO_FIGURES: ReadonlySet<string> = new Set([
  'case_id',
  'system',
  'date',
  'ts',
  'service',
  'root',
  'fault',
  'label',
]);
/** So few rows (one for each fault of a day) need nodes that part single ones. */
const GROWTH: Omit<Growth, 'seed'> = { trees: 200, maxFeatures: 0.6, maxDepth: 12, minRows: 1 };
const SEEDS = [1, 2, 3] as const;

/**
 * Real faults of a real application, told apart by the project's own trainer: learned on one day, judged on the next, mean over
 * three seeds. Undefined where the data is not at hand.
 */
export function nezhaCheck(): OutsideCheck | undefined {
  const table = readTable('nezha_windows.csv.gz');
  if (table === undefined) return undefined;
  const [learn, heldOut] = [rowsOf(table, DAYS.learn, FAULTS), rowsOf(table, DAYS.heldOut, FAULTS)];
  const judged = judgedOver(learn, heldOut);
  const chance = SEEDS.map((seed) => evaluate(forestOf(shuffled(learn, seed), seed), heldOut));
  const cases = heldOut.labels.length;
  return {
    name: 'Faults of the Online Boutique, five kinds',
    source: 'Nezha (IntelligentDDS/Nezha, MIT)',
    question:
      `The project's trainer learned ${learn.labels.length} injected faults of one day from 57 figures of the pod, and had to name those of the next day. ` +
      'Not the shipped model: its features and classes are others. It shows that the trainer learns from real measurements.',
    figures: [
      {
        name: 'accuracy',
        value: mean(judged.map(({ accuracy }) => accuracy)),
        trivial: commonest(heldOut.labels) / cases,
        cases,
      },
      {
        name: 'macro-F1',
        value: mean(judged.map(({ macroF1 }) => macroF1)),
        trivial: mean(chance.map(({ macroF1 }) => macroF1)),
        cases,
      },
    ],
    limits: [
      `${cases} cases: one more or less that is told moves the accuracy by ${(1 / cases).toFixed(3)}.`,
      'The trivial accuracy is that of the commonest kind, the trivial macro-F1 that of the same trainer with the labels mixed up.',
      'Both days are the same application under the same load. What is learned on one application does not carry over to another.',
    ],
  };
}

/** Pods in which a fault was told from those without one: learned on one day, judged on the next. Undefined without the data. */
export function faultOrNone(): { readonly accuracy: number; readonly macroF1: number } | undefined {
  const table = readTable('nezha_windows.csv.gz');
  if (table === undefined) return undefined;
  const classes = [...FAULTS, 'none'];
  const judged = judgedOver(rowsOf(table, DAYS.learn, classes), rowsOf(table, DAYS.heldOut, classes));
  return {
    accuracy: mean(judged.map(({ accuracy }) => accuracy)),
    macroF1: mean(judged.map(({ macroF1 }) => macroF1)),
  };
}

function judgedOver(learn: TrainingSet, heldOut: TrainingSet): readonly Quality[] {
  return SEEDS.map((seed) => evaluate(forestOf(learn, seed), heldOut));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The pods of the Online Boutique on one day: those in which a fault was, one row a fault, or with the class `none` all of them. */
function rowsOf(table: readonly Line[], day: string, classes: readonly string[]): TrainingSet {
  const all = classes.includes('none');
  const rows = table.filter(({ system, date, root }) => system === 'OB' && date === day && (all || root === '1'));
  const features = Object.keys(table[0] ?? {}).filter((name) => !NO_FIGURES.has(name));
  const figure = (text = ''): number => (text === '' ? Number.NaN : Number(text));
  return {
    features,
    featureVersion: 1,
    classes,
    values: Float64Array.from(rows.flatMap((row) => features.map((name) => figure(row[name])))),
    labels: Int32Array.from(rows, ({ label = '' }) => classes.indexOf(label)),
    groups: Int32Array.from(rows, ({ case_id: id }) => Number(id)),
  };
}

function forestOf(learn: TrainingSet, seed: number): ReturnType<typeof fitForest> {
  return fitForest(learn, { growth: { ...GROWTH, seed }, thresholds: {} });
}

function shuffled(set: TrainingSet, seed: number): TrainingSet {
  const labels = set.labels.slice();
  shuffle(labels, makeRandom(seed));
  return { ...set, labels };
}

function commonest(labels: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values());
}
