import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import { ROOT, textOf } from '../rules/shipped.ts';
import { runTool } from '../rules/tool.ts';
import { describeWithParts, findPart } from '../support/parts.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly environment?: Readonly<Record<string, string>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const TOKEN = 'a-token-of-the-tests';
const PROFILE = 'demo-app';
// The file is ours; the suite below holds it to Compose's own schema where Docker is there.
const { services, configs } = parse(textOf('docker-compose.yml')) as Compose;
const all = Object.entries(services);

/** A configuration that the file holds, as Compose gives it to the container. */
function configText(name: string): string {
  return (configs[name]?.content ?? '').replaceAll(/\$\{AUTOHEAL_TOKEN:-[^}]+\}/g, TOKEN);
}

interface Scrape {
  readonly job_name: string;
  readonly honor_labels?: boolean;
  readonly static_configs?: readonly { readonly labels?: object }[];
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
}

function jobsOf(text: string): ReadonlyMap<string, Scrape> {
  const { scrape_configs: jobs } = parse(text) as { readonly scrape_configs: readonly Scrape[] }; // promtool checks it.
  return new Map(jobs.map((job) => [job.job_name, job]));
}

describe('the services', () => {
  test('have an image of a fixed version, or are built here', () => {
    const loose = all.filter(([, { image = '', build }]) => build === undefined && !/:v?\d+\.\d+\.\d+$/.test(image));

    expect(loose.map(([name]) => name)).toEqual([]);
    expect(all.length).toBeGreaterThan(7);
  });

  test('are asked whether they are well', () => {
    // The image of AutoHeal asks itself.
    const unasked = all.filter(([name, { healthcheck }]) => healthcheck === undefined && name !== 'autoheal');

    expect(unasked.map(([name]) => name)).toEqual([]);
    expect(textOf('Dockerfile')).toContain('HEALTHCHECK');
  });

  test('are reached from this machine only', () => {
    const ports = all.flatMap(([, service]) => service.ports ?? []);

    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(new Set(ports).size).toBe(ports.length);
  });

  test('of the profile stay away without it, and nothing else needs them', () => {
    const inProfile = all.filter(([, { profiles = [] }]) => profiles.includes(PROFILE)).map(([name]) => name);
    const needing = all
      .filter(([name]) => !inProfile.includes(name))
      .filter(([, service]) => Object.keys(service.depends_on ?? {}).some((each) => inProfile.includes(each)));

    expect(inProfile).toEqual(['demo-app', 'demo-load']);
    expect(needing).toEqual([]);
  });
});

describe('Alertmanager', () => {
  interface Receiver {
    readonly name: string;
    readonly webhook_configs?: readonly Readonly<Record<string, unknown>>[];
    readonly email_configs?: readonly object[];
  }
  interface Routing {
    readonly route: object;
    readonly inhibit_rules: readonly object[];
    readonly receivers: readonly Receiver[];
  }
  // amtool checks the shape of both.
  const shipped = parse(textOf('alertmanager/alertmanager.yml')) as Routing;
  const stack = parse(configText('alertmanager')) as Routing;

  test('routes and holds back what the shipped configuration does', () => {
    expect(stack.route).toEqual(shipped.route);
    expect(stack.inhibit_rules).toEqual(shipped.inhibit_rules);
    expect(stack.receivers.map(({ name }) => name)).toEqual(shipped.receivers.map(({ name }) => name));
  });

  test('sends to AutoHeal as the shipped configuration does, by its name here and with its token', () => {
    const [webhook] = stack.receivers.flatMap((each) => each.webhook_configs ?? []);
    const [model] = shipped.receivers.flatMap((each) => each.webhook_configs ?? []);

    expect(webhook).toEqual({
      ...model,
      url: 'http://autoheal:9095/alert',
      http_config: { authorization: { credentials: TOKEN } },
    });
  });

  test('tells people of the health of AutoHeal by the mailbox', () => {
    const onCall = stack.receivers.find(({ name }) => name === 'on-call');

    expect(onCall).toMatchObject({ email_configs: [{ smarthost: 'mail:1025', require_tls: false }] });
    expect(onCall?.webhook_configs).toBeUndefined();
  });
});

describe('Prometheus', () => {
  const stack = jobsOf(configText('prometheus'));
  const shipped = jobsOf(textOf('prometheus/prometheus.yml'));

  test('scrapes what the shipped configuration scrapes, with the same labels', () => {
    for (const [name, job] of shipped) {
      expect({ name, honor: stack.get(name)?.honor_labels }).toEqual({ name, honor: job.honor_labels });
      expect(stack.get(name)?.static_configs?.map(({ labels }) => labels)).toEqual(
        job.static_configs?.map(({ labels }) => labels),
      );
    }
    expect([...stack.keys()]).toEqual([...shipped.keys(), 'demo-app']);
  });

  test('finds the demo workload by its name, where the profile is on', () => {
    const [found] = stack.get('demo-app')?.dns_sd_configs ?? [];

    expect(Object.keys(services)).toEqual(expect.arrayContaining([...(found?.names ?? ['none'])]));
    expect(String(found?.port)).toBe(services['demo-app']?.environment?.['PORT']);
  });
});

test('AutoHeal loads its configuration, and every address in it is a service', () => {
  const text = textOf('k8s/compose/autoheal.yml');
  const loaded = loadConfig(text, { env: { AUTOHEAL_TOKEN: TOKEN }, readFile: () => '', remedies: REMEDY_OPTIONS });
  const config = configOrThrow('autoheal.yml', loaded);
  const { cluster, prometheus, alertmanager, notify, server } = config;

  const hosts = [cluster.server, prometheus?.url, alertmanager?.url].map((url) => new URL(url ?? 'none:').hostname);
  expect(Object.keys(services)).toEqual(expect.arrayContaining([...hosts, notify.email?.host ?? 'none']));
  const open = all.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
  expect(open).toEqual(
    expect.arrayContaining([server.publicUrl, notify.grafanaUrl].map((url) => new URL(url ?? 'none:').port)),
  );
});

test('the image of the demo workload holds every file of it that runs', () => {
  const [, copied = ''] = /^COPY (.*) \.\/$/m.exec(textOf('k8s/demo/Dockerfile')) ?? [];
  const sources = readdirSync(join(ROOT, 'k8s/demo')).filter((name) => /\.ts$|^package\.json$/.test(name));

  expect(copied.split(' ').sort()).toEqual(sources.sort());
});

describeWithParts('the configurations, judged by their programs', ['amtool', 'promtool'], (parts) => {
  test.each([
    { tool: 'amtool', config: 'alertmanager', args: ['check-config'] },
    { tool: 'promtool', config: 'prometheus', args: ['check', 'config', '--syntax-only'] },
  ])('$config', ({ tool, config, args }) => {
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-stack-'));
    const file = join(folder, `${config}.yml`);
    writeFileSync(file, configText(config));

    const said = runTool(parts.get(tool), [...args, file], 15);

    rmSync(folder, { recursive: true, force: true });
    expect(said).toMatchObject({ status: 0, text: expect.stringContaining('SUCCESS') });
  });
});

/** Reading a file needs no engine: the client and its plug-in do. */
function hasCompose(): boolean {
  const docker = findPart('docker');
  if (docker.kind !== 'program') return false;
  return spawnSync(docker.path, ['compose', 'version'], { timeout: 10_000 }).status === 0;
}

if (hasCompose()) {
  test.each([
    { name: 'without a profile', profile: [], adds: [] },
    { name: 'with the demo workload', profile: ['--profile', PROFILE], adds: ['demo-app', 'demo-load'] },
  ])('Compose reads the file: $name', ({ profile, adds }) => {
    const { status, output, text } = runTool(findPart('docker'), ['compose', ...profile, 'config', '--services'], 30);

    const always = all.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
    expect({ status, text: status === 0 ? '' : text }).toEqual({ status: 0, text: '' });
    expect(output.trim().split('\n').sort()).toEqual([...always, ...adds].sort());
  });
} else {
  test.skip('Compose reads the file (docker compose is not there)', () => undefined);
}
