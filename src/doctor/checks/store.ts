import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { inspectSqliteFile } from '../../adapters/store/inspect.ts';
import { openSqliteStore } from '../../adapters/store/sqlite-store.ts';
import { errorText } from '../../domain/errors.ts';
import { fail, ok, warn, type Check, type Finding } from '../finding.ts';

const MIB = 1024 * 1024;
/** Below the first nothing goes on for long; below the second it is time to make room. */
const LEAST_FREE = 64 * MIB;
const GOOD_FREE = 1024 * MIB;

/** Whether the journal can be opened and written, and how much room it has. */
export const store: Check = {
  name: 'store',
  timeoutMs: () => 15_000,
  async run({ config }) {
    const { path } = config.store;
    if (path === ':memory:') {
      return [warn('store', 'the journal is kept in memory: all is lost with the process', 'set store.path to a file')];
    }
    const folder = dirname(resolve(path));
    const closed = folderProblem(folder);
    if (closed !== undefined) return [closed];
    const file = existsSync(path) ? await fileFinding(path) : ok('store', `${path} is not there yet; it will be made`);
    return [file, await roomFinding(folder)];
  },
};

function folderProblem(folder: string): Finding | undefined {
  if (!existsSync(folder)) {
    return fail('store', `the folder ${folder} does not exist`, 'make it, or set store.path to a file elsewhere');
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    const todo = 'give the user that AutoHeal runs as the right to write there (in the chart: fsGroup of the volume)';
    return fail('store', `the folder ${folder} cannot be written`, todo);
  }
}

async function fileFinding(path: string): Promise<Finding> {
  try {
    // Read-only: says whether it is a store of this version, and never makes it one.
    const opened = await openSqliteStore({ path, readOnly: true });
    await opened.close();
  } catch (error) {
    return fail('store', errorText(error), 'start the service once, or restore the file from a backup');
  }
  const { journalMode, bytes, writable } = inspectSqliteFile(path);
  if (writable.kind === 'no') {
    const todo = 'see who holds it (only one AutoHeal may), and whether the disk is full or read-only';
    return fail('store', `${path} cannot be written: ${writable.why}`, todo);
  }
  if (journalMode !== 'wal') {
    const message = `${path} has journal mode ${journalMode}, which stops writers while somebody reads`;
    return warn('store', message, 'let the service open it on a local disk: network file systems cannot do WAL');
  }
  return ok('store', `${path} can be written; journal mode ${journalMode}; ${sizeOf(bytes)}`);
}

async function roomFinding(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const message = `${sizeOf(free)} free in ${folder}`;
  const todo = 'make the volume larger: a webhook that cannot be written is not taken';
  if (free < LEAST_FREE) return fail('store/disk', message, todo);
  return free < GOOD_FREE ? warn('store/disk', message, todo) : ok('store/disk', message);
}

function sizeOf(bytes: number): string {
  const mib = bytes / MIB;
  return mib < 1024 ? `${mib.toFixed(1)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
