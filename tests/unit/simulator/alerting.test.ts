import { describe, expect, test } from '@jest/globals';
import { AutoHealError } from '../../../src/domain/errors.ts';
import { makeSimAlerting, type SimAlerting, type SimAlertingDeps } from '../../../src/simulator/alerting.ts';
import { fingerprint } from '../../../src/simulator/alerting/fingerprint.ts';
import type { FaultSpec, WorldSpec } from '../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './world/harness.ts';

interface PostedAlert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
}

interface Posted {
  readonly second: number;
  readonly body: {
    readonly version: string;
    readonly groupKey: string;
    readonly status: string;
    readonly notification_reason: string;
    readonly groupLabels: Readonly<Record<string, string>>;
    readonly commonLabels: Readonly<Record<string, string>>;
    readonly truncatedAlerts: number;
    readonly alerts: readonly PostedAlert[];
  };
}

interface Station {
  readonly bench: Bench;
  readonly posts: Posted[];
  readonly alerting: SimAlerting;
  run(seconds: number): Promise<void>;
}

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001 };

/** A front, a cart, and the exporter whose labels get in the way. */
const SHOP: WorldSpec = aSpec(
  [
    aService({
      name: 'front',
      load: { ...load, rootRate: 60, cpuMillisPerRequest: 1, calls: [{ to: 'cart', perRequest: 1, required: true }] },
    }),
    aService({ name: 'cart', replicas: 3, load }),
    aService({ name: 'kube-state-metrics', namespace: 'monitoring', replicas: 1 }),
  ],
  { nodes: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '4', memory: '8Gi' })) },
);

/** A settled shop under watch. `answer` may refuse a post by throwing. */
function aStation(answer: (tries: number) => void = () => undefined, timings: Partial<SimAlertingDeps> = {}): Station {
  const bench = aBench(SHOP);
  bench.run(60);
  const begin = bench.clock.now();
  const posts: Posted[] = [];
  const alerting = makeSimAlerting({
    world: bench.world,
    now: bench.clock.now,
    postAlert: async (body) => {
      // What was posted is what the shape of the test says: it is read field by field below.
      posts.push({ second: (bench.clock.now() - begin) / 1_000, body: body as Posted['body'] });
      answer(posts.length);
    },
    ...timings,
  });
  return {
    bench,
    posts,
    alerting,
    async run(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        bench.run(1);
        await alerting.tick();
      }
    },
  };
}

const cart = { namespace: 'shop', service: 'cart' };
const crash: FaultSpec = { id: 'f', kind: 'bad-rollout-crash', target: cart };

function of(posts: readonly Posted[], alertname: string): readonly Posted[] {
  return posts.filter(({ body }) => body.groupLabels['alertname'] === alertname);
}

describe('fingerprint', () => {
  test.each([
    {
      name: 'as Alertmanager 0.33.1 wrote it',
      hex: 'a6f064280bcdd471',
      labels: {
        alertname: 'KubePodCrashLooping',
        container: 'app',
        endpoint: 'http',
        instance: '10.244.0.7:8080',
        job: 'kube-state-metrics',
        namespace: 'shop',
        pod: 'cart-7d9c5b8f6-x2x4z',
        prometheus: 'monitoring/kps',
        reason: 'CrashLoopBackOff',
        service: 'kps-kube-state-metrics',
        severity: 'warning',
      },
    },
    {
      name: 'whatever the order of the labels',
      hex: '16f13f355fe2cd86',
      labels: {
        severity: 'warning',
        pod: 'kps-kube-state-metrics-5c9b',
        namespace: 'shop',
        job: 'kube-state-metrics',
        instance: '10.244.0.7:8080',
        deployment: 'cart',
        container: 'kube-state-metrics',
        alertname: 'KubeDeploymentReplicasMismatch',
      },
    },
  ])('$name', ({ labels, hex }) => {
    expect(fingerprint(labels)).toBe(hex);
  });
});

describe('simulated alerting', () => {
  test('is silent while the world is well', async () => {
    const station = aStation();

    await station.run(180);

    expect(station.posts).toEqual([]);
    expect(station.alerting.firing()).toEqual([]);
  });

  test('posts a crash loop after its time and the group wait, with the labels of the exporter beside the subject', async () => {
    const station = aStation();
    station.bench.world.inject(crash);

    await station.run(60);

    const [post, ...more] = of(station.posts, 'AutoHealPodCrashLooping');
    const [alert] = post!.body.alerts;
    expect(more).toEqual([]);
    expect(post!.second).toBeGreaterThan(35);
    expect(post!.body).toMatchObject({
      version: '4',
      groupKey: '{}:{alertname="AutoHealPodCrashLooping", namespace="shop"}',
      status: 'firing',
      notification_reason: 'first notification',
      truncatedAlerts: 0,
    });
    expect(alert).toMatchObject({
      status: 'firing',
      endsAt: '0001-01-01T00:00:00Z',
      labels: {
        namespace: 'shop',
        container: 'app',
        reason: 'CrashLoopBackOff',
        job: 'kube-state-metrics',
        service: 'kube-state-metrics',
        endpoint: 'http',
        autoheal: 'true',
      },
    });
    expect(station.bench.pods('cart').map((pod) => pod.metadata.name)).toContain(alert!.labels['pod']);
    expect(alert!.labels['instance']).toMatch(/^10\.244\.[0-9]+\.[0-9]+:8080$/);
    expect(alert!.fingerprint).toBe(fingerprint(alert!.labels));
  });

  test('posts the whole group when one joins, and each resolved alert once', async () => {
    const station = aStation();
    station.bench.world.inject({ id: 'f', kind: 'memory-leak', target: cart });
    await station.run(290);
    station.bench.rolloutRestart('cart');

    await station.run(120);

    const posts = of(station.posts, 'AutoHealMemoryNearLimit').map(({ body }) => ({
      reason: body.notification_reason,
      statuses: body.alerts.map(({ status }) => status).sort(),
    }));
    expect(posts[0]).toEqual({ reason: 'first notification', statuses: ['firing'] });
    expect(posts[1]).toEqual({ reason: 'new alerts added', statuses: ['firing', 'firing'] });
    const resolved = of(station.posts, 'AutoHealMemoryNearLimit').flatMap(({ body }) =>
      body.alerts.filter(({ status }) => status === 'resolved'),
    );
    expect(new Set(resolved.map((alert) => alert.fingerprint)).size).toBe(resolved.length);
    expect(resolved).toHaveLength(3);
    expect(resolved.every(({ startsAt, endsAt }) => Date.parse(endsAt) > Date.parse(startsAt))).toBe(true);
    expect(of(station.posts, 'AutoHealMemoryNearLimit').at(-1)?.body).toMatchObject({
      status: 'resolved',
      notification_reason: 'all alerts resolved',
    });
  });

  test('never sends what is over before the group wait ends', async () => {
    const station = aStation(undefined, { groupWaitSeconds: 200 });
    station.bench.world.inject(crash);
    await station.run(60);
    expect(station.alerting.firing()).toHaveLength(1);

    station.bench.rollBack('cart');
    await station.run(300);

    expect(of(station.posts, 'AutoHealPodCrashLooping')).toEqual([]);
  });

  test('repeats an unchanged group after the repeat interval', async () => {
    const station = aStation(undefined, { repeatIntervalSeconds: 60 });
    station.bench.world.inject(crash);

    await station.run(130);

    const reasons = of(station.posts, 'AutoHealPodCrashLooping').map(({ body }) => body.notification_reason);
    expect(reasons).toEqual(['first notification', 'repeat interval elapsed']);
  });

  test('tries again soon after a 5xx, until it is taken', async () => {
    const station = aStation((tries) => {
      if (tries < 3) {
        throw new AutoHealError('NOT_READY', 'journal is busy');
      }
    });
    station.bench.world.inject(crash);

    await station.run(60);

    const seconds = of(station.posts, 'AutoHealPodCrashLooping').map(({ second }) => second);
    expect(seconds).toHaveLength(3);
    expect([seconds[1]! - seconds[0]!, seconds[2]! - seconds[1]!]).toEqual([1, 2]);
  });

  test('after a 4xx waits for the next group interval', async () => {
    const station = aStation((tries) => {
      if (tries === 1) {
        throw new AutoHealError('PORT_CLIENT', 'bad request');
      }
    });
    station.bench.world.inject(crash);

    await station.run(70);

    const posts = of(station.posts, 'AutoHealPodCrashLooping');
    expect(posts[1]!.second - posts[0]!.second).toBe(15);
    expect(posts.map(({ body }) => body.notification_reason)).toEqual(['first notification', 'first notification']);
  });

  test('does not send a group again while a post of it is unanswered', async () => {
    let answer: () => void = () => undefined;
    const bench = aBench(SHOP);
    bench.run(60);
    let posts = 0;
    const alerting = makeSimAlerting({
      world: bench.world,
      now: bench.clock.now,
      postAlert: () => {
        posts += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    bench.world.inject(crash);
    const ticks: Promise<void>[] = [];

    bench.run(80, () => ticks.push(alerting.tick()));
    const whileWaiting = posts;
    answer();
    await Promise.all(ticks);

    expect(whileWaiting).toBe(1);
  });

  test.each([
    { kind: 'image-pull', alertname: 'AutoHealImagePullFailing', seconds: 90 },
    { kind: 'missing-config', alertname: 'AutoHealConfigError', seconds: 90 },
    { kind: 'deadlock-one-pod', alertname: 'AutoHealPodNotReady', seconds: 150 },
    { kind: 'bad-rollout-errors', alertname: 'AutoHealErrorRatioHigh', seconds: 120 },
    { kind: 'overload', alertname: 'AutoHealCPUSaturated', seconds: 200 },
    { kind: 'bad-rollout-crash', alertname: 'AutoHealRolloutStuck', seconds: 180 },
    { kind: 'memory-leak', alertname: 'AutoHealOOMKilled', seconds: 400 },
  ] as const)('$kind ends in $alertname', async ({ kind, alertname, seconds }) => {
    const station = aStation();
    station.bench.world.inject({ id: 'f', kind, target: cart });

    await station.run(seconds);

    const alerts = of(station.posts, alertname).flatMap(({ body }) => body.alerts);
    const names = alerts.map(({ labels }) => labels['deployment'] ?? labels['pod'] ?? '');
    expect(names.some((name) => name === 'cart' || name.startsWith('cart-'))).toBe(true);
  });

  test('an alert about a node carries the labels of the exporter, not of a subject', async () => {
    const station = aStation();
    station.bench.world.inject({ id: 'f', kind: 'node-not-ready', target: { namespace: '', service: 'node-3' } });

    await station.run(120);

    const [post] = of(station.posts, 'KubeNodeNotReady');
    expect(post!.body.alerts[0]!.labels).toMatchObject({
      node: 'node-3',
      condition: 'Ready',
      namespace: 'monitoring',
      container: 'kube-state-metrics',
      pod: expect.stringMatching(/^kube-state-metrics-/),
    });
  });

  test('the alert source knows what fires, and nothing of what is over', async () => {
    const station = aStation();
    station.bench.world.inject(crash);
    await station.run(60);
    const [firing] = station.alerting.firing();
    const prints = [firing!.fingerprint, '0000000000000000'];

    const before = await station.alerting.source.current(prints);
    station.bench.rollBack('cart');
    await station.run(150);
    const after = await station.alerting.source.current(prints);

    expect(before).toMatchObject([
      { fingerprint: firing!.fingerprint, status: 'firing', silencedBy: [], inhibitedBy: [] },
    ]);
    expect(after).toEqual([]);
  });
});
