// What runs in the threads of HealBench: one scenario after the other.
import { readFileSync } from 'node:fs';

import { readModel } from '../../../src/score/forest/model-file.ts';
import { makePredictor } from '../../../src/score/forest/predictor.ts';
import { serveTasks } from '../../../src/lab/threads.ts';
import type { ModelInUse } from '../../../src/score/by-model.ts';
import { fileScenario, type FileScenario } from './files.ts';
import type { ScenarioResult } from './outcome.ts';
import { runScenario } from './run-scenario.ts';
import { readyScenario, type DrawnScenario } from './suite.ts';

export interface HealTask {
  readonly scenario: DrawnScenario | FileScenario;
  /** Path of the model file; the rules alone where it is left out. */
  readonly model?: string;
}

const MOST_CANDIDATES = 32;
const models = new Map<string, ModelInUse>();

async function run({ scenario, model }: HealTask): Promise<ScenarioResult> {
  const ready = 'text' in scenario ? fileScenario(scenario) : readyScenario(scenario);
  return runScenario(ready, model === undefined ? undefined : modelOf(model));
}

function modelOf(path: string): ModelInUse {
  const known = models.get(path);
  if (known !== undefined) return known;
  const loaded = readModel(readFileSync(path, 'utf8'));
  if (loaded.kind === 'invalid') throw new Error(`${path}: ${loaded.problems.join('; ')}`);
  const model = { id: loaded.checksum.slice(0, 8), predictor: makePredictor(loaded.model, MOST_CANDIDATES) };
  models.set(path, model);
  return model;
}

serveTasks(run);
