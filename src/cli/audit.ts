import { existsSync } from 'node:fs';
import { openSqliteStore } from '../adapters/store/sqlite-store.ts';
import { AutoHealError } from '../domain/errors.ts';
import type { ChainReport, Store } from '../ports/store.ts';
import { readConfig } from './read-config.ts';

/** Verifies the journal of a store file; the exit code is 0 only when nothing is wrong with it. */
export async function verifyAudit(options: {
  readonly config?: string;
  readonly store?: string;
  readonly head?: string;
  readonly json?: boolean;
}): Promise<void> {
  const path = options.store ?? readConfig(options.config).store.path;
  if (!existsSync(path)) {
    throw new AutoHealError('CONFIG_INVALID', `there is no journal at ${path}: name it with --store or --config`);
  }
  const store = await openSqliteStore({ path, readOnly: true });
  const { events, head, problems } = await reportOf(store, options.head);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ events, head, problems }, null, 2)}\n`);
  } else {
    for (const { seq, what } of problems) process.stdout.write(`event ${seq}: ${what}\n`);
    process.stdout.write(`${events} events, ${problems.length} problems, head ${head || 'none'}\n`);
  }
  if (problems.length > 0) process.exitCode = 1;
}

async function reportOf(store: Store, noted: string | undefined): Promise<ChainReport> {
  try {
    return await store.verifyChain(noted);
  } finally {
    await store.close();
  }
}
