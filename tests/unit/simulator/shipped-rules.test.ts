import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { RULES } from '../../../src/simulator/alerting/conditions.ts';

interface ShippedRule {
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

function shippedAlerts(): ReadonlyMap<string, ShippedRule> {
  const file = new URL('../../../rules/autoheal.rules.yml', import.meta.url);
  // The file is ours; promtool checks its shape.
  const { groups } = parse(readFileSync(file, 'utf8')) as {
    groups: readonly { readonly rules: readonly ShippedRule[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
  return new Map(alerts.map((rule) => [rule.alert ?? '', rule]));
}

function seconds(duration: string): number {
  return Number.parseInt(duration, 10) * ({ s: 1, m: 60, h: 3600 }[duration.slice(-1)] ?? Number.NaN);
}

const shipped = shippedAlerts();
const mirrored = Object.values(RULES).filter(({ alertname }) => alertname.startsWith('AutoHeal'));

describe('the simulator alerts as the shipped rules do', () => {
  test('it knows all of them', () => {
    const names = mirrored.map(({ alertname }) => alertname);

    expect(names.sort()).toEqual([...shipped.keys()].sort());
  });

  test.each(mirrored)('$alertname: waits as long, looks back as far, is as severe', (rule) => {
    const real = shipped.get(rule.alertname);

    const [, lookback = '0s'] = /max_over_time\([^[]*\[(\w+)\]/.exec(real?.expr ?? '') ?? [];
    expect(seconds(real?.for ?? '')).toBe(rule.forSeconds);
    expect(seconds(lookback)).toBe(rule.lookbackSeconds);
    expect(real?.labels).toEqual({ severity: rule.severity, autoheal: 'true' });
  });
});
