import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { CHART, filesOf, ROOT } from './chart-files.ts';

/** A Kubernetes object as it was rendered. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** A rendering of the chart that is kept beside it. */
export interface Rendering {
  readonly name: string;
  readonly values: string;
  readonly output: string;
}

const VALUES = join(ROOT, 'tests/chart/values');
const MANIFESTS = join(ROOT, 'k8s/manifests');
const NOT_DETERMINED = /^(\s+webhook-token: )"[A-Za-z0-9]{48}"$/gm;

/** Every set of values that is rendered, and the file that holds what must come out. */
export function renderings(): readonly Rendering[] {
  const sets = filesOf(VALUES, '.yaml').map((file) => ({
    name: file.slice(0, -'.yaml'.length),
    values: join(VALUES, file),
    output: join(ROOT, 'tests/chart/golden', file),
  }));
  return [
    ...sets,
    { name: 'manifests', values: join(MANIFESTS, 'values.yaml'), output: join(MANIFESTS, 'autoheal.yaml') },
  ];
}

/** What a run of Helm said. */
export interface HelmAnswer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Helm on the chart. Ends within a minute. */
export function runHelm(args: readonly string[], helm = 'helm'): HelmAnswer {
  const { status, stdout, stderr, error } = spawnSync(helm, [...args], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  return { status, stdout, stderr: error === undefined ? stderr : `${stderr}${error.message}` };
}

/**
 * The objects of a rendering, in Helm's order, with a random token made plain.
 *
 * @throws Error with what Helm said, where it failed.
 */
export function render(values: string, helm = 'helm', more: readonly string[] = []): readonly Rendered[] {
  const args = ['template', 'autoheal', CHART, '--namespace', 'autoheal', '--values', values, ...more];
  const { status, stdout, stderr } = runHelm(args, helm);
  if (status !== 0) throw new Error(stderr);
  return parse(stdout.replace(NOT_DETERMINED, '$1"<random>"'));
}

/** Objects with their dashboards cut down to checksums: what is kept shall not repeat them for each set of values. */
export function abridged(objects: readonly Rendered[]): readonly Rendered[] {
  return objects.map((object) => {
    if (object.kind !== 'ConfigMap') return object;
    const data = Object.entries(object['data'] ?? {}).map(([key, text]) => {
      const content = String(text);
      return [key, key.endsWith('.json') ? `sha256:${hash('sha256', content)}` : content];
    });
    return { ...object, data: Object.fromEntries(data) };
  });
}

/** The objects of a text of several YAML documents. */
export function parse(text: string): readonly Rendered[] {
  return parseAllDocuments(text).flatMap((document): readonly Rendered[] => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const object = document.toJS({ maxAliasCount: 0 }) as Rendered | null; // Whoever uses it validates it.
    return object === null ? [] : [object];
  });
}

/** The objects that a kept rendering holds. */
export function kept({ output }: Rendering): readonly Rendered[] {
  return parse(readFileSync(output, 'utf8'));
}

/** Every rendering anew. */
export function goldenFiles(): readonly { readonly path: string; readonly text: string }[] {
  return renderings().map(({ values, output }) => ({
    path: output,
    text: `# Made by k8s/tools/update.ts: do not edit.\n${abridged(render(values))
      .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`)
      .join('')}`,
  }));
}
