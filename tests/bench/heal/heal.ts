import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { SHIPPED_MODEL } from '../../../src/adapters/model-file.ts';
import { inThreads } from '../../../src/lab/threads.ts';
import { scenarioFiles } from './files.ts';
import type { ScenarioResult } from './outcome.ts';
import { drawnSuite } from './suite.ts';
import { summarize, summaryTable, type HealSummary } from './summary.ts';
import type { HealTask } from './worker.ts';

export interface HealBench {
  readonly summary: HealSummary;
  readonly results: readonly ScenarioResult[];
  readonly table: string;
}

const OPTIONS = {
  scenarios: { type: 'string' },
  seed: { type: 'string', default: '1' },
  'per-kind': { type: 'string', default: '4' },
  model: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean', default: false },
  details: { type: 'boolean', default: false },
} as const;

/**
 * Every scenario under every policy, on all cores. `--model none` leaves the model away.
 *
 * @throws Error when an option or a scenario file is wrong.
 */
export async function runHealBench(args: readonly string[]): Promise<HealBench> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const seed = wholeNumber('--seed', values.seed);
  const scenarios =
    values.scenarios === undefined
      ? drawnSuite(seed, wholeNumber('--per-kind', values['per-kind']))
      : scenarioFiles(values.scenarios, seed);
  const model = values.model === 'none' ? undefined : (values.model ?? SHIPPED_MODEL);
  const threads = values.threads === undefined ? availableParallelism() : wholeNumber('--threads', values.threads);
  let done = 0;
  const results = await inThreads<ScenarioResult>(
    new URL('./worker.ts', import.meta.url),
    scenarios.map((scenario): HealTask => ({ scenario, ...(model === undefined ? {} : { model }) })),
    {
      threads,
      onResult(result) {
        done += 1;
        const minutes = Object.entries(result.outcomes).map(([name, each]) => `${name} ${each.badMinutes.toFixed(1)}`);
        process.stderr.write(`${done}/${scenarios.length} ${result.name}: bad minutes ${minutes.join(', ')}\n`);
        if (values.details) process.stderr.write(`${JSON.stringify(result)}\n`);
      },
    },
  );
  const summary = summarize(results);
  return { summary, results, table: summaryTable(summary) };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${option} ${text} is not a whole number`);
  return value;
}
