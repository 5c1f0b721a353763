import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseWebhook } from '../../src/receive/webhook.ts';
import { fencesOf } from '../docs/markdown.ts';
import { textOf } from '../rules/shipped.ts';

// What Compose reads; compose.test.ts holds the file to Compose itself.
const { services } = parse(textOf('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, { readonly ports?: readonly string[] }>>;
};
const [, defaultToken = 'none'] = /AUTOHEAL_TOKEN:-([\w-]+)\}/.exec(textOf('docker-compose.yml')) ?? [];

const commands = fencesOf(textOf('README.md'))
  .filter(({ language }) => language === 'console')
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => line.startsWith('$ curl '));

/** The one curl line of README.md with this in it: `.ci/stack` runs it on the real stack. */
function lineWith(word: string): string {
  const found = commands.filter((line) => line.includes(word));
  return found.length === 1 ? (found[0] ?? '') : `${found.length} lines have ${word}`;
}

function portOf(line: string): string | undefined {
  return /http:\/\/localhost:(\d+)\//.exec(line)?.[1];
}

function portsOf(service: string): readonly string[] {
  return (services[service]?.ports ?? []).map((port) => port.split(':')[1] ?? '');
}

describe('the lines of README.md for the local stack', () => {
  test('the test alert goes to AutoHeal, with the token that the stack has by itself', () => {
    const line = lineWith('alertmanager/test-alert.json');

    expect(portsOf('autoheal')).toEqual([portOf(line)]);
    expect(line).toContain('/alert');
    expect(line).toContain(`'authorization: Bearer ${defaultToken}'`);
    expect(parseWebhook(textOf('alertmanager/test-alert.json'), Date.UTC(2026, 10, 21, 3))).toMatchObject({
      kind: 'ok',
      webhook: { alerts: [{}], rejected: [] },
    });
  });

  test('the fault goes to the simulated cluster', () => {
    const line = lineWith('bad-rollout-crash');

    expect(portsOf('cluster')).toContain(portOf(line));
    expect(line).toContain('/faults');
  });

  test('both fail where the answer is an error, and are what CI looks for', () => {
    const ci = textOf('.ci/stack');

    expect(commands.filter((line) => !line.startsWith('$ curl -fsS '))).toEqual([]);
    expect(ci).toContain('readme_line alertmanager/test-alert.json');
    expect(ci).toContain('readme_line bad-rollout-crash');
  });
});
