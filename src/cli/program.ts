import { Command, Option } from 'commander';
import type { DemoOptions } from './demo.ts';
import type { DoctorOptions } from './doctor.ts';
import type { SimulateOptions } from './simulate.ts';
import type { TrainOptions } from './train.ts';
import type { IncidentsOptions } from './incidents.ts';
import { addModelCommands } from './model-commands.ts';
import { portNumber, wholeNumber } from './numbers.ts';
import { VERSION } from '../version.ts';

const CONFIG_OPTION = new Option('-c, --config <file>', 'configuration file (YAML); without it the defaults hold').env(
  'AUTOHEAL_CONFIG',
);
const JSON_OPTION = new Option('--json', 'print JSON instead of text');
const URL_OPTION = new Option('--url <url>', 'the running service')
  .env('AUTOHEAL_URL')
  .default('http://127.0.0.1:9095');
const TOKEN_OPTION = new Option('--token <token>', 'bearer token of the running service').env('AUTOHEAL_TOKEN');

/**
 * The command line of `autoheal`. Its actions throw `AutoHealError`; `main.ts` turns that into an exit code. Each loads its
 * code when it runs: `--help` need not wait for the Kubernetes client.
 */
export function makeProgram(): Command {
  const program = new Command('autoheal')
    .description('Receives Alertmanager webhooks, heals the workload that is really ill, and proves the recovery.')
    .version(VERSION, '-V, --version')
    .showHelpAfterError();

  program
    .command('serve')
    .description('receive alerts on POST /alert and heal')
    .addOption(CONFIG_OPTION)
    .action(async (options: { config?: string }) => (await import('./serve.ts')).serve(options));

  program
    .command('demo')
    .description('start a simulated cluster and heal three incidents before your eyes')
    .option('--once', 'end after the three incidents; exit 0 only if all were healed for the right reason')
    .option('--speed <factor>', 'how many times faster than the wall clock the cluster lives', Number, 10)
    .option('--port <port>', 'port of the service', portNumber, 9095)
    .option('--metrics-port <port>', "port of the simulated cluster's metrics", portNumber, 9096)
    .action(async (options: DemoOptions) => (await import('./demo.ts')).runDemo(options));

  program
    .command('simulate')
    .description('serve a simulated cluster: its Kubernetes API, its metrics, and a page on which it is made ill')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--api-port <port>', 'port of the Kubernetes API', portNumber, 9098)
    .option('--metrics-port <port>', 'port of the metrics', portNumber, 9096)
    .option('--port <port>', 'port of the page and of POST /faults', portNumber, 9097)
    .option(
      '--speed <factor>',
      'how many times faster than the wall clock it lives; 1 for a real Prometheus',
      Number,
      1,
    )
    .option('--seed <n>', 'the same seed gives the same cluster', wholeNumber(0, Number.MAX_SAFE_INTEGER), 42)
    .action(async (options: SimulateOptions) => (await import('./simulate.ts')).simulate(options));

  program
    .command('check')
    .description('check the configuration and policy: all problems at once, with their place')
    .addOption(CONFIG_OPTION)
    .addOption(JSON_OPTION)
    .action(async (options: { config?: string; json?: boolean }) => (await import('./check.ts')).checkConfig(options));

  addDoctor(program);

  program
    .command('replay')
    .description('run a saved webhook through the real code against a cluster that is only read: what would be done?')
    .argument('<file>', 'a webhook body as Alertmanager sends it (JSON)')
    .addOption(CONFIG_OPTION)
    .option('--objects <file>', 'a Kubernetes List (kubectl get ... -o json) to use instead of the live cluster')
    .addOption(JSON_OPTION)
    .action(async (file: string, options: { config?: string; objects?: string; json?: boolean }) =>
      (await import('./replay.ts')).replay(file, options),
    );

  program
    .command('explain')
    .description('for one alert: every remedy, applicable or not and why, and the exact requests it would send')
    .argument('<file>', 'a webhook body or a single alert (JSON); - for standard input')
    .addOption(CONFIG_OPTION)
    .addOption(JSON_OPTION)
    .action(async (file: string, options: { config?: string; json?: boolean }) =>
      (await import('./explain.ts')).explain(file, options),
    );

  program
    .command('remedies')
    .description('list the remedies: what each does, cures, refuses, needs to be allowed, and how it is undone')
    .option('-c, --config <file>', 'mark those that the policy of this configuration allows')
    .option('--markdown', 'print the page docs/remedies.md')
    .addOption(JSON_OPTION)
    .action(async (options: { config?: string; json?: boolean; markdown?: boolean }) =>
      (await import('./remedies.ts')).listRemedies(options),
    );

  program
    .command('train')
    .description('make a model: simulate incidents, try every remedy on each, and grow the forest')
    .option('--simulate <n>', 'how many stories of illness are lived through', Number, 1800)
    .option('--seed <n>', 'the same seed makes the same model, to the byte', Number, 1)
    .option('--threads <n>', 'threads that simulate; all cores when left out', Number)
    .option('--rows <file>', 'learn from these rows (JSON lines) instead of simulating')
    .option('--save-rows <file>', 'keep the rows')
    .option('--journal <file>', 'learn from the closed incidents of this store (SQLite) as well')
    .option('--out <file>', 'where the model is written', 'autoheal.model.json')
    .addOption(JSON_OPTION)
    .action(async (options: TrainOptions) => (await import('./train.ts')).train(options));

  addModelCommands(program);

  program
    .command('health')
    .description(
      'ask a running service whether it takes alerts; exit 0 if it does (for the health check of a container)',
    )
    .addOption(URL_OPTION)
    .action(async (options: { url: string }) => (await import('./health.ts')).askHealth(options));

  program
    .command('features')
    .description('print the features that a model sees, as the page docs/features.md')
    .action(async () => {
      process.stdout.write((await import('../score/features/markdown.ts')).featuresAsMarkdown());
    });

  program
    .command('incidents')
    .description('list the incidents of a running service, or read one')
    .argument('[id]', 'incident id: prints its whole history')
    .option('--open', 'only open ones')
    .option('--limit <n>', 'how many, up to 500', wholeNumber(1, 500), 20)
    .addOption(URL_OPTION)
    .addOption(TOKEN_OPTION)
    .addOption(JSON_OPTION)
    .action(async (id: string | undefined, options: IncidentsOptions) => {
      const { listIncidents, showIncident } = await import('./incidents.ts');
      await (id === undefined ? listIncidents(options) : showIncident(id, options));
    });

  for (const decision of ['approve', 'deny'] as const) {
    program
      .command(decision)
      .description(`${decision} the action that an incident waits for`)
      .argument('<id>', 'incident id')
      .requiredOption('--by <name>', 'who you are (required); goes into the journal')
      .addOption(URL_OPTION)
      .addOption(TOKEN_OPTION)
      .action(async (id: string, options: IncidentsOptions & { by: string }) =>
        (await import('./incidents.ts')).answerApproval(id, decision, options),
      );
  }

  program
    .command('undo')
    .description('take back what an incident changed, unless somebody changed the object since')
    .argument('<id>', 'incident id')
    .requiredOption('--by <name>', 'who you are (required); goes into the journal')
    .addOption(URL_OPTION)
    .addOption(TOKEN_OPTION)
    .action(async (id: string, options: IncidentsOptions & { by: string }) =>
      (await import('./incidents.ts')).undoIncident(id, options),
    );

  program
    .command('audit')
    .description('the journal')
    .command('verify')
    .description('recompute the hash chain: finds a changed, removed or reordered event')
    .addOption(CONFIG_OPTION)
    .option('--store <path>', 'the SQLite file, instead of the one that the configuration names')
    .option('--head <hash>', 'the last hash that you noted elsewhere: proves that nothing was cut off since')
    .addOption(JSON_OPTION)
    .action(async (options: { config?: string; store?: string; head?: string; json?: boolean }) =>
      (await import('./audit.ts')).verifyAudit(options),
    );

  return program;
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check everything that it needs, one line each, up to the way of an alert through Alertmanager')
    .addOption(CONFIG_OPTION)
    .option('--only <names...>', 'only these checks')
    .option('--send', 'also post a test message in Slack and send a test mail')
    .option('--no-send', 'send no alert through Alertmanager either')
    .option('--timeout <seconds>', 'how long the alert may take to arrive', Number, 90)
    .addOption(
      new Option('--url <url>', 'the running service; by default that of the configuration').env('AUTOHEAL_URL'),
    )
    .addOption(TOKEN_OPTION)
    .option('--listen <host:port>', 'where to listen for the alert when no service answers')
    .option('--namespace <names...>', 'the namespaces that AutoHeal looks after, where it has a Role in some only')
    .option('--label <name=value...>', 'labels of the alert besides its own, e.g. for your routes')
    .addOption(JSON_OPTION)
    .action(async (options: DoctorOptions) => (await import('./doctor.ts')).runDoctor(options));
}
