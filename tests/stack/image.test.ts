import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { textOf } from '../rules/shipped.ts';

/** The instructions of each stage of a Dockerfile, without comments, continued lines joined. */
function stagesOf(text: string): readonly (readonly string[])[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('FROM ')) stages.push([]);
    stages.at(-1)?.push(line);
  }
  return stages;
}

const stages = stagesOf(textOf('Dockerfile'));
const final = stages.at(-1) ?? [];

function one(instruction: string): string {
  const found = final.filter((line) => line.startsWith(`${instruction} `));
  return found.length === 1 ? (found[0]?.slice(instruction.length + 1).trim() ?? '') : `${found.length} instructions`;
}

describe('the image', () => {
  test('is made in stages, each from Node 24 slim, and takes only what was built', () => {
    expect(stages.map(([from = '']) => from.split(' ')[1])).toEqual(['node:24-slim', 'node:24-slim']);
    expect(stages[0]?.join('\n')).toContain('--omit=dev');
    expect(final.filter((line) => line.startsWith('RUN ') && line.includes('npm'))).toEqual([]);
  });

  test('runs as a user by number, which Kubernetes can tell from root', () => {
    expect(one('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('needs no shell to run or to be asked whether it is well', () => {
    for (const text of [one('ENTRYPOINT'), one('CMD'), one('HEALTHCHECK').replace(/^.* CMD /, '')]) {
      expect(JSON.parse(text)).toEqual(expect.any(Array));
    }
    expect(one('HEALTHCHECK')).toContain('"health"');
  });

  test('has the command by the name that pages and notes call it', () => {
    expect(final.filter((line) => line.includes('ln -s /app/dist/main.js /usr/local/bin/autoheal'))).toHaveLength(1);
    expect(stages[0]?.join('\n')).toContain('chmod +x dist/main.js');
    expect(textOf('src/main.ts')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(textOf('k8s/chart/autoheal/templates/NOTES.txt')).toContain('-- autoheal doctor --config');
  });

  test('says what it is', () => {
    for (const name of ['title', 'description', 'version', 'revision', 'licenses']) {
      expect(one('LABEL')).toMatch(new RegExp(`org\\.opencontainers\\.image\\.${name}="[^"]+"`));
    }
    const { version } = JSON.parse(textOf('package.json')) as { readonly version: string }; // Our own file.
    expect(final).toContain(`ARG VERSION=${version}`);
    expect(parse(textOf('k8s/chart/autoheal/Chart.yaml'))).toMatchObject({ appVersion: version });
  });

  test('holds the licence, and what it copies is let in', () => {
    const letIn = textOf('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = stages
      .flat()
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));

    expect(copied).toContain('LICENSE');
    expect([...new Set(copied)].sort()).toEqual([...letIn].sort());
  });

  test('writes to its root file system neither in the local stack nor in the chart', () => {
    const { services } = parse(textOf('docker-compose.yml')) as {
      readonly services: Readonly<Record<string, { readonly build?: string; readonly read_only?: boolean }>>; // Ours.
    };
    const built = Object.entries(services).filter(([, { build }]) => build !== undefined);

    expect(built.length).toBeGreaterThan(3);
    expect(built.filter(([, service]) => service.read_only !== true).map(([name]) => name)).toEqual([]);
    expect(textOf('k8s/chart/autoheal/templates/deployment.yaml')).toContain('readOnlyRootFilesystem: true');
  });
});
