import { readFileSync } from 'node:fs';
import { REMEDY_OPTIONS } from '../act/catalogue.ts';
import type { Config } from '../config/config.ts';
import { configOrThrow, loadConfig, type LoadedConfig } from '../config/load.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';

/**
 * The configuration of a file, or the defaults when none is named.
 *
 * @throws AutoHealError `CONFIG_INVALID` with every problem and its place.
 */
export function readConfig(file: string | undefined): Config {
  return configOrThrow(file ?? 'defaults', loadConfigFile(file));
}

/** The checked configuration of a file. @throws AutoHealError `CONFIG_INVALID` when the file cannot be read. */
export function loadConfigFile(file: string | undefined): LoadedConfig {
  const text = file === undefined ? '' : readText(file);
  return loadConfig(text, {
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    remedies: REMEDY_OPTIONS,
  });
}

/** The text of a file that the user named; of standard input for `-`. @throws AutoHealError `CONFIG_INVALID` saying which file. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new AutoHealError('CONFIG_INVALID', `${file} cannot be read: ${errorText(error)}`, { cause: error });
  }
}
