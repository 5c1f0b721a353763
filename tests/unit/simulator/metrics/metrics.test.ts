import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { exposition } from '../../../../src/simulator/metrics/exposition.ts';
import { DEMO_WORLD } from '../../../../src/simulator/world/demo.ts';
import { describeWithParts } from '../../../support/parts.ts';
import { aBench, aService, aSpec, type Bench } from '../world/harness.ts';

const WANTED = `
  kube_pod_info kube_pod_owner kube_pod_status_phase kube_pod_status_ready kube_pod_container_status_waiting_reason
  kube_pod_container_status_restarts_total kube_pod_container_status_last_terminated_reason
  kube_pod_container_resource_limits kube_pod_container_resource_requests kube_pod_spec_volumes_persistentvolumeclaims_info
  kube_deployment_spec_replicas kube_deployment_status_replicas_available kube_deployment_status_replicas_updated
  kube_deployment_status_observed_generation kube_deployment_metadata_generation kube_deployment_status_condition
  kube_deployment_created kube_replicaset_owner kube_replicaset_created kube_node_status_condition kube_node_info
  kube_horizontalpodautoscaler_spec_max_replicas kube_horizontalpodautoscaler_spec_min_replicas
  kube_horizontalpodautoscaler_status_current_replicas kube_horizontalpodautoscaler_status_desired_replicas
  kube_statefulset_status_replicas_ready kube_daemonset_status_number_ready kube_job_status_succeeded
  kube_poddisruptionbudget_status_pod_disruptions_allowed container_cpu_usage_seconds_total
  container_cpu_cfs_periods_total container_cpu_cfs_throttled_periods_total container_memory_working_set_bytes
  kubelet_volume_stats_used_bytes kubelet_volume_stats_capacity_bytes http_requests_total
  http_request_duration_seconds_bucket http_request_duration_seconds_sum http_request_duration_seconds_count
  http_client_requests_total
`;

/** Name and labels -> value, of every sample. */
function samples(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

function names(text: string): ReadonlySet<string> {
  return new Set([...samples(text).keys()].map((key) => key.split('{')[0] ?? ''));
}

function counters(text: string): ReadonlySet<string> {
  const found = [...text.matchAll(/^# TYPE (\S+) (counter|histogram)$/gm)];
  return new Set(found.map((match) => match[1] ?? ''));
}

function sickDemo(): Bench {
  const bench = aBench(DEMO_WORLD);
  bench.world.inject({ id: 'a', kind: 'bad-rollout-crash', target: { namespace: 'shop', service: 'cart' } });
  bench.world.inject({ id: 'b', kind: 'memory-leak', target: { namespace: 'shop', service: 'shipping' }, strength: 3 });
  bench.run(200);
  return bench;
}

describe('the exposition', () => {
  test('escapes label values, so that no label can break out of its quotes', () => {
    const text = exposition([
      { name: 'a_total', type: 'counter', help: 'h', samples: [{ labels: { l: 'x"} 1\n\\' }, value: 2 }] },
      { name: 'empty', type: 'gauge', help: 'h', samples: [] },
    ]);

    expect(text).toBe('# HELP a_total h\n# TYPE a_total counter\na_total{l="x\\"} 1\\n\\\\"} 2\n');
  });
});

describe('the metrics of the demo world', () => {
  const bench = sickDemo();
  const text = bench.world.metricsText();

  test('have the names that rules and queries use', () => {
    const missing = WANTED.trim()
      .split(/\s+/)
      .filter((name) => !names(text).has(name));

    expect(missing).toEqual([]);
  });

  test('say what is wrong, in the labels of kube-state-metrics', () => {
    const found = samples(text);
    const crashing = bench.pods('cart').find((pod) => pod.status?.containerStatuses?.[0]?.ready === false);
    const pod = `namespace="shop",pod="${crashing?.metadata.name}",uid="${crashing?.metadata.uid}"`;

    expect(
      found.get(`kube_pod_container_status_waiting_reason{${pod},container="app",reason="CrashLoopBackOff"}`),
    ).toBe(1);
    expect(found.get(`kube_pod_status_ready{${pod},condition="true"}`)).toBe(0);
    expect(found.get(`kube_pod_status_ready{${pod},condition="false"}`)).toBe(1);
    expect(found.get('kube_deployment_status_replicas_updated{namespace="shop",deployment="cart"}')).toBe(1);
    expect(
      found.get(
        'kube_deployment_status_condition{namespace="shop",deployment="cart",condition="Progressing",status="false"}',
      ),
    ).toBe(1);
  });

  test('no series appears twice', () => {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

    expect(samples(text).size).toBe(lines.length);
  });

  test('counters only grow while their pod lives', () => {
    const world = sickDemo();
    let before = samples(world.world.metricsText());
    const shrunk: string[] = [];

    for (let scrape = 0; scrape < 40; scrape += 1) {
      world.run(5);
      const now = world.world.metricsText();
      const after = samples(now);
      const growing = counters(now);
      for (const [key, value] of after) {
        const family = (key.split('{')[0] ?? '').replace(/_(bucket|sum|count)$/, '');
        if (growing.has(family) && value < (before.get(key) ?? 0)) {
          shrunk.push(key);
        }
      }
      before = after;
    }

    expect(shrunk).toEqual([]);
  });

  test('histogram buckets are cumulative, and the last one is the count', () => {
    const found = [...samples(text)].filter(([key]) => key.startsWith('http_request_duration_seconds_bucket'));
    const byPod = new Map<string, number[]>();
    for (const [key, value] of found) {
      const pod = /pod="([^"]+)"/.exec(key)?.[1] ?? '';
      byPod.set(pod, [...(byPod.get(pod) ?? []), value]);
    }

    expect(byPod.size).toBeGreaterThan(10);
    for (const [pod, counts] of byPod) {
      expect(counts).toEqual([...counts].sort((left, right) => left - right));
      const count = [...samples(text)].find(
        ([key]) => key.startsWith('http_request_duration_seconds_count') && key.includes(`pod="${pod}"`),
      );
      expect(counts.at(-1)).toBe(count?.[1]);
    }
  });

  test('agree with the signals', () => {
    const web = aService({
      name: 'web',
      load: { rootRate: 30, cpuMillisPerRequest: 3, idleCpuMillis: 3, latencySeconds: 0.02, errorRatio: 0.01 },
    });
    const small = aBench(aSpec([web]));
    small.run(60);
    small.world.inject({ id: 'f', kind: 'blip', target: { namespace: 'shop', service: 'web' }, durationSeconds: 30 });
    const total = (metrics: string, pattern: RegExp): number =>
      [...samples(metrics)].filter(([key]) => pattern.test(key)).reduce((sum, [, value]) => sum + value, 0);
    const first = small.world.metricsText();
    small.run(300);
    const last = small.world.metricsText();
    const grown = (pattern: RegExp): number => total(last, pattern) - total(first, pattern);

    const signals = small.world.signals({ kind: 'Deployment', namespace: 'shop', name: 'web' }, []);

    expect(signals.request_rate).toBeCloseTo(grown(/^http_requests_total/) / 300, 1);
    expect(signals.error_ratio).toBeCloseTo(
      grown(/^http_requests_total.*code="503"/) / grown(/^http_requests_total/),
      3,
    );
    expect(signals.cpu_per_limit).toBeCloseTo(grown(/^container_cpu_usage_seconds_total/) / 300 / 0.4, 2);
    expect(signals.memory_per_limit).toBeCloseTo(
      Math.max(...[...samples(last)].filter(([key]) => key.startsWith('container_memory')).map(([, value]) => value)) /
        (128 * 2 ** 20),
      6,
    );
  });

  test('of pods on a silent node are those of kube-state-metrics alone', () => {
    const silent = aBench(DEMO_WORLD);
    silent.world.inject({ id: 'f', kind: 'node-not-ready', target: { namespace: '', service: 'node-1' } });
    silent.run(10);
    const lost = silent.pods('cart').find((pod) => pod.spec?.nodeName === 'node-1');

    const series = [...samples(silent.world.metricsText()).keys()].filter((key) =>
      key.includes(`pod="${lost?.metadata.name}"`),
    );

    expect(series.filter((key) => !key.startsWith('kube_'))).toEqual([]);
    expect(series.filter((key) => key.startsWith('kube_')).length).toBeGreaterThan(5);
  });
});

describeWithParts('promtool', ['promtool'], (parts) => {
  test('accepts the metrics of the demo world', () => {
    const promtool = parts.get('promtool');
    const path = promtool?.kind === 'program' ? promtool.path : 'promtool';

    const checked = spawnSync(path, ['check', 'metrics'], {
      input: sickDemo().world.metricsText(),
      encoding: 'utf8',
      timeout: 15_000,
    });

    expect({ status: checked.status, said: checked.stderr + checked.stdout }).toEqual({ status: 0, said: '' });
  });
});
