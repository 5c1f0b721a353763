import { describe, expect, test } from '@jest/globals';
import type { Alert } from '../../../src/domain/alert.ts';
import { makeSimAlerting } from '../../../src/simulator/alerting.ts';
import type { FaultKindName } from '../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './world/harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001 };

/** A front that calls a cart, which calls a store with a volume; the cart has an autoscaler with room. */
function aShop(): Bench {
  const bench = aBench(
    aSpec(
      [
        aService({
          name: 'front',
          load: {
            ...load,
            rootRate: 60,
            cpuMillisPerRequest: 0.5,
            calls: [{ to: 'cart', perRequest: 1, required: true }],
          },
        }),
        aService({
          name: 'cart',
          replicas: 3,
          autoscaler: { min: 3, max: 9, cpuPercent: 150 },
          load: { ...load, calls: [{ to: 'store', perRequest: 0.2, required: true }] },
        }),
        aService({
          name: 'store',
          kind: 'StatefulSet',
          replicas: 1,
          volume: { size: '8Gi', usedRatio: 0.5 },
          load: { ...load, cpuMillisPerRequest: 1 },
        }),
        aService({ name: 'kube-state-metrics', namespace: 'monitoring', replicas: 1 }),
      ],
      { nodes: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '4', memory: '8Gi' })) },
    ),
  );
  bench.run(60);
  return bench;
}

/** Everything that fired within so many seconds, each alert once. */
async function alertsOf(bench: Bench, seconds: number): Promise<readonly Alert[]> {
  const seen = new Map<string, Alert>();
  const alerting = makeSimAlerting({ world: bench.world, now: bench.clock.now, postAlert: () => Promise.resolve() });
  for (let passed = 0; passed < seconds; passed += 5) {
    bench.run(5);
    await alerting.tick();
    for (const alert of alerting.firing()) seen.set(alert.fingerprint, alert);
  }
  return [...seen.values()];
}

interface Row {
  readonly kind: FaultKindName;
  readonly service?: string;
  readonly seconds: number;
  readonly alertname: string;
  readonly labels: Readonly<Record<string, unknown>>;
}

const EXPORTER = { job: 'kube-state-metrics', endpoint: 'http' };

describe('the alerts of kube-prometheus-stack', () => {
  test('are silent in a healthy cluster', async () => {
    expect(await alertsOf(aShop(), 600)).toEqual([]);
  });

  test.each<Row>([
    {
      kind: 'node-pressure',
      seconds: 120,
      alertname: 'KubeNodePressure',
      labels: {
        node: expect.stringMatching(/^node-/),
        condition: 'MemoryPressure',
        status: 'true',
        namespace: 'monitoring',
      },
    },
    {
      kind: 'unschedulable',
      seconds: 330,
      alertname: 'KubePodNotReady',
      labels: { namespace: 'shop', pod: expect.stringMatching(/^cart-/), job: 'kube-state-metrics' },
    },
    {
      kind: 'bad-hpa-bounds',
      seconds: 240,
      alertname: 'KubeHpaMaxedOut',
      labels: { namespace: 'shop', horizontalpodautoscaler: 'cart', ...EXPORTER },
    },
    {
      kind: 'cpu-throttling',
      seconds: 240,
      alertname: 'CPUThrottlingHigh',
      labels: {
        namespace: 'shop',
        pod: expect.stringMatching(/^cart-/),
        container: 'app',
        instance: expect.stringMatching(/^node-/),
      },
    },
    {
      kind: 'hot-loop',
      seconds: 240,
      alertname: 'CPUThrottlingHigh',
      labels: { namespace: 'shop', pod: expect.stringMatching(/^cart-/) },
    },
    {
      kind: 'disk-filling',
      service: 'store',
      seconds: 480,
      alertname: 'KubePersistentVolumeFillingUp',
      labels: { namespace: 'shop', persistentvolumeclaim: 'data-store-0', job: 'kubelet', metrics_path: '/metrics' },
    },
    {
      kind: 'limit-too-low',
      seconds: 90,
      alertname: 'AutoHealOOMKilled',
      labels: { namespace: 'shop', container: 'app' },
    },
    {
      kind: 'limit-too-low',
      seconds: 150,
      alertname: 'AutoHealPodCrashLooping',
      labels: { reason: 'CrashLoopBackOff' },
    },
    {
      kind: 'bad-rollout-slow',
      seconds: 240,
      alertname: 'AutoHealLatencyHigh',
      labels: { namespace: 'shop', deployment: 'cart' },
    },
    { kind: 'bad-rollout-leak', seconds: 330, alertname: 'AutoHealMemoryNearLimit', labels: { namespace: 'shop' } },
    { kind: 'slow-dependency', seconds: 240, alertname: 'AutoHealLatencyHigh', labels: { deployment: 'cart' } },
    { kind: 'retry-storm', seconds: 240, alertname: 'AutoHealErrorRatioHigh', labels: { deployment: 'cart' } },
    { kind: 'traffic-spike', seconds: 240, alertname: 'AutoHealErrorRatioHigh', labels: { deployment: 'cart' } },
    {
      kind: 'connection-pool-exhaustion',
      seconds: 120,
      alertname: 'AutoHealErrorRatioHigh',
      labels: { deployment: 'cart' },
    },
    { kind: 'certificate-expiry', seconds: 120, alertname: 'AutoHealErrorRatioHigh', labels: { deployment: 'front' } },
    { kind: 'dns-outage', seconds: 120, alertname: 'AutoHealErrorRatioHigh', labels: { deployment: 'cart' } },
    { kind: 'noisy-neighbour', seconds: 240, alertname: 'CPUThrottlingHigh', labels: { namespace: 'shop' } },
  ])('$kind shows in $alertname', async ({ kind, service = 'cart', seconds, alertname, labels }) => {
    const bench = aShop();
    bench.world.inject({ id: 'f', kind, target: { namespace: 'shop', service } });

    const alerts = await alertsOf(bench, seconds);

    expect(alerts.map((alert) => alert.labels)).toEqual(
      expect.arrayContaining([expect.objectContaining({ alertname, ...labels })]),
    );
    expect(
      alerts
        .filter((alert) => alert.labels['alertname'] === alertname)
        .every(({ labels: { autoheal } }) =>
          alertname.startsWith('AutoHeal') ? autoheal === 'true' : autoheal === undefined,
        ),
    ).toBe(true);
  });

  test('an expired certificate shows at the callers alone', async () => {
    const bench = aShop();
    bench.world.inject({ id: 'f', kind: 'certificate-expiry', target: { namespace: 'shop', service: 'cart' } });

    const alerts = await alertsOf(bench, 300);

    expect(new Set(alerts.map(({ labels }) => labels['deployment']))).toEqual(new Set(['front']));
  });
});

describe('the metrics of an ill cluster', () => {
  test('tell of evicted and of waiting pods, of quotas and of the room on nodes', () => {
    const bench = aBench(
      aSpec([aService({ name: 'cart', replicas: 4, load: { ...load, rootRate: 20 } })], {
        nodes: ['node-1', 'node-2'].map((name) => ({ name, cpu: '2', memory: '4Gi' })),
        quotas: [{ namespace: 'shop', name: 'team', hard: { pods: '20', 'requests.cpu': '8' } }],
      }),
    );
    bench.run(30);
    bench.world.inject({ id: 'f', kind: 'node-pressure', target: { namespace: '', service: 'node-1' } });
    bench.world.inject({ id: 'g', kind: 'unschedulable', target: { namespace: 'shop', service: 'cart' } });
    bench.run(60);

    const lines = bench.world.metricsText().split('\n');

    const matching = (pattern: RegExp): readonly string[] => lines.filter((line) => pattern.test(line));
    expect(matching(/^kube_pod_status_reason\{.*reason="Evicted"\} 1$/)).not.toEqual([]);
    expect(matching(/^kube_pod_status_unschedulable\{namespace="shop",pod="cart-.*\} 1$/)).not.toEqual([]);
    expect(
      matching(/^kube_node_status_condition\{node="node-1",condition="MemoryPressure",status="true"\} 1$/),
    ).toHaveLength(1);
    expect(lines).toContain('kube_resourcequota{namespace="shop",resourcequota="team",resource="pods",type="hard"} 20');
    expect(lines).toContain('kube_resourcequota{namespace="shop",resourcequota="team",resource="pods",type="used"} 4');
    expect(lines).toContain('kube_node_status_allocatable{node="node-2",resource="cpu",unit="core"} 2');
  });
});
