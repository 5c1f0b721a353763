import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describeWithParts } from '../support/parts.ts';
import { shippedAlerts, textOf } from './shipped.ts';
import { runTool, type Said } from './tool.ts';

const CONFIG = 'alertmanager/alertmanager.yml';
const alerts = shippedAlerts();

describeWithParts('the routes of Alertmanager, judged by amtool', ['amtool'], (parts) => {
  const amtool = (...args: readonly string[]): Said => runTool(parts.get('amtool'), args, 15);

  function receiversOf(labels: Readonly<Record<string, string>>): string {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const { status, output, text } = amtool('config', 'routes', 'test', `--config.file=${CONFIG}`, ...pairs);
    if (status !== 0) throw new Error(text);
    return output.trim();
  }

  test('the configuration is one', () => {
    expect(amtool('check-config', CONFIG)).toMatchObject({ status: 0, text: expect.stringContaining('SUCCESS') });
  });

  test.each([
    { name: 'what AutoHeal can act on goes to AutoHeal', labels: { autoheal: 'true' }, to: 'autoheal' },
    { name: 'its own health goes to people, and never to itself', labels: { autoheal: 'self' }, to: 'on-call' },
    { name: 'an alert of kube-prometheus-stack stays where it was', labels: { severity: 'warning' }, to: 'none' },
    { name: 'a label that says no is no yes', labels: { autoheal: 'false' }, to: 'none' },
    { name: 'an empty label is none', labels: { autoheal: '' }, to: 'none' },
  ])('$name', ({ labels, to }) => {
    expect(receiversOf({ alertname: 'Any', namespace: 'shop', ...labels })).toBe(to);
  });

  test('every shipped alert has a receiver, by whom it is for', () => {
    const routed = (file: string): string =>
      receiversOf({ alertname: 'Any', ...alerts.find((each) => each.file === file)?.labels });

    const files = [...new Set(alerts.map(({ file }) => file))];
    for (const file of files) {
      expect(`${file}: ${routed(file)}`).toBe(`${file}: ${file === 'health.rules.yml' ? 'on-call' : 'autoheal'}`);
    }
    expect(files.length).toBeGreaterThan(5);
  });
});

test('inhibition names alerts that are shipped, and labels that they have', () => {
  const names = new Set(alerts.map(({ alert }) => alert));
  const text = textOf(CONFIG);
  const config = parse(text) as {
    readonly inhibit_rules: readonly {
      readonly source_matchers: readonly string[];
      readonly target_matchers: readonly string[];
      readonly equal: readonly string[];
    }[];
  }; // amtool checks its shape.

  const named = config.inhibit_rules.flatMap(({ source_matchers: from, target_matchers: to }) =>
    [...from, ...to].flatMap((matcher) => matcher.match(/\bAutoHeal[A-Z]\w+/g) ?? []),
  );
  expect(named.filter((name) => !names.has(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(3);
  for (const { equal } of config.inhibit_rules) expect(equal[0]).toBe('cluster');
});
