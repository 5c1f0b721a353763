import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { accessTable, type AccessTable } from '../../src/cli/access.ts';
import { valuesSchema } from './values-schema.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
export const CHART = join(ROOT, 'k8s/chart/autoheal');

/** One file of the chart that is made from another part of the project. */
export interface ChartFile {
  /** Below the chart's folder. */
  readonly path: string;
  readonly text: string;
}

/** Folders of the project whose files are copied into the chart: Helm reads nothing outside of it. */
const COPIED = [
  { from: 'rules', into: 'files/rules', ending: '.rules.yml' },
  { from: 'grafana/dashboards', into: 'files/dashboards', ending: '.json' },
] as const;

/** Every file of the chart that is made, as it must be; not formatted yet. */
export function chartFiles(): readonly ChartFile[] {
  const access = accessTable();
  return [
    { path: 'files/access.yaml', text: accessYaml(access) },
    {
      path: 'values.schema.json',
      text: `${JSON.stringify(valuesSchema(REMEDY_OPTIONS, optionalResources(access)), null, 2)}\n`,
    },
    ...COPIED.flatMap(({ from, into, ending }) =>
      filesOf(join(ROOT, from), ending).map((name) => ({
        path: `${into}/${name}`,
        text: readFileSync(join(ROOT, from, name), 'utf8'),
      })),
    ),
  ];
}

/** Names of the files in a folder that end so; none where there is no such folder. */
export function filesOf(folder: string, ending: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .sort();
  } catch {
    return [];
  }
}

const HEAD = `# The access rules that src/cli/access.ts and the remedies declare. Made by k8s/tools/update.ts: do not edit.
`;

function accessYaml(table: AccessTable): string {
  return HEAD + stringify(table, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Resources with a rule that AutoHeal can do without. */
function optionalResources({ reads, remedies }: AccessTable): readonly string[] {
  const rules = [...reads, ...Object.values(remedies).flat()];
  return [
    ...new Set(rules.flatMap(({ optional, resources }) => (optional === undefined ? [] : [...resources]))),
  ].sort();
}
