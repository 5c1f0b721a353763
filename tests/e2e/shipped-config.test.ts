import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { COMPRESSION, compressedRules, fastAlertmanager, fastPrometheus, shippedGroups } from './shipped-config.ts';

const AT = { autoheal: '127.0.0.1:1', alertmanager: '127.0.0.1:2', simulator: '127.0.0.1:3' };

interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

/** Every scalar of a document with its path. */
function leaves(value: unknown, path = ''): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, `${path}/${key}`));
}

function shippedLeaves(file: string): readonly Leaf[] {
  return leaves(parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')));
}

/** The paths whose value differs or that only one of the two has. */
function changed(one: readonly Leaf[], other: readonly Leaf[]): readonly string[] {
  const values = (all: readonly Leaf[]) => new Map(all.map(({ path, value }) => [path, value]));
  const [before, after] = [values(one), values(other)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

function seconds(duration: string): number {
  return Number.parseInt(duration, 10) * ({ s: 1, m: 60, h: 3600 }[duration.slice(-1)] ?? Number.NaN);
}

const DURATION = /\b\d+[smh]\b/g;

describe('what the end-to-end suite runs is what is shipped', () => {
  test('the rules differ in nothing but their durations, each divided by the factor', () => {
    const before = leaves({ groups: shippedGroups() });
    const after = leaves(parse(compressedRules()));

    const text = (all: readonly Leaf[]) => all.map(({ path, value }) => `${path} ${String(value)}`).join('\n');
    const durations = (all: readonly Leaf[]) => (text(all).match(DURATION) ?? []).map(seconds);
    expect(text(after).replaceAll(DURATION, '_')).toBe(text(before).replaceAll(DURATION, '_'));
    expect(durations(after)).toEqual(durations(before).map((each) => each / COMPRESSION));
    expect(durations(before).length).toBeGreaterThan(15);
  });

  test('Alertmanager differs in its address, its token and its patience', () => {
    const after = leaves(parse(fastAlertmanager(AT, '/token')));

    expect(changed(shippedLeaves('alertmanager/alertmanager.yml'), after)).toEqual([
      '/receivers/1/webhook_configs/0/http_config/authorization/credentials_file',
      '/receivers/1/webhook_configs/0/url',
      '/route/routes/0/group_interval',
      '/route/routes/0/group_wait',
    ]);
  });

  test('Prometheus differs in its addresses, its rules and its intervals', () => {
    const after = leaves(parse(fastPrometheus(AT, '/rules.yml')));

    expect(changed(shippedLeaves('prometheus/prometheus.yml'), after)).toEqual([
      '/alerting/alertmanagers/0/static_configs/0/targets/0',
      '/global/evaluation_interval',
      '/global/scrape_interval',
      '/global/scrape_timeout',
      '/rule_files/0',
      '/scrape_configs/0/static_configs/0/targets/0',
      '/scrape_configs/1/static_configs/0/targets/0',
    ]);
  });
});
