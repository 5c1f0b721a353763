import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface ShippedRule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ShippedAlert extends ShippedRule {
  readonly alert: string;
  /** The name of the file below `rules/`. */
  readonly file: string;
}

/** Names of the rule files below `rules/`, sorted. */
export function ruleFiles(): readonly string[] {
  return filesIn('rules', '.rules.yml');
}

/** Names of the files in a folder of the project that end so, sorted. */
export function filesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(resolve(ROOT, folder))
    .filter((name) => name.endsWith(ending))
    .sort();
}

export function textOf(path: string): string {
  return readFileSync(resolve(ROOT, path), 'utf8');
}

/** Every rule of a file, in its order. */
export function rulesIn(file: string): readonly ShippedRule[] {
  // The files are ours; promtool checks their shape.
  const { groups } = parse(textOf(`rules/${file}`)) as {
    readonly groups: readonly { readonly rules: readonly ShippedRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

/** Every alert that is shipped. */
export function shippedAlerts(): readonly ShippedAlert[] {
  return ruleFiles().flatMap((file) =>
    rulesIn(file).flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert, file }])),
  );
}
