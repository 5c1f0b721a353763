import { describe, expect, test } from '@jest/globals';
import { RULES } from '../../../src/simulator/alerting/conditions.ts';
import { shippedAlerts } from '../../rules/shipped.ts';

function seconds(duration: string): number {
  return Number.parseInt(duration, 10) * ({ s: 1, m: 60, h: 3600 }[duration.slice(-1)] ?? Number.NaN);
}

const shipped = new Map(shippedAlerts().map((rule) => [rule.alert, rule]));
const mirrored = Object.values(RULES).filter(({ alertname }) => alertname.startsWith('AutoHeal'));

describe('the simulator alerts as the shipped rules do', () => {
  test('it knows all of them', () => {
    const names = mirrored.map(({ alertname }) => alertname);

    const workloads = [...shipped.values()].filter(({ labels }) => labels?.['autoheal'] === 'true');
    expect([...names].sort()).toEqual(workloads.map(({ alert }) => alert).sort());
  });

  test.each(mirrored)('$alertname: waits as long, looks back as far, is as severe', (rule) => {
    const real = shipped.get(rule.alertname);

    const [, lookback = '0s'] = /max_over_time\([^[]*\[(\w+)\]/.exec(real?.expr ?? '') ?? [];
    expect(seconds(real?.for ?? '')).toBe(rule.forSeconds);
    expect(seconds(lookback)).toBe(rule.lookbackSeconds);
    expect(real?.labels).toMatchObject({ severity: rule.severity, autoheal: 'true' });
  });
});
