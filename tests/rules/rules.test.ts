import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { filesIn, ROOT, ruleFiles, rulesIn, shippedAlerts, textOf } from './shipped.ts';

interface RuleTests {
  readonly rule_files: readonly string[];
  readonly tests: readonly {
    readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
  }[];
}

/** The file whose cases all say that nothing fires: they prove nothing about a threshold. */
const ABSENT = 'absent.test.yml';

function testsIn(file: string): RuleTests {
  return parse(textOf(`rules/tests/${file}`)) as RuleTests; // The files are ours; promtool checks their shape.
}

function cases(file: string): readonly { readonly alertname: string; readonly fires: boolean }[] {
  return testsIn(file)
    .tests.flatMap(({ alert_rule_test: checks }) => checks ?? [])
    .map(({ alertname, exp_alerts: expected }) => ({ alertname, fires: (expected ?? []).length > 0 }));
}

const alerts = shippedAlerts();
const testFiles = filesIn('rules/tests', '.test.yml');
const provingCases = testFiles.filter((file) => file !== ABSENT).flatMap(cases);
const SECTIONS = [
  '## Meaning',
  '## Impact',
  '## What AutoHeal does',
  '## What it refuses',
  '## Check',
  '## Cure',
] as const;

describe.each(alerts)('$alert', ({ alert, expr, for: wait, labels, annotations, file }) => {
  test('has a case in which it fires, one in which other data keep it silent, and one without any data', () => {
    const own = provingCases.filter(({ alertname }) => alertname === alert);

    expect(own.map(({ fires }) => fires)).toContain(true);
    expect(own.map(({ fires }) => fires)).toContain(false);
    expect(cases(ABSENT)).toContainEqual({ alertname: alert, fires: false });
    expect(cases(ABSENT)).not.toContainEqual({ alertname: alert, fires: true });
  });

  test('says how bad it is, for whom it is, and what it means', () => {
    expect(labels).toMatchObject({
      severity: expect.stringMatching(/^(warning|critical)$/),
      autoheal: file === 'health.rules.yml' ? 'self' : 'true',
    });
    expect(wait).toMatch(/^\d+[smh]$/);
    expect(annotations?.['summary']).toMatch(/^.{20,120}\.$/);
    expect(annotations?.['description']).toMatch(/^.{20,300}\.$/);
  });

  test('has a runbook page with every section', () => {
    const page = `docs/runbooks/${alert}.md`;

    expect(annotations?.['runbook_url']).toBe(page);
    expect(existsSync(join(ROOT, page))).toBe(true);
    const lines = textOf(page).split('\n');
    expect(lines[0]).toBe(`# ${alert}`);
    expect(lines.filter((line) => line.startsWith('## '))).toEqual(SECTIONS);
    expect(lines.length).toBeLessThan(50);
  });

  test('does not fire for what is absent', () => {
    expect(expr).not.toMatch(/\babsent(_over_time)?\b/);
  });
});

describe('all of them together', () => {
  test('no two have the same name', () => {
    const names = alerts.map(({ alert }) => alert);

    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(25);
  });

  test('no case and no page is left of an alert that is gone', () => {
    const names = new Set(alerts.map(({ alert }) => alert));

    const tested = testFiles.flatMap(cases).map(({ alertname }) => alertname);
    const pages = filesIn('docs/runbooks', '.md').filter((name) => name !== 'README.md');
    expect(tested.filter((name) => !names.has(name))).toEqual([]);
    expect(pages.filter((name) => !names.has(name.replace(/\.md$/, '')))).toEqual([]);
  });

  test('the list of the runbooks names each with its page', () => {
    const list = textOf('docs/runbooks/README.md');

    expect(alerts.filter(({ alert }) => !list.includes(`(${alert}.md)`)).map(({ alert }) => alert)).toEqual([]);
  });

  test('every remedy that a page names is one', () => {
    const remedies = new Set([...textOf('docs/remedies.md').matchAll(/^## (\S+)$/gm)].map(([, name]) => name));

    const named = filesIn('docs/runbooks', '.md').flatMap((page) =>
      [...textOf(`docs/runbooks/${page}`).matchAll(/remedies\.md#([a-z-]+)/g)].map(
        ([, name]) => `${page}: ${name ?? ''}`,
      ),
    );
    expect(named.filter((each) => !remedies.has(each.split(': ')[1]))).toEqual([]);
    expect(named.length).toBeGreaterThan(40);
  });

  test('the test of a file reads that file, and the one without data all of them', () => {
    const read = (file: string) => testsIn(file).rule_files.map((path) => path.replace('../', ''));

    for (const file of ruleFiles()) expect(read(file.replace('.rules.yml', '.test.yml'))).toContain(file);
    expect([...read(ABSENT)].sort()).toEqual(ruleFiles());
  });

  test('every recorded series that a rule reads is recorded', () => {
    const rules = ruleFiles().flatMap(rulesIn);
    const recorded = new Set(rules.map(({ record }) => record));

    const read = rules.flatMap(({ expr }) => expr.match(/\bautoheal:[a-z0-9_:]+/g) ?? []);
    expect(read.filter((name) => !recorded.has(name))).toEqual([]);
    expect(read.length).toBeGreaterThan(20);
  });

  test('every join keeps clusters apart', () => {
    const joins = ruleFiles()
      .flatMap(rulesIn)
      .flatMap(({ expr }) => expr.match(/\b(?:on|by) \([^)]*\)/g) ?? []);

    expect(joins.filter((text) => !/\(cluster\b/.test(text))).toEqual([]);
    expect(joins.length).toBeGreaterThan(50);
  });
});

test('every metric of AutoHeal that its health is judged by exists', async () => {
  const { body } = await makeMetrics({ version: '0.0.0' }).expose();
  const exposed = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));

  const used = rulesIn('health.rules.yml')
    .flatMap(({ expr }) => expr.match(/\bautoheal_[a-z_]+/g) ?? [])
    .map((name) => name.replace(/_bucket$/, ''));
  const unknown = used.filter((name) => !exposed.has(name));

  expect(unknown).toEqual([]);
  expect(new Set(used).size).toBeGreaterThan(6);
});
