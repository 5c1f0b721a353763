import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compileQuery } from '../../src/adapters/prometheus/query.ts';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../src/adapters/prometheus/signal-templates.ts';
import { runTool } from '../rules/tool.ts';
import { describeWithParts } from '../support/parts.ts';

interface Series {
  readonly series: string;
  readonly values: string;
}

/** Both by the clock: seconds of CPU in each minute, on a node of two. */
function mode(name: string, cpu: number, seconds: number): Series {
  const labels = `namespace="monitoring",pod="node-exporter-a",instance="10.0.0.1:9100",cpu="${cpu}",mode="${name}"`;
  return { series: `node_cpu_seconds_total{${labels}}`, values: `0+${seconds}x12` };
}

function exporterOn(node: string, instance: string): Series {
  const labels = `namespace="monitoring",pod="node-exporter-a",node="${node}",instance="${instance}"`;
  return { series: `kube_pod_info{${labels}}`, values: '1x12' };
}

function capacity(instance: string): Series {
  const labels = `node="node-1",resource="cpu",unit="core",instance="${instance}"`;
  return { series: `kube_node_status_capacity{${labels}}`, values: '2x12' };
}

const PODS: Series = {
  series: 'container_cpu_usage_seconds_total{node="node-1",namespace="shop",pod="web-1",container="app"}',
  values: '0+108x12',
};

const query = compileQuery(DEFAULT_SIGNAL_TEMPLATES)({
  workload: { kind: 'Node', namespace: '', name: 'node-1' },
  pods: [],
});

describeWithParts('the signals of a node, as Prometheus reckons them', ['promtool'], (parts) => {
  test.each<{ name: string; series: readonly Series[]; expected: readonly { labels: string; value: number }[] }>([
    {
      name: 'its own pods take nearly all of it',
      series: [mode('idle', 0, 3), mode('idle', 1, 3), exporterOn('node-1', 'a'), capacity('a'), PODS],
      expected: [
        { labels: '{f="node_cpu_ratio"}', value: 0.95 },
        { labels: '{f="node_pods_cpu_ratio"}', value: 0.9 },
      ],
    },
    {
      name: 'and as nearly all of it with a second kube-state-metrics',
      series: [
        mode('idle', 0, 3),
        mode('idle', 1, 3),
        PODS,
        ...['a', 'b'].flatMap((instance) => [exporterOn('node-1', instance), capacity(instance)]),
      ],
      expected: [
        { labels: '{f="node_cpu_ratio"}', value: 0.95 },
        { labels: '{f="node_pods_cpu_ratio"}', value: 0.9 },
      ],
    },
    {
      name: 'CPU that waits for a disk is not in use',
      series: [
        mode('idle', 0, 3),
        mode('iowait', 0, 45),
        mode('idle', 1, 30),
        mode('iowait', 1, 18),
        exporterOn('node-1', 'a'),
      ],
      expected: [{ labels: '{f="node_cpu_ratio"}', value: 0.2 }],
    },
    {
      name: 'nothing is known where no exporter runs on the node',
      series: [mode('idle', 0, 3), exporterOn('node-2', 'a')],
      expected: [],
    },
  ])('$name', ({ series, expected }) => {
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-nodes-'));
    const file = join(folder, 'nodes.test.yml');
    // Rounded, for sums of floats differ in their last digits. JSON is YAML.
    const expr = `round(\n${query}\n, 0.001)`;
    const tests = [
      {
        interval: '1m',
        input_series: series,
        promql_expr_test: [{ expr, eval_time: '10m', exp_samples: expected }],
      },
    ];
    writeFileSync(file, JSON.stringify({ rule_files: [], evaluation_interval: '1m', tests }));

    const said = runTool(parts.get('promtool'), ['test', 'rules', file]);
    rmSync(folder, { recursive: true });

    expect(said).toMatchObject({ status: 0, text: expect.stringContaining('SUCCESS') });
  });
});
