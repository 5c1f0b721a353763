import { buildApp } from '../app.ts';
import { readConfig } from './read-config.ts';

/** The longest a shutdown may take: Kubernetes kills after 30 s, and people wait. */
const GRACE_MS = 10_000;

/** Runs the service until SIGTERM or SIGINT; then ends within 10 s with nothing lost. */
export async function serve(options: { readonly config?: string }): Promise<void> {
  const config = readConfig(options.config);
  const app = await buildApp(config);
  const url = await app.listen();
  app.log.info({ url, mode: config.policy.mode, store: config.store.path }, 'autoheal is listening');
  const signal = await firstSignal();
  app.log.info({ signal }, 'shutting down');
  await app.stop(GRACE_MS);
  app.log.info({}, 'autoheal has stopped');
}

/** Resolves with the name of the first signal that asks the process to end. A second one ends it at once. */
export function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => {
        resolve(name);
      });
    }
  });
}
