import { describeProblems } from '../config/load.ts';
import { loadConfigFile } from './read-config.ts';

/** Prints every problem of a configuration; the exit code is 0 only without any. */
export function checkConfig(options: { readonly config?: string; readonly json?: boolean }): void {
  const loaded = loadConfigFile(options.config);
  const problems = loaded.kind === 'ok' ? [] : loaded.problems;
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, problems }, null, 2)}\n`);
  } else if (loaded.kind === 'ok') {
    const { policy } = loaded.config;
    process.stdout.write(`ok: mode ${policy.mode}, ${policy.rules.length} rules, store ${loaded.config.store.path}\n`);
  } else {
    process.stdout.write(`${describeProblems(options.config ?? 'defaults', problems)}\n`);
  }
  if (problems.length > 0) process.exitCode = 78;
}
