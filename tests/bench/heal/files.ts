import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { HELD_OUT_KINDS, kindOfIncident } from '../../../src/simulator/scenario/draw.ts';
import { compileScenario } from '../../../src/simulator/scenario/compile.ts';
import { loadScenario } from '../../../src/simulator/scenario/load.ts';
import type { ReadyScenario } from './run-scenario.ts';

/** A scenario file as it was read. Plain data: it is posted to a thread, which builds the rest. */
export interface FileScenario {
  readonly file: string;
  readonly text: string;
  readonly seed: number;
}

/**
 * Every `*.yaml` and `*.yml` file of a folder, by name.
 *
 * @throws Error naming the folder when it holds none.
 */
export function scenarioFiles(folder: string, seed: number): readonly FileScenario[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name));
  if (names.length === 0) throw new Error(`${folder} holds no *.yaml: give the folder of the scenario files`);
  return names.toSorted().map((name) => ({ file: name, text: readFileSync(join(folder, name), 'utf8'), seed }));
}

/** The world and the faults of a file. @throws Error with every problem of the file and its place. */
export function fileScenario({ file, text, seed }: FileScenario): ReadyScenario {
  const loaded = loadScenario(text, file);
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.join('\n'));
  const compiled = compileScenario(loaded.scenario, seed);
  return {
    name: loaded.scenario.name,
    kind: kindOfIncident(compiled.faults),
    seen: compiled.faults.every((fault) => !HELD_OUT_KINDS.includes(fault.kind)),
    seed,
    ...compiled,
  };
}
