import { describe, expect, test } from '@jest/globals';
import { makeGatherEvidence } from '../../../../src/diagnose/evidence/gather.ts';
import type { Alert } from '../../../../src/domain/alert.ts';
import type { Signals } from '../../../../src/domain/diagnosis.ts';
import { AutoHealError } from '../../../../src/domain/errors.ts';
import type { KnownKind, KubernetesObject, ObjectsByKind } from '../../../../src/domain/kubernetes.ts';
import type { Located } from '../../../../src/domain/location.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { ClusterReader, ListQuery } from '../../../../src/ports/cluster.ts';
import type { MetricSource, SignalTarget } from '../../../../src/ports/metrics.ts';
import { NOW } from '../../../builders/evidence.ts';
import { anAlert } from '../../../builders/journey.ts';

type Objects = { readonly [K in KnownKind]?: readonly ObjectsByKind[K][] };

interface Fake {
  readonly reader: ClusterReader;
  readonly asked: { readonly kind: string; readonly query: ListQuery | { readonly name: string } }[];
  readonly logged: string[];
}

/** A cluster that holds these objects. Lists ignore selectors on purpose: what comes back has to be checked. */
function fakeCluster(objects: Objects, broken: Partial<Record<string, () => Promise<never>>> = {}): Fake {
  const asked: Fake['asked'] = [];
  const logged: string[] = [];
  const of = <K extends KnownKind>(kind: K): readonly ObjectsByKind[K][] => objects[kind] ?? [];
  const reader: ClusterReader = {
    get: async (kind, ref) => {
      asked.push({ kind, query: ref });
      await broken[kind]?.();
      return of(kind).find(({ metadata }) => metadata.name === ref.name && metadata.namespace === ref.namespace);
    },
    getAny: async () => undefined,
    pathOf: async () => undefined,
    listAny: async () => [],
    list: async (kind, query) => {
      asked.push({ kind, query });
      await broken[kind]?.();
      return of(kind).filter(
        ({ metadata }: KubernetesObject) => query.namespace === undefined || metadata.namespace === query.namespace,
      );
    },
    previousLogs: async (query) => {
      logged.push(`${query.pod}/${query.container}/${query.tailLines}`);
      await broken['logs']?.();
      return `last words of ${query.pod}\npassword=hunter2\n`;
    },
  };
  return { reader, asked, logged };
}

function metricsOf(signals: Signals, targets: SignalTarget[] = []): MetricSource {
  return {
    signals: async (target) => {
      targets.push(target);
      return signals;
    },
  };
}

/** Time stands still until `pass` is called, or the sleeper is woken. */
function stoppedClock(): Clock & { pass: () => void; readonly sleeping: () => number } {
  const sleepers = new Set<() => void>();
  return {
    now: () => NOW,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', wake);
      }),
    pass: () => {
      for (const wake of sleepers) wake();
    },
    sleeping: () => sleepers.size,
  };
}

const T0 = '2026-11-21T02:00:00Z';
const meta = (name: string, more: Partial<KubernetesObject['metadata']> = {}): KubernetesObject['metadata'] => ({
  name,
  namespace: 'shop',
  uid: `uid-${name}`,
  resourceVersion: '7',
  creationTimestamp: T0,
  ...more,
});
const owner = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: `uid-${name}`, controller: true },
];
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:2' }] } };
const selector = { matchLabels: { app: 'web' } };

const deployment: ObjectsByKind['Deployment'] = {
  kind: 'Deployment',
  metadata: meta('web', { generation: 2, managedFields: [{ manager: 'helm' }, { manager: 'helm' }] }),
  spec: { replicas: 2, selector, template },
  status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 },
};

function replicaSet(hash: string, revision: string, ownerName = 'web'): ObjectsByKind['ReplicaSet'] {
  return {
    metadata: meta(`${ownerName}-${hash}`, {
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': revision },
      ownerReferences: owner('Deployment', ownerName),
    }),
    spec: { selector, template },
    status: { readyReplicas: 1 },
  };
}

function pod(name: string, ownerKind: string, ownerName: string, options: { crash?: boolean; node?: string } = {}) {
  const { crash = false, node: nodeName = 'node1' } = options;
  return {
    metadata: meta(name, {
      labels: { app: 'web', 'pod-template-hash': 'bbb' },
      ownerReferences: owner(ownerKind, ownerName),
    }),
    spec: { nodeName, containers: [{ name: 'app', image: 'web:2' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: crash ? 'False' : 'True' }],
      containerStatuses: [
        {
          name: 'app',
          ready: !crash,
          restartCount: crash ? 4 : 0,
          ...(crash
            ? {
                state: { waiting: { reason: 'CrashLoopBackOff' } },
                lastState: { terminated: { exitCode: 3, reason: 'Error', finishedAt: T0 } },
              }
            : {}),
        },
      ],
    },
  } satisfies ObjectsByKind['Pod'];
}

function node(name: string): ObjectsByKind['Node'] {
  return {
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

function event(name: string, kind: string, about: string): ObjectsByKind['Event'] {
  return {
    metadata: meta(name),
    type: 'Warning',
    reason: 'BackOff',
    message: name,
    lastTimestamp: T0,
    involvedObject: { kind, namespace: 'shop', name: about },
  };
}

const shop: Objects = {
  Deployment: [deployment],
  ReplicaSet: [replicaSet('aaa', '1'), replicaSet('bbb', '2'), replicaSet('ccc', '9', 'other')],
  Pod: [
    pod('web-bbb-1', 'ReplicaSet', 'web-bbb'),
    pod('web-bbb-2', 'ReplicaSet', 'web-bbb', { crash: true, node: 'node2' }),
    // The same labels, another owner; and one that nobody owns.
    pod('other-ccc-1', 'ReplicaSet', 'other-ccc'),
    { ...pod('stray', 'ReplicaSet', 'web-bbb'), metadata: meta('stray', { labels: { app: 'web' } }) },
  ],
  HorizontalPodAutoscaler: [
    { metadata: meta('hpa'), spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 5 } },
  ],
  PodDisruptionBudget: [{ metadata: meta('pdb'), spec: { selector }, status: { disruptionsAllowed: 1 } }],
  Node: [node('node1'), node('node2'), node('node3')],
  Event: [
    event('about the workload', 'Deployment', 'web'),
    event('about the revision', 'ReplicaSet', 'web-bbb'),
    event('about the sick pod', 'Pod', 'web-bbb-2'),
    event('about a service of the same name', 'Service', 'web'),
    event('about a stranger', 'Pod', 'stray'),
  ],
};

function located(changes: Partial<Located> = {}): Located {
  return {
    kind: 'located',
    workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
    uid: 'uid-web',
    pods: [],
    decidedBy: 'deployment',
    why: 'The label deployment names it.',
    ...changes,
  };
}

const noAlerts: readonly Alert[] = [];

describe('makeGatherEvidence', () => {
  test.each([
    { name: 'young: short windows, for long ones count mostly what was before', minutes: 4, asked: [true, undefined] },
    { name: 'older: the usual windows', minutes: 6, asked: [undefined] },
  ])('asks for the signals of an illness that is $name', async ({ minutes, asked }) => {
    const targets: SignalTarget[] = [];
    const metrics = metricsOf({}, targets);
    const gather = makeGatherEvidence({
      cluster: fakeCluster(shop).reader,
      metrics,
      clock: stoppedClock(),
      deadlineMs: 2_000,
    });

    await gather(located(), [anAlert({ startsAt: NOW - minutes * 60_000 }), anAlert({ startsAt: NOW })]);

    expect(targets.map((target) => target.recent)).toEqual(asked);
  });

  test('fills what short windows leave open from the usual ones: a scrape a minute, one of them missed', async () => {
    const metrics: MetricSource = {
      signals: async ({ recent }) =>
        recent === true ? { error_ratio: 0.4, restarts: 0 } : { error_ratio: 0.1, cpu_per_limit: 0.95 },
    };
    const gather = makeGatherEvidence({
      cluster: fakeCluster(shop).reader,
      metrics,
      clock: stoppedClock(),
      deadlineMs: 2_000,
    });

    const { signals } = await gather(located(), [anAlert({ startsAt: NOW })]);

    expect(signals).toEqual({ error_ratio: 0.4, restarts: 0, cpu_per_limit: 0.95 });
  });

  test('a Deployment: its own pods, revisions, autoscaler, budget, nodes, events, logs and signals', async () => {
    const { reader, asked, logged } = fakeCluster(shop);
    const targets: SignalTarget[] = [];
    const clock = stoppedClock();
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({ error_ratio: 0.3 }, targets),
      clock,
      deadlineMs: 2_000,
    });

    const evidence = await gather(located(), noAlerts);

    expect(evidence.missing).toEqual([]);
    expect(evidence).toMatchObject({
      at: NOW,
      state: { uid: 'uid-web', resourceVersion: '7', desired: 2, ready: 1, generation: 2, managers: ['helm'] },
      autoscaler: { name: 'hpa', min: 1, max: 5 },
      disruptionsAllowed: 1,
      signals: { error_ratio: 0.3 },
      logs: [{ pod: 'web-bbb-2', container: 'app', tail: 'last words of web-bbb-2\npassword=***' }],
    });
    expect(evidence.pods.map(({ name }) => name)).toEqual(['web-bbb-2', 'web-bbb-1']);
    expect(evidence.revisions.map(({ name, current }) => [name, current])).toEqual([
      ['web-bbb', true],
      ['web-aaa', false],
    ]);
    expect(evidence.nodes.map(({ name }) => name)).toEqual(['node2', 'node1']);
    expect(evidence.events.map(({ message }) => message)).toEqual([
      'about the workload',
      'about the revision',
      'about the sick pod',
    ]);
    expect(targets).toEqual([{ workload: located().workload, pods: ['web-bbb-1', 'web-bbb-2'] }]);
    expect(logged).toEqual(['web-bbb-2/app/20']);
    expect(asked).toContainEqual({ kind: 'Pod', query: { namespace: 'shop', labelSelector: 'app=web' } });
    expect(clock.sleeping()).toBe(0);
  });

  test('a StatefulSet and its ControllerRevisions', async () => {
    const revision = (hash: string, number: number): ObjectsByKind['ControllerRevision'] => ({
      metadata: meta(`db-${hash}`, { ownerReferences: owner('StatefulSet', 'db') }),
      revision: number,
      data: { spec: { template } },
    });
    const { reader } = fakeCluster({
      StatefulSet: [
        { metadata: meta('db'), spec: { replicas: 1, selector, template }, status: { updateRevision: 'db-b' } },
      ],
      ControllerRevision: [revision('a', 1), revision('b', 2), { ...revision('c', 3), metadata: meta('db-c') }],
      Pod: [pod('db-0', 'StatefulSet', 'db'), pod('web-1', 'ReplicaSet', 'web-bbb')],
      Node: [node('node1')],
    });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });

    const evidence = await gather(
      located({ workload: { kind: 'StatefulSet', namespace: 'shop', name: 'db' }, uid: 'uid-db' }),
      noAlerts,
    );

    expect(evidence.missing).toEqual([]);
    expect(evidence.pods.map(({ name }) => name)).toEqual(['db-0']);
    expect(evidence.revisions.map(({ name, current }) => [name, current])).toEqual([
      ['db-b', true],
      ['db-a', false],
    ]);
    expect(evidence).not.toHaveProperty('autoscaler');
    expect(evidence).not.toHaveProperty('disruptionsAllowed');
  });

  test('a DaemonSet, a bare pod, a ReplicaSet and a custom kind have their pods', async () => {
    const { reader } = fakeCluster({
      DaemonSet: [{ metadata: meta('agent'), spec: { selector, template }, status: { desiredNumberScheduled: 3 } }],
      ReplicaSet: [{ metadata: meta('rs'), spec: { replicas: 4, selector, template } }],
      Pod: [
        pod('agent-1', 'DaemonSet', 'agent'),
        pod('rs-1', 'ReplicaSet', 'rs'),
        { ...pod('bare', '', ''), metadata: meta('bare') },
        pod('rollout-1', 'ReplicaSet', 'rollout-rs'),
      ],
      Node: [node('node1')],
    });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });
    const of = async (kind: string, name: string, pods: readonly string[] = []) =>
      gather(located({ workload: { kind, namespace: 'shop', name }, uid: `uid-${name}`, pods }), noAlerts);

    const daemons = await of('DaemonSet', 'agent');
    const replicas = await of('ReplicaSet', 'rs');
    const bare = await of('Pod', 'bare');
    const custom = await of('CloneSet', 'rollout', ['rollout-1', 'gone']);

    expect(daemons).toMatchObject({ state: { desired: 3 }, pods: [{ name: 'agent-1' }], missing: [] });
    expect(replicas).toMatchObject({ state: { desired: 4 }, pods: [{ name: 'rs-1' }], missing: [] });
    expect(bare).toMatchObject({ pods: [{ name: 'bare' }], missing: [] });
    expect(bare.state).toBeUndefined();
    expect(custom).toMatchObject({ pods: [{ name: 'rollout-1' }], missing: [] });
    for (const evidence of [daemons, replicas, bare, custom]) expect(evidence.pods).toHaveLength(1);
  });

  test('a CronJob shows its newest failed Job', async () => {
    const job = (name: string, created: string, failed: number): ObjectsByKind['Job'] => ({
      metadata: meta(name, { creationTimestamp: created, ownerReferences: owner('CronJob', 'report') }),
      spec: { selector, template },
      status: { failed, conditions: failed > 0 ? [{ type: 'Failed', status: 'True' }] : [] },
    });
    const { reader } = fakeCluster({
      CronJob: [{ metadata: meta('report'), spec: {} }],
      Job: [
        job('report-1', '2026-11-21T00:00:00Z', 3),
        job('report-2', '2026-11-21T01:00:00Z', 5),
        job('report-3', '2026-11-21T02:00:00Z', 0),
      ],
      Pod: [pod('report-2-x', 'Job', 'report-2'), pod('report-1-x', 'Job', 'report-1')],
      Node: [node('node1')],
    });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });

    const evidence = await gather(
      located({ workload: { kind: 'CronJob', namespace: 'shop', name: 'report' }, uid: 'uid-report' }),
      noAlerts,
    );

    expect(evidence.job).toEqual({ failed: 5, succeeded: 0, conditions: [{ type: 'Failed', status: 'True' }] });
    expect(evidence.pods.map(({ name }) => name)).toEqual(['report-2-x']);
  });

  test('a node: itself and the pods on it, no more than the limit, sick ones first; signals of the node alone', async () => {
    const many = Array.from({ length: 150 }, (_, index) => pod(`p-${index}`, 'ReplicaSet', 'x'));
    const { reader, asked } = fakeCluster({
      Node: [node('node1'), node('node2')],
      Pod: [...many, pod('sick', 'ReplicaSet', 'x', { crash: true }), pod('elsewhere', 'x', 'x', { node: 'node2' })],
    });
    const targets: SignalTarget[] = [];
    const metrics = metricsOf({}, targets);
    const gather = makeGatherEvidence({ cluster: reader, metrics, clock: stoppedClock(), deadlineMs: 9 });

    const evidence = await gather(
      located({ workload: { kind: 'Node', namespace: '', name: 'node1' }, uid: 'uid-node1' }),
      noAlerts,
    );

    expect(evidence.nodes.map(({ name }) => name)).toEqual(['node1']);
    expect(evidence.allNodes).toMatchObject({ total: 2, held: [] });
    expect(evidence.pods).toHaveLength(100);
    expect(evidence.pods[0]?.name).toBe('sick');
    expect(evidence.pods.map(({ name }) => name)).not.toContain('elsewhere');
    expect(evidence.logs).toEqual([]);
    expect(targets).toEqual([{ workload: { kind: 'Node', namespace: '', name: 'node1' }, pods: [] }]);
    expect(asked).toContainEqual({ kind: 'Pod', query: { fieldSelector: 'spec.nodeName=node1' } });
  });

  test.each([
    { name: 'a pod waits for a node', waits: true, total: 2 },
    { name: 'every pod has its node', waits: false, total: undefined },
  ])('all nodes are looked at only where that decides: $name', async ({ waits, total }) => {
    const running = pod('a', 'ReplicaSet', 'web-bbb');
    const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' }];
    const waiting = { ...running, spec: { containers: [] }, status: { phase: 'Pending', conditions } };
    const { reader } = fakeCluster({
      ...shop,
      Node: [node('node1'), node('node2')],
      Pod: [waits ? waiting : running],
    });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });

    const evidence = await gather(located(), noAlerts);

    expect(evidence.allNodes?.total).toBe(total);
  });

  test('a namespace: the pods in it that failed', async () => {
    const failed = { ...pod('gone', 'ReplicaSet', 'x'), status: { phase: 'Failed', reason: 'Evicted' } };
    const { reader, asked } = fakeCluster({ Pod: [failed, pod('well', 'ReplicaSet', 'x')] });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });

    const evidence = await gather(
      located({ workload: { kind: 'Namespace', namespace: '', name: 'shop' }, uid: 'uid-shop' }),
      noAlerts,
    );

    expect(evidence.pods).toMatchObject([{ name: 'gone', reason: 'Evicted' }]);
    expect(asked).toContainEqual({
      kind: 'Pod',
      query: { namespace: 'shop', fieldSelector: 'status.phase=Failed' },
    });
  });

  test('logs of three containers at most, those that the alerts name first', async () => {
    const pods = ['a', 'b', 'c', 'd', 'e'].map((name) => pod(name, 'ReplicaSet', 'web-bbb', { crash: true }));
    const { reader, logged } = fakeCluster({ ...shop, Pod: pods });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });
    const alert: Alert = {
      fingerprint: '0'.repeat(16),
      status: 'firing',
      labels: { pod: 'e', container: 'app' },
      annotations: {},
      startsAt: NOW,
      generatorURL: '',
    };

    const evidence = await gather(located(), [alert]);

    expect(logged).toEqual(['e/app/20', 'a/app/20', 'b/app/20']);
    expect(evidence.logs).toHaveLength(3);
  });

  test.each([
    { kind: 'Deployment', missing: ['workload: down'] },
    { kind: 'Pod', missing: ['pods: down'] },
    { kind: 'ReplicaSet', missing: ['revisions: down', 'pods: cannot tell which belong to the Deployment'] },
    { kind: 'HorizontalPodAutoscaler', missing: ['autoscaler: down'] },
    { kind: 'PodDisruptionBudget', missing: ['budgets: down'] },
    { kind: 'Node', missing: ['nodes: down'] },
    { kind: 'Event', missing: ['events: down'] },
    { kind: 'logs', missing: ['logs: down'] },
  ])('$kind cannot be read: it is missing, the rest is there', async ({ kind, missing }) => {
    const { reader } = fakeCluster(shop, {
      [kind]: async () => {
        throw new AutoHealError('PORT_SERVER', 'down');
      },
    });
    const metrics = metricsOf({ restarts: 1 });
    const gather = makeGatherEvidence({ cluster: reader, metrics, clock: stoppedClock(), deadlineMs: 9 });

    const evidence = await gather(located(), noAlerts);

    expect(evidence.missing).toEqual(missing);
    expect(evidence.signals).toEqual({ restarts: 1 });
  });

  test('no metrics: prometheus is missing, with its reason cleaned', async () => {
    const metrics: MetricSource = {
      signals: async () => {
        throw new AutoHealError('PORT_TIMEOUT', 'prometheus: timed out\nafter 800 ms');
      },
    };
    const { reader } = fakeCluster(shop);
    const gather = makeGatherEvidence({ cluster: reader, metrics, clock: stoppedClock(), deadlineMs: 9 });

    const evidence = await gather(located(), noAlerts);

    expect(evidence.missing).toEqual(['prometheus: timed out after 800 ms']);
    expect(evidence.signals).toEqual({});
  });

  test.each([
    { name: 'the workload is gone', uid: 'uid-web', objects: {}, missing: 'workload: not found' },
    {
      name: 'another has its name',
      uid: 'uid-old',
      objects: shop,
      missing: 'workload: another object has taken its name',
    },
  ])('$name: no state and no pods', async ({ uid, objects, missing }) => {
    const { reader } = fakeCluster(objects);
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });

    const evidence = await gather(located({ uid }), noAlerts);

    expect(evidence.missing).toEqual([missing]);
    expect(evidence.state).toBeUndefined();
    expect(evidence.pods).toEqual([]);
  });

  test('one deadline for everything: what hangs is missing, what answered stays', async () => {
    const clock = stoppedClock();
    const { reader } = fakeCluster(shop, {
      Node: () => new Promise<never>(() => {}),
      Event: () => new Promise<never>(() => {}),
    });
    const metrics: MetricSource = { signals: () => new Promise(() => {}) };
    const gather = makeGatherEvidence({ cluster: reader, metrics, clock, deadlineMs: 2_000 });

    const gathering = gather(located(), noAlerts);
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass();
    const evidence = await gathering;

    expect(evidence.missing.toSorted()).toEqual([
      'events: no answer within 2000 ms',
      'nodes: no answer within 2000 ms',
      'prometheus: no answer within 2000 ms',
    ]);
    expect(evidence.pods).toHaveLength(2);
  });

  test('a workload that hangs: what depends on it is not asked for after the deadline', async () => {
    const clock = stoppedClock();
    const { reader } = fakeCluster(shop, { Deployment: () => new Promise<never>(() => {}) });
    const targets: SignalTarget[] = [];
    const gather = makeGatherEvidence({ cluster: reader, metrics: metricsOf({}, targets), clock, deadlineMs: 2_000 });

    const gathering = gather(located(), noAlerts);
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass();
    const evidence = await gathering;

    expect(evidence.missing).toContain('workload: no answer within 2000 ms');
    expect(evidence.missing).toContain('prometheus: not asked, 2000 ms had passed');
    expect(evidence.autoscaler?.name).toBe('hpa');
    expect(targets).toEqual([]);
  });

  test('a late failure of a read that was given up troubles nobody', async () => {
    const clock = stoppedClock();
    let fail: (error: Error) => void = () => {};
    const { reader } = fakeCluster(shop, { Event: () => new Promise<never>((_, reject) => (fail = reject)) });
    const gather = makeGatherEvidence({ cluster: reader, metrics: metricsOf({}), clock, deadlineMs: 2_000 });

    const gathering = gather(located(), noAlerts);
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass();
    const evidence = await gathering;
    fail(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));

    expect(evidence.missing).toEqual(['events: no answer within 2000 ms']);
  });

  test('objects of a shape that nobody expects are missing, not a crash', async () => {
    const odd = { metadata: meta('web'), spec: {} } as ObjectsByKind['Deployment']; // Broken on purpose.
    const { reader } = fakeCluster({ Deployment: [odd] });
    const gather = makeGatherEvidence({
      cluster: reader,
      metrics: metricsOf({}),
      clock: stoppedClock(),
      deadlineMs: 9,
    });

    const evidence = await gather(located(), noAlerts);

    expect(evidence.missing).not.toEqual([]);
    expect(evidence.pods).toEqual([]);
  });
});
