import { spawnSync } from 'node:child_process';
import type { Part } from '../support/parts.ts';
import { ROOT } from './shipped.ts';

export interface Said {
  readonly status: number;
  /** What it answered. */
  readonly output: string;
  /** What it wrote, standard error included. */
  readonly text: string;
}

/**
 * Runs a program on files of the project and waits for its end.
 *
 * @throws Error when it does not end within `seconds`, or is not there.
 */
export function runTool(part: Part | undefined, args: readonly string[], seconds = 60): Said {
  if (part?.kind !== 'program') throw new Error('the program is not there');
  const { status, stdout, stderr } = spawnSync(part.path, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: seconds * 1000,
  });
  if (status === null) throw new Error(`${part.path} ${args.join(' ')} did not end: ${stderr}`);
  return { status, output: stdout, text: `${stdout}${stderr}` };
}
