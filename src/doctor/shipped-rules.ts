import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A rule group as it is shipped. */
export interface ShippedGroup {
  readonly file: string;
  readonly group: string;
  readonly alerts: readonly string[];
  /** Names of the recorded series. */
  readonly records: readonly string[];
}

/** Beside the code, both in the repository and in the image. */
const FOLDER = new URL('../../rules/', import.meta.url).pathname;

/** The groups of every shipped rules file; empty where the folder is not there. */
export function shippedGroups(folder: string = FOLDER): readonly ShippedGroup[] {
  let files: readonly string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.rules.yml'));
  } catch {
    return [];
  }
  return [...files].sort().flatMap((file) => groupsOf(file, readFileSync(join(folder, file), 'utf8')));
}

function groupsOf(file: string, text: string): readonly ShippedGroup[] {
  // Our own files; promtool holds them to this shape.
  const { groups } = parse(text) as {
    readonly groups: readonly {
      readonly name: string;
      readonly rules: readonly { readonly alert?: string; readonly record?: string }[];
    }[];
  };
  return groups.map(({ name, rules }) => ({
    file,
    group: name,
    alerts: [...new Set(rules.flatMap(({ alert }) => alert ?? []))],
    records: [...new Set(rules.flatMap(({ record }) => record ?? []))],
  }));
}
