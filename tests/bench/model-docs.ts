import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { HealScores } from '../../src/training/report/heal-scores.ts';
import { modelCard } from '../../src/training/report/model-card.ts';
import type { OutsideCheck } from '../../src/training/report/outside.ts';
import { picturesOf } from '../../src/training/report/pictures/pictures.ts';
import type { ModelBenchReport } from './model.ts';

export interface DocsOptions {
  /** Folder that gets `model-card.md` and `pictures/`. */
  readonly folder: string;
  readonly heal?: HealScores;
  readonly outside: readonly OutsideCheck[];
  readonly leftOut: readonly string[];
  readonly retrain: readonly string[];
}

const PICTURES = 'pictures';

/** Writes the card and its pictures from one run. Returns the names of the files, from the folder. */
export function writeModelDocs(bench: ModelBenchReport, options: DocsOptions): readonly string[] {
  const { folder, heal, outside, leftOut, retrain } = options;
  const pictures = picturesOf(bench.report, heal);
  const data = { ...bench.facts, seed: bench.seed, leftOut, retrain };
  const card = modelCard(bench.model, bench.report, data, {
    outside,
    pictures: PICTURES,
    pictureNames: Object.keys(pictures),
    ...(heal === undefined ? {} : { heal }),
  });
  mkdirSync(join(folder, PICTURES), { recursive: true });
  writeFileSync(join(folder, 'model-card.md'), card);
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(join(folder, PICTURES, name), svg);
  return ['model-card.md', ...Object.keys(pictures).map((name) => `${PICTURES}/${name}`)];
}

/** The JSON of `npm run bench -- heal --json`: its last line, or the whole file. @throws Error where it has no scores. */
export function readHeal(file: string): HealScores {
  const last = readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
  const parsed: unknown = JSON.parse(last.startsWith('{') ? last : readFileSync(file, 'utf8'));
  const isScores = typeof parsed === 'object' && parsed !== null && 'score' in parsed && 'score_by_fault' in parsed;
  if (!isScores) throw new Error(`${file} holds no scores of HealBench`);
  return parsed as HealScores; // Written by this project's own bench, whose summary has this shape.
}
