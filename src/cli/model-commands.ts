import { Option, type Command } from 'commander';
import type { AddOptions, JournalOptions, ModelOptions, PromoteOptions } from './model.ts';

const DIR_OPTION = new Option('--dir <folder>', 'the folder of the models').env('AUTOHEAL_MODEL_DIR').default('models');
const JSON_OPTION = new Option('--json', 'print JSON instead of text');
const CONFIG_OPTION = new Option('-c, --config <file>', 'configuration file (YAML): it names the store').env(
  'AUTOHEAL_CONFIG',
);
const STORE_OPTION = new Option('--store <path>', 'the SQLite file, instead of the one that the configuration names');
const BY_OPTION = new Option('--by <name>', 'who you are; goes into the history').makeOptionMandatory();

/** `autoheal model ...`. */
export function addModelCommands(program: Command): void {
  const model = program.command('model').description('the models that were trained, and which of them is asked');

  model
    .command('list')
    .description('the models that are kept, and what was changed by whom')
    .addOption(DIR_OPTION)
    .addOption(JSON_OPTION)
    .action(async (options: ModelOptions) => (await import('./model.ts')).listModels(options));

  model
    .command('show')
    .description('one model: what it learned from, and how good it is')
    .argument('[id]', 'model id; the champion when left out')
    .addOption(DIR_OPTION)
    .addOption(JSON_OPTION)
    .action(async (id: string | undefined, options: ModelOptions) =>
      (await import('./model.ts')).showModel(id, options),
    );

  model
    .command('add')
    .description('keep a model file made by `autoheal train`, as the challenger')
    .argument('<file>', 'the model file')
    .addOption(BY_OPTION)
    .requiredOption('--why <text>', 'what is new about it; goes into the history')
    .option('--learned-until <time>', 'the newest real incident that it learned from (RFC 3339)')
    .addOption(DIR_OPTION)
    .addOption(JSON_OPTION)
    .action(async (file: string, options: AddOptions) => (await import('./model.ts')).addModel(file, options));

  model
    .command('promote')
    .description('make a model the champion, if it did better on the real incidents of the journal')
    .argument('<id>', 'model id')
    .addOption(BY_OPTION)
    .option('--force', 'without asking the journal')
    .addOption(DIR_OPTION)
    .addOption(CONFIG_OPTION)
    .addOption(STORE_OPTION)
    .addOption(JSON_OPTION)
    .action(async (id: string, options: PromoteOptions) => (await import('./model.ts')).promoteModel(id, options));

  model
    .command('rollback')
    .description('go back to the champion before this one')
    .addOption(BY_OPTION)
    .addOption(DIR_OPTION)
    .addOption(JSON_OPTION)
    .action(async (options: ModelOptions & { by: string }) => (await import('./model.ts')).rollbackModel(options));

  model
    .command('drift')
    .description('how far the incidents of late lie from what the champion learned from, and whether it is calibrated')
    .addOption(DIR_OPTION)
    .addOption(CONFIG_OPTION)
    .addOption(STORE_OPTION)
    .addOption(JSON_OPTION)
    .action(async (options: JournalOptions) => (await import('./model.ts')).showDrift(options));
}
