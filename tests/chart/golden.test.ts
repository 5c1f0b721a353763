import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { CHART, filesOf, ROOT } from '../../k8s/tools/chart-files.ts';
import { abridged, kept, render, renderings, runHelm } from '../../k8s/tools/golden.ts';
import { describeWithParts } from '../support/parts.ts';

describeWithParts('the chart, by the real helm', ['helm'], (parts) => {
  const part = parts.get('helm');
  const helm = part?.kind === 'program' ? part.path : 'helm';

  test('lints strictly', () => {
    const { status, stdout } = runHelm(['lint', '--strict', CHART], helm);

    expect(stdout).toContain('0 chart(s) failed');
    expect(status).toBe(0);
  });

  test.each(renderings().map((rendering) => [rendering.name, rendering] as const))(
    'renders what is kept: %s',
    (_, rendering) => {
      expect(abridged(render(rendering.values, helm))).toEqual(kept(rendering));
    },
  );

  test('hands dashboards and rules on as they are', () => {
    const objects = render(join(ROOT, 'tests/chart/values/default.yaml'), helm);
    const dashboards = objects
      .filter(({ metadata }) => metadata.name.startsWith('autoheal-dashboard-'))
      .flatMap(({ data }) => Object.entries(data ?? {}));
    const rules = objects.filter(({ kind }) => kind === 'PrometheusRule').map(({ spec }) => spec);

    const files = filesOf(join(ROOT, 'grafana/dashboards'), '.json');
    expect(dashboards.map(([name]) => name)).toEqual(files);
    for (const [name, text] of dashboards) {
      expect(JSON.parse(String(text))).toEqual(
        JSON.parse(readFileSync(join(ROOT, 'grafana/dashboards', name), 'utf8')),
      );
    }
    const sources = filesOf(join(ROOT, 'rules'), '.rules.yml').map((name) => join(ROOT, 'rules', name));
    expect(rules).toEqual(sources.map((path) => parseYaml(readFileSync(path, 'utf8')) as unknown));
  });

  test('every alert links to its runbook where these are published, and to nothing else', () => {
    const values = join(ROOT, 'tests/chart/values/default.yaml');
    const address = 'https://git.example.com/autoheal/docs/runbooks';
    const rulesOf = (...more: readonly string[]): string =>
      JSON.stringify(render(values, helm, more).filter(({ kind }) => kind === 'PrometheusRule'));

    const plain = rulesOf();
    const published = rulesOf('--set', `kubePrometheusStack.prometheusRule.runbookUrl=${address}/`);

    const links = [...published.matchAll(/"runbook_url":"([^"]*)"/g)].map(([, url = '']) => url);
    expect(links.length).toBeGreaterThan(20);
    expect(
      links.filter((url) => !/^https:\/\/git\.example\.com\/autoheal\/docs\/runbooks\/AutoHeal\w+\.md$/.test(url)),
    ).toEqual([]);
    expect(published.replaceAll(`${address}/`, 'docs/runbooks/')).toBe(plain);
  });

  test.each([
    { name: 'its README shows first', path: join(CHART, 'README.md'), pattern: /```yaml\n([^`]*)```/ },
    { name: 'the first page writes', path: join(ROOT, 'README.md'), pattern: /<<END\n([^`]*?)\nEND\n/ },
  ])('the block of values that $name is enough', ({ path, pattern }) => {
    const block = pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-chart-'));
    writeFileSync(join(folder, 'values.yaml'), block);

    const kinds = render(join(folder, 'values.yaml'), helm).map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace}`,
    );
    rmSync(folder, { recursive: true });

    expect(block).toContain('matcherStrategy: OnNamespace');
    expect(kinds).toEqual(
      expect.arrayContaining(['Deployment autoheal', 'Role shop', 'AlertmanagerConfig shop', 'Secret shop']),
    );
  });

  describe('refuses', () => {
    const cases = [
      { name: 'a misspelt key', set: ['persistance.enabled=false'], says: 'persistance' },
      { name: 'a misspelt key of the policy', set: ['config.policy.cooldown=5'], says: 'cooldown' },
      { name: 'a remedy that there is not', set: ['config.policy.remedies={none,reboot}'], says: 'remedies' },
      { name: 'a second replica', set: ['replicas=2'], says: 'replicas' },
      { name: 'a token that can be guessed', set: ['secret.values.webhookToken=secret'], says: 'webhookToken' },
      {
        name: 'to act without the right to',
        set: ['rbac.readOnly=true', 'config.policy.mode=auto'],
        says: 'rbac.readOnly is set, but the policy has mode auto',
      },
      {
        name: 'a strategy that would let no alert through',
        set: ['kubePrometheusStack.matcherStrategy=OnNamespace'],
        says: 'name them in `namespaces`',
      },
      {
        name: 'Slack without its token',
        set: ['config.notify.slack.channel=C0123456789'],
        says: 'config.notify.slack needs secret.values.slackToken',
      },
      { name: 'an existing Secret without a name', set: ['secret.source=existing'], says: 'name the Secret' },
      { name: 'the address that the chart sets', set: ['config.server.host=::'], says: 'host' },
    ];

    test.each(cases)('$name', ({ set, says }) => {
      const { status, stderr } = runHelm(['template', CHART, ...set.flatMap((each) => ['--set', each])], helm);

      expect(stderr).toContain(says);
      expect(status).not.toBe(0);
    });
  });

  test('where namespaces are named, a remedy of nodes gets its rights in the cluster, if they may be had there', () => {
    const rulesIn = (...more: readonly string[]): Readonly<Record<string, string>> => {
      const set = ['config.policy.remedies={none,restart-pod,drain}', ...more].flatMap((each) => ['--set', each]);
      const objects = render(join(ROOT, 'tests/chart/values/namespaced.yaml'), helm, set);
      return Object.fromEntries(
        objects.flatMap((each) => (each['rules'] ? [[each.kind, JSON.stringify(each['rules'])]] : [])),
      );
    };

    const { ClusterRole, Role } = rulesIn();
    const bound = rulesIn('rbac.clusterReads=false');

    expect(ClusterRole).toContain('"resources":["nodes"],"verbs":["get","list","patch"]');
    expect(ClusterRole).toContain('"resources":["pods/eviction"],"verbs":["create"]');
    expect(Role).not.toContain('nodes');
    expect(Object.keys(bound)).toEqual(['Role']);
    expect(bound['Role']).toBe(Role);
  });

  test('makes up a webhook token nobody can guess, another one each time', () => {
    const tokens = [1, 2].map(() => {
      const { stdout } = runHelm(['template', CHART, '--show-only', 'templates/secret.yaml'], helm);
      return /webhook-token: "(.*)"/.exec(stdout)?.[1] ?? '';
    });

    expect(tokens).toEqual([expect.stringMatching(/^\w{48}$/), expect.stringMatching(/^\w{48}$/)]);
    expect(tokens[0]).not.toBe(tokens[1]);
  });
});
