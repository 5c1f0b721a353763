import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { REMEDY_TRAITS } from '../act/catalogue.ts';
import { openSqliteStore } from '../adapters/store/sqlite-store.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import { simulateIncidents } from '../lab/simulate.ts';
import { readDecisions } from '../learn/journal-reader.ts';
import { learningSet, rowsOf, type JournalRow } from '../learn/journal-rows.ts';
import { FEATURE_LIST } from '../score/features/features.ts';
import { modelText } from '../score/forest/model-file.ts';
import { recipeOf } from '../training/recipe.ts';
import { readRows } from '../training/report/rows-file.ts';
import type { ReplayedRow } from '../training/report/replayed-rows.ts';
import { trainInWorker } from '../training/train-in-worker.ts';
import { VERSION } from '../version.ts';

export interface TrainOptions {
  /** How many stories are lived through. */
  readonly simulate: number;
  readonly seed: number;
  readonly threads?: number;
  /** Rows to learn from instead of simulating. */
  readonly rows?: string;
  /** Where the simulated rows are written. */
  readonly saveRows?: string;
  /** A store whose closed incidents are learned from as well: rows of their own, heavier and ageing. */
  readonly journal?: string;
  readonly out: string;
  readonly json?: boolean;
}

/**
 * Makes a model: simulates incidents (or reads rows), grows the forest in a thread of its own, and writes the file. The same
 * number of stories and the same seed make the same file, to the byte.
 *
 * @throws AutoHealError `CONFIG_INVALID` when the options, the rows or the place of the file are wrong.
 */
export async function train(options: TrainOptions): Promise<void> {
  // Simulated rows take the same way as rows from a file, so that both make the same model.
  const text = options.rows === undefined ? rowsText(await simulated(options)) : readText(options.rows);
  const rows = parsed(text, options.rows ?? 'the simulated rows');
  if (options.saveRows !== undefined) save(options.saveRows, text);
  const real = options.journal === undefined ? [] : await realRows(options.journal);
  const set = learningSet(rows, real, { list: FEATURE_LIST, now: systemClock.now() });
  const recipe = recipeOf(options.seed);
  say(`growing ${recipe.growth.trees} trees on ${set.labels.length} rows ...`);
  const result = await trainInWorker(set, recipe, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    onProgress: (trees) => trees % 20 === 0 && say(`  ${trees} trees`),
  });
  if (result.kind === 'cancelled')
    throw new AutoHealError('CONFIG_INVALID', 'growing took more than an hour: use fewer rows');
  if (result.kind === 'refused') {
    throw new AutoHealError('CONFIG_INVALID', `nothing can be learned from these rows: ${result.problems.join('; ')}`);
  }
  save(options.out, modelText(result.model, `autoheal ${VERSION}`));
  const { accuracy, macroF1, logLoss, brier, ece } = result.model.heldOut ?? result.model.outOfBag;
  const newest = real.reduce<number | undefined>((latest, { at }) => Math.max(latest ?? at, at), undefined);
  if (newest !== undefined) {
    const until = new Date(newest).toISOString();
    say(`${real.length} rows of real incidents, the newest of ${until}: autoheal model add --learned-until ${until}`);
  }
  const figures = { rows: set.labels.length, incidents: result.model.groups, accuracy, macroF1, logLoss, brier, ece };
  if (options.json === true) process.stdout.write(`${JSON.stringify({ file: options.out, ...figures })}\n`);
  else {
    const shown = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toFixed(4))}`);
    process.stdout.write(`${options.out}: ${shown.join(', ')} (on incidents that were held back)\n`);
  }
}

const TIMEOUT_MS = 3_600_000;

async function simulated({ simulate, seed, threads }: TrainOptions): Promise<readonly ReplayedRow[]> {
  if (!Number.isInteger(simulate) || simulate < 12 || !Number.isInteger(seed) || seed < 1 || seed > 20_000) {
    throw new AutoHealError(
      'CONFIG_INVALID',
      '--simulate must be a whole number of at least 12, --seed one from 1 to 20000',
    );
  }
  const started = performance.now();
  let said = 0;
  const found = await simulateIncidents({
    stories: simulate,
    seed,
    threads: threads ?? availableParallelism(),
    onProgress({ stories, incidents, rows }) {
      if (stories - said < simulate / 20) return;
      said = stories;
      say(`  ${stories} of ${simulate} stories, ${incidents} incidents, ${rows} rows`);
    },
  });
  const minutes = (performance.now() - started) / 60_000;
  const pace = `${Math.round(found.incidents / minutes)} incidents and ${Math.round(found.replays / minutes)} replays a minute`;
  say(`${found.incidents} incidents in ${found.topologies} clusters, ${found.replays} replays: ${pace}`);
  return found.rows;
}

/** What the journal of a service says: remedies that were done, and what became of it. */
async function realRows(path: string): Promise<readonly JournalRow[]> {
  const store = await openSqliteStore({ path, readOnly: true });
  try {
    const { decisions, incidents, unreadable } = await readDecisions(store);
    for (const why of unreadable) say(`left out: ${why}`);
    const found = rowsOf(decisions, REMEDY_TRAITS);
    say(`${found.length} rows of ${incidents} real incidents`);
    return found;
  } finally {
    await store.close();
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AutoHealError('CONFIG_INVALID', `the rows cannot be read: ${errorText(error)}`, { cause: error });
  }
}

function parsed(text: string, from: string): readonly ReplayedRow[] {
  const read = readRows(text);
  if (read.kind === 'invalid') throw new AutoHealError('CONFIG_INVALID', `${from}: ${read.problems.join('; ')}`);
  return read.rows;
}

function rowsText(rows: readonly ReplayedRow[]): string {
  return [FEATURE_LIST, ...rows].map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Beside its place first, and moved there whole: nobody ever reads half a file. */
function save(file: string, text: string): void {
  try {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw new AutoHealError('CONFIG_INVALID', `${file} cannot be written: ${errorText(error)}`, { cause: error });
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
