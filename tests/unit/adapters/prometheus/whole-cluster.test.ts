import { describe, expect, test } from '@jest/globals';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../../../src/adapters/prometheus/signal-templates.ts';
import { forAllWorkloads, metricsOf } from '../../../../src/adapters/prometheus/whole-cluster.ts';
import { SIGNAL_NAMES } from '../../../../src/domain/diagnosis.ts';

describe('a template for all workloads', () => {
  test.each([
    { name: 'a text', template: 'up{namespace="{{namespace}}"}', query: 'up{namespace=~".+"}' },
    { name: 'a pattern', template: 'up{pod=~"{{pods}}"}', query: 'up{pod=~".+"}' },
    { name: 'a part of a string', template: "up{pod=~'x-{{ pods }}-.*'}", query: 'up{pod=~".+"}' },
    { name: 'a negation', template: 'up{pod!~"{{pods}}"}', query: 'up{pod=~".+"}' },
    {
      name: 'what asks for nothing stays',
      template: 'up{a="b",namespace="{{namespace}}",c!="d"} == 1',
      query: 'up{a="b",namespace=~".+",c!="d"} == 1',
    },
    {
      name: 'quotes in strings end nothing',
      template: 'up{a="\\"",namespace="{{namespace}}"}',
      query: 'up{a="\\"",namespace=~".+"}',
    },
  ])('$name', ({ template, query }) => {
    expect(forAllWorkloads(template)).toBe(query);
  });

  test.each(SIGNAL_NAMES)('%s asks for no single workload any more, and reads metrics', (name) => {
    const template = DEFAULT_SIGNAL_TEMPLATES[name];

    expect(forAllWorkloads(template)).not.toContain('{{');
    expect(metricsOf(template).length).toBeGreaterThan(0);
    for (const metric of metricsOf(template)) expect(metric).toMatch(/^(container|kube|kubelet|http|node)_[a-z_]+$/);
  });

  test('metrics are named once, in their order', () => {
    expect(metricsOf('sum by (a) (rate(x_total{b="1"}[5m])) / sum(y[1m]) or x_total{}')).toEqual(['x_total', 'y']);
  });
});
