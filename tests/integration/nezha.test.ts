import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';

import type { Growth } from '../../src/score/forest/model.ts';
import type { Quality } from '../../src/score/forest/quality.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { fitForest } from '../../src/training/fit.ts';
import type { TrainingSet } from '../../src/training/training-set.ts';

/** Real faults of Nezha (MIT), one row a fault and pod: 57 figures of the minutes after it against those before. */
const FILE = fileURLToPath(new URL('../../../shared/data/nezha_windows.csv.gz', import.meta.url));
const FIRST_FIGURE = 8;
const DAYS = { learn: '2022-08-22', heldOut: '2022-08-23' } as const;
/** So few rows (23 faults in 5 classes) need nodes that part single ones. */
const GROWTH: Omit<Growth, 'seed'> = { trees: 200, maxFeatures: 0.6, maxDepth: 12, minRows: 1 };
const SEEDS = [1, 2, 3] as const;

interface Sheet {
  readonly heads: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

function readSheet(): Sheet {
  const [heads = '', ...lines] = gunzipSync(readFileSync(FILE)).toString('utf8').trim().split('\n');
  return { heads: heads.split(','), lines: lines.map((line) => line.split(',')) };
}

/** The rows of the Online Boutique of one day, all pods or only those in which the fault was. */
function rowsOf({ heads, lines }: Sheet, day: string, onlyRoot: boolean): TrainingSet {
  const column = (name: string): number => heads.indexOf(name);
  const rows = lines.filter(
    (line) =>
      line[column('system')] === 'OB' && line[column('date')] === day && (!onlyRoot || line[column('root')] === '1'),
  );
  const faults = ['cpu_contention', 'cpu_consumed', 'network_delay', 'exception', 'return'];
  const classes = onlyRoot ? faults : [...faults, 'none'];
  const features = heads.slice(FIRST_FIGURE);
  return {
    features,
    featureVersion: 1,
    classes,
    values: Float64Array.from(
      rows.flatMap((line) => features.map((_, figure) => numberOf(line[FIRST_FIGURE + figure] ?? ''))),
    ),
    labels: Int32Array.from(rows, (line) => classes.indexOf(line[column('label')] ?? '')),
    groups: Int32Array.from(rows, (line) => Number(line[column('case_id')])),
  };
}

function numberOf(text: string): number {
  return text === '' ? Number.NaN : Number(text);
}

/** The means over the seeds, learned on the first day and judged on the second. */
function judged(sheet: Sheet, onlyRoot: boolean): Pick<Quality, 'accuracy' | 'macroF1' | 'ece'> {
  const learn = rowsOf(sheet, DAYS.learn, onlyRoot);
  const heldOut = rowsOf(sheet, DAYS.heldOut, onlyRoot);
  const each = SEEDS.map((seed) =>
    evaluate(fitForest(learn, { growth: { ...GROWTH, seed }, thresholds: {} }), heldOut),
  );
  const mean = (figure: 'accuracy' | 'macroF1' | 'ece'): number =>
    each.reduce((sum, quality) => sum + quality[figure], 0) / each.length;
  return { accuracy: mean('accuracy'), macroF1: mean('macroF1'), ece: mean('ece') };
}

if (existsSync(FILE)) {
  describe('real faults of one day, learned from those of the day before', () => {
    const sheet = readSheet();

    // Reference, measured with scikit-learn: accuracy 0.677, macro-F1 0.587; always the commonest fault: 0.226.
    test('which of five faults a pod has is told far better than by guessing', () => {
      const { accuracy, macroF1 } = judged(sheet, true);

      expect(accuracy).toBeGreaterThan(0.63);
      expect(macroF1).toBeGreaterThan(0.54);
    });

    // Reference, measured with scikit-learn: accuracy 0.952, macro-F1 0.661; always "none": 0.900.
    test('a pod with a fault is told from those without one', () => {
      const { accuracy, macroF1 } = judged(sheet, false);

      expect(accuracy).toBeGreaterThan(0.92);
      expect(macroF1).toBeGreaterThan(0.55);
    });
  });
} else if (process.env['AUTOHEAL_REQUIRE_ALL'] === '1') {
  test('the real faults are required and absent', () => {
    expect(existsSync(FILE)).toBe(true);
  });
} else {
  describe.skip('real faults of one day (skipped: ../shared/data/nezha_windows.csv.gz is absent)', () => {
    test('nothing to learn from', () => {
      expect(existsSync(FILE)).toBe(true);
    });
  });
}
