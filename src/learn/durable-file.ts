import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file so that after a crash it is there whole, or as it was before: beside its place first, synced, moved there, and
 * the folder synced too.
 *
 * @throws the error of the file system; nothing is left behind then.
 */
export function writeDurably(file: string, text: string): void {
  const beside = `${file}.${process.pid}.new`;
  try {
    withOpen(beside, 'w', (open) => {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length;) done += writeSync(open, bytes, done);
      fsyncSync(open);
    });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  withOpen(dirname(file), 'r', fsyncSync);
}

function withOpen(file: string, flags: 'w' | 'r', use: (open: number) => void): void {
  const open = openSync(file, flags);
  try {
    use(open);
  } finally {
    closeSync(open);
  }
}
