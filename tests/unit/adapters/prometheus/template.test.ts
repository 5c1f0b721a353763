import { describe, expect, test } from '@jest/globals';
import { compileQuery } from '../../../../src/adapters/prometheus/query.ts';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../../../src/adapters/prometheus/signal-templates.ts';
import { compileTemplate } from '../../../../src/adapters/prometheus/template.ts';

const values = {
  namespace: { kind: 'text', text: 'my.shop"' },
  workload: { kind: 'text', text: 'web.v1' },
  kind: { kind: 'text', text: 'Deployment' },
  pods: { kind: 'any-of', patterns: [String.raw`web\.v1-a`, 'b'] },
  pods_of_any_age: { kind: 'any-of', patterns: ['web-.+'] },
} as const;

describe('compileTemplate', () => {
  test.each([
    {
      name: 'a text behind an equals sign is escaped as a string',
      text: 'up{namespace="{{namespace}}"}',
      filled: String.raw`up{namespace="my.shop\""}`,
    },
    {
      name: 'behind =~ it is escaped as a regular expression as well',
      text: 'up{pod=~"{{workload}}-.+"}',
      filled: String.raw`up{pod=~"web\\.v1-.+"}`,
    },
    {
      name: 'also with spaces, behind !~ and in single quotes, where a double quote means itself',
      text: "up{a !~ '{{ namespace }}'}",
      filled: String.raw`up{a !~ 'my\\.shop"'}`,
    },
    {
      name: 'pods are alternatives',
      text: 'up{pod=~"{{pods}}"}',
      filled: String.raw`up{pod=~"(web\\.v1-a|b)"}`,
    },
    {
      name: 'several in one string',
      text: 'up{id="{{kind}}/{{workload}}"}',
      filled: 'up{id="Deployment/web.v1"}',
    },
    { name: 'a text without placeholders stays', text: 'vector(1)', filled: 'vector(1)' },
  ])('$name', ({ text, filled }) => {
    expect(compileTemplate('t', text)(values)).toBe(filled);
  });

  test.each([
    { name: 'an unknown placeholder', text: 'up{a="{{pod}}"}', says: 'knows no {{pod}}' },
    { name: 'outside of a string', text: 'up{a={{workload}}}', says: 'outside of a string' },
    { name: 'as a metric name', text: '{{workload}}_total', says: 'outside of a string' },
    { name: 'in backticks, which know no escapes', text: 'up{a=`{{workload}}`}', says: 'outside of a string' },
    { name: 'in a comment', text: 'up # "{{workload}}"', says: 'outside of a string' },
    { name: 'in a string that does not end', text: 'up{a="{{workload}}', says: 'outside of a string' },
    { name: 'pods behind an equals sign', text: 'up{pod="{{pods}}"}', says: 'no =~ or !~' },
  ])('refuses $name', ({ text, says }) => {
    expect(() => compileTemplate('t', text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) }),
    );
  });
});

describe('compileQuery', () => {
  const podsIn = (query: string): string =>
    /kube_pod_container_status_restarts_total\{[^}]*pod=~"([^"]*)"/.exec(query)?.[1] ?? '';
  const makeQuery = compileQuery(DEFAULT_SIGNAL_TEMPLATES);

  test('a node is asked about itself, and about nothing else', () => {
    const query = makeQuery({ workload: { kind: 'Node', namespace: '', name: 'node-1' }, pods: [] });

    const asked = [...query.matchAll(/"f", "([a-z_0-9]+)"/g)].map(([, name]) => name);
    expect(asked).toEqual(['node_cpu_ratio', 'node_pods_cpu_ratio']);
    expect(query).toContain('kube_pod_info{node="node-1"}');
  });

  test.each([
    { name: 'known pods by name', kind: 'Deployment', pods: ['web-1', 'web-2'], pattern: '(web-1|web-2)' },
    { name: 'unknown pods of a Deployment', kind: 'Deployment', pods: [], pattern: '(web-[a-z0-9]+-[a-z0-9]+)' },
    { name: 'unknown pods of a StatefulSet', kind: 'StatefulSet', pods: [], pattern: '(web-[0-9]+)' },
    { name: 'unknown pods of a DaemonSet', kind: 'DaemonSet', pods: [], pattern: '(web-[a-z0-9]+)' },
    { name: 'a bare pod', kind: 'Pod', pods: [], pattern: '(web)' },
    { name: 'unknown pods of another kind', kind: 'Rollout', pods: [], pattern: '(web-.+)' },
    {
      name: 'more pods than a query may name',
      kind: 'StatefulSet',
      pods: Array.from({ length: 201 }, (_, index) => `web-${index}`),
      pattern: '(web-[0-9]+)',
    },
  ])('$name', ({ kind, pods, pattern }) => {
    const query = makeQuery({ workload: { kind, namespace: 'shop', name: 'web' }, pods });

    expect(podsIn(query)).toBe(pattern);
  });

  test('the baselines ask for pods of any age: a rollout since has given them other names', () => {
    const query = makeQuery({ workload: { kind: 'Deployment', namespace: 'shop', name: 'web' }, pods: ['web-1'] });
    const then = query.split('\n').filter((line) => line.includes('offset 1h'));

    expect(then).toHaveLength(3);
    for (const line of then) expect(line).toContain('pod=~"(web-[a-z0-9]+-[a-z0-9]+)"');
  });
});
