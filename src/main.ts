#!/usr/bin/env node
import { AutoHealError, errorText } from './domain/errors.ts';
import { makeProgram } from './cli/program.ts';

/** Exit codes after sysexits.h: 78 configuration, 69 something outside is unavailable, 70 a bug. */
const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  CONFIG_INVALID: 78,
  PAYLOAD_INVALID: 65,
  BUG: 70,
};

// `autoheal incidents ID | head`: whoever read has enough. What a command does besides printing, it does to its end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await makeProgram().parseAsync(process.argv);
} catch (error) {
  process.stderr.write(`autoheal: ${errorText(error)}\n`);
  process.exitCode = error instanceof AutoHealError ? (EXIT_BY_CODE[error.code] ?? 69) : 70;
}
