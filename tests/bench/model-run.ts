import { parseArgs } from 'node:util';

import { scoreByRules } from '../../src/score/rules.ts';
import { FEATURES } from '../../src/score/features/features.ts';
import { makePredictor } from '../../src/score/forest/predictor.ts';
import { makeScore } from '../../src/score/by-model.ts';
import type { Score } from '../../src/score/score.ts';
import { CATALOGUE } from '../../src/act/catalogue.ts';
import type { ForestModel } from '../../src/score/forest/model.ts';
import type { OutsideCheck } from '../../src/training/report/outside.ts';
import { itbenchCheck } from '../outside/itbench.ts';
import { nezhaCheck } from '../outside/nezha.ts';
import { readHeal, writeModelDocs } from './model-docs.ts';
import { modelFigures, modelTable, runModelBench } from './model.ts';

/** The lines of the usage text about the arguments. */
export const MODEL_USAGE = `\
           [--data FILE]     rows as JSON lines; made-up rows without it
           [--docs FOLDER]   writes model-card.md and pictures/*.svg there, from this run
           [--heal FILE]     the JSON of the benchmark heal, for the card and its picture
           [--left-out KIND]...  kinds of faults that were left out of training, for the card
           [--retrain LINE]...   commands that make the rows and the model again, for the card`;

/** Runs the benchmark with the arguments that follow its name. @throws TypeError for unknown ones. */
export async function runModelBenchWith(
  args: readonly string[],
): Promise<{ readonly figures: object; readonly table: string }> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      data: { type: 'string' },
      docs: { type: 'string' },
      heal: { type: 'string' },
      'left-out': { type: 'string', multiple: true, default: [] },
      retrain: { type: 'string', multiple: true, default: [] },
    },
  });
  const { data, docs, heal } = values;
  const bench = await runModelBench(data === undefined ? {} : { data });
  const lines = [modelTable(bench)];
  if (docs !== undefined) {
    const files = writeModelDocs(bench, {
      folder: docs,
      outside: outsideChecks(bench.model),
      leftOut: values['left-out'],
      retrain: values.retrain,
      ...(heal === undefined ? {} : { heal: readHeal(heal) }),
    });
    lines.push(`written to ${docs}: ${files.join(', ')}`);
  }
  return { figures: modelFigures(bench), table: lines.join('\n') };
}

/** Whatever can be checked with the data that is at hand: the rules always, the model where it was trained on the product's features. */
function outsideChecks(model: ForestModel): readonly OutsideCheck[] {
  const isOfProduct = model.features.length === FEATURES.length && model.features[0] === FEATURES[0]?.name;
  const scorers: Readonly<Record<string, Score>> = {
    rules: scoreByRules,
    ...(isOfProduct ? { 'model, or rules where it is unsure': scorerOf(model) } : {}),
  };
  return [nezhaCheck(), itbenchCheck(scorers)].flatMap((check) => check ?? []);
}

function scorerOf(model: ForestModel): Score {
  const predictor = makePredictor(model, CATALOGUE.length + 1);
  return makeScore({ champion: () => ({ id: model.dataHash.slice(0, 8), predictor }), traits: CATALOGUE });
}
