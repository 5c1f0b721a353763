// What runs in the threads of HealBench: one scenario after the other.
import { loadModel } from '../../../src/adapters/model-file.ts';
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

const models = new Map<string, ModelInUse>();

async function run({ scenario, model }: HealTask): Promise<ScenarioResult> {
  const ready = 'text' in scenario ? fileScenario(scenario) : readyScenario(scenario);
  return runScenario(ready, model === undefined ? undefined : modelOf(model));
}

function modelOf(path: string): ModelInUse {
  const known = models.get(path);
  if (known !== undefined) return known;
  const loaded = loadModel(path);
  if (loaded.kind !== 'loaded') throw new Error(loaded.why);
  models.set(path, loaded.model);
  return loaded.model;
}

serveTasks(run);
