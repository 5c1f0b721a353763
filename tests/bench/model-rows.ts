import { readFileSync } from 'node:fs';

import { HARMED, NOT_RECOVERED, RECOVERED } from '../../src/score/by-model.ts';
import type { DataFacts } from '../../src/training/report/model-card.ts';
import { trainingSetOf, type ReplayedRow } from '../../src/training/report/replayed-rows.ts';
import { readRows } from '../../src/training/report/rows-file.ts';
import type { TrainingSet } from '../../src/training/training-set.ts';
import { makeRows } from '../builders/training-rows.ts';

/** Rows to train on and to judge by, and what there is to say of them. */
export interface ModelData {
  readonly rows: readonly ReplayedRow[];
  readonly set: TrainingSet;
  readonly facts: Pick<DataFacts, 'what' | 'simulated' | 'rows' | 'incidents' | 'kinds'>;
}

/** 5,000 rows are left to learn from when a sixth is held back. */
const INCIDENTS = 1_200;
/** Of five; the first stands for doing nothing. */
const REMEDIES = ['none', 'remedy-1', 'remedy-2', 'remedy-3', 'remedy-4'] as const;
/** A heavy-tailed feature: where it is high, a remedy that does not help does harm. */
const STRAIN = { feature: 2, from: 3 } as const;
/** Bad minutes by class. Doing nothing costs nothing where the illness passes by itself. */
const COSTS = { [HARMED]: 14, [NOT_RECOVERED]: 10, [RECOVERED]: 2 } as const;

/** Made-up incidents (`training-rows.ts`) with costs: they measure the machinery, and say nothing about faults. */
export function madeUpData(seed: number): ModelData {
  const made = makeRows({ incidents: INCIDENTS, seed, classes: 2 });
  const width = made.features.length;
  const nothing = (incident: number): number => (made.labels[incident * REMEDIES.length] === 1 ? 0 : COSTS[1]);
  const rows = [...made.labels].map((helps, place): ReplayedRow => {
    const features = [...made.values.subarray(place * width, (place + 1) * width)];
    const incident = made.groups?.[place] ?? 0;
    const remedy = REMEDIES[place % REMEDIES.length] ?? 'none';
    const strained = remedy !== 'none' && (features[STRAIN.feature] ?? 0) > STRAIN.from;
    const label = helps === 1 ? RECOVERED : strained ? HARMED : NOT_RECOVERED;
    const costNone = nothing(incident);
    const cost = remedy === 'none' || costNone === 0 ? costNone : COSTS[label];
    return {
      group: incident,
      remedy,
      kind: 'made-up',
      label,
      cost,
      costNone,
      features: features.map((value) => (Number.isFinite(value) ? value : null)),
    };
  });
  const what = 'Made-up incidents with ten latent modes and five remedies (`tests/builders/training-rows.ts`).';
  return dataOf(rows, trainingSetOf(rows, made), { what, simulated: false });
}

/** The rows of a file of JSON lines, as `rows-file.ts` reads them. @throws Error that names the first lines that are no rows. */
export function dataFromFile(file: string): ModelData {
  const read = readRows(readFileSync(file, 'utf8'));
  if (read.kind === 'invalid') throw new Error(`${file}: ${read.problems.join('; ')}`);
  const what = 'Simulated faults of microservices, each lived through with every remedy that applied and with none.';
  return dataOf(read.rows, trainingSetOf(read.rows, read.list), { what, simulated: true });
}

function dataOf(
  rows: readonly ReplayedRow[],
  set: TrainingSet,
  facts: Pick<DataFacts, 'what' | 'simulated'>,
): ModelData {
  const kindOf = new Map(rows.map(({ group, kind }) => [group, kind]));
  const kinds = Map.groupBy(kindOf.values(), (kind) => kind);
  return {
    rows,
    set,
    facts: {
      ...facts,
      rows: rows.length,
      incidents: kindOf.size,
      kinds: Object.fromEntries([...kinds].map(([kind, incidents]) => [kind, incidents.length])),
    },
  };
}
